// Package live shows how a run goes on while it lasts: in an area below the scrolling lines
// of a terminal, or without one in a line of the log when nothing else was printed for a
// while.
//
//	events ─ State ─ lines ──────────┐
//	output of the run ─ streams ─ screen ─ terminal
//	keys, signals ─ keyboard ────────┘
//
// The goroutine of screen owns the output of the terminal, and that of keyboard its input.
// State is pure: it knows neither of them.
package live

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/gotestshard/gotestshard/format"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
	"github.com/gotestshard/gotestshard/shard/internal/watch"
)

// View shows a run to a person. Its methods do nothing for a plain run.
type View struct {
	signals.OnlyAsks
	// State is what is shown; nil for a plain run.
	State *State
	// Stdout and Stderr are what the run must print to until End.
	Stdout, Stderr io.Writer

	screen   *screen   // nil for no area
	beat     *pulse    // nil for no lines about a quiet run
	keyboard *keyboard // nil for a plain run
	end      func() error
}

// IsTerminal reports whether an area can be drawn on a file. getenv has the environment.
func IsTerminal(file *os.File, getenv func(string) string) bool {
	return term.IsTerminal(int(file.Fd())) && obeysEscapes(file, getenv("TERM"))
}

// Begin begins to show a run. End must be called. A person may interrupt it with a key.
func Begin(opts option.Options, interrupts *signals.Watch, stdout, stderr io.Writer) *View {
	v := &View{Stdout: stdout, Stderr: stderr, end: func() error { return nil }}
	if !opts.Distributed() {
		return v
	}
	v.State = NewState(opts.ShardNames())
	v.State.heading, v.State.reasons = opts.Heading, opts.Reasons
	var say func(text string) // prints what a person asks for
	var keys *watch.Terminal
	if opts.Area {
		say, keys = v.beginArea(opts.Call, opts.Keys)
	} else {
		say = v.beginBeat(opts.Display, func() string { return v.State.snapshot().sentence() })
	}
	v.keyboard = newKeyboard(keys, v.screen, say)
	v.keyboard.running = v.State.Running
	v.keyboard.interrupt = func() {
		if interruptGroup() != nil {
			interrupts.Send(os.Interrupt)
		}
	}
	v.run(opts.Stdout)
	v.keyboard.start()
	interrupts.PassTo(v)
	return v
}

// BeginLine shows one line, as Begin shows a run.
func BeginLine(call option.Call, display option.Display, stdout, stderr io.Writer, line func() string) *View {
	v := &View{Stdout: stdout, Stderr: stderr}
	if display.Area {
		v.screen = v.newScreen(call, func(width, _ int) []string { return []string{cut(line(), width)} })
	} else {
		v.beginBeat(display, line)
	}
	v.run(call.Stdout)
	return v
}

// run shows until End.
func (v *View) run(terminal *os.File) {
	var ending sync.WaitGroup
	stopGuard := func() {}
	if v.screen != nil {
		ending.Go(v.screen.run)
		stopGuard = startGuard(terminal)
	}
	if v.beat != nil {
		ending.Go(v.beat.run)
	}
	v.end = sync.OnceValue(func() error {
		var err error
		if v.keyboard != nil {
			v.keyboard.close()
		}
		if v.screen != nil {
			err = v.screen.close()
		}
		stopGuard()
		if v.beat != nil {
			v.beat.close()
		}
		ending.Wait()
		return err
	})
}

// beginArea prepares the area on the terminal of a call, and the keys if they are read.
func (v *View) beginArea(call option.Call, reads bool) (say func(string), keys *watch.Terminal) {
	if reads {
		keys, _ = watch.NewTerminal(call.Stdin) // standard input may be something else
		v.State.keys = keys != nil
	}
	v.screen = v.newScreen(call, v.State.Lines)
	if showsProgress(call.Environ.Get) {
		v.screen.progress = v.State.progress
	}
	own := v.screen.stream()
	return func(text string) { _, _ = io.WriteString(own, text) }, keys // an error is the run's too
}

// newScreen returns a screen on the terminal of a call that shows these lines below all that is
// printed.
func (v *View) newScreen(call option.Call, lines func(width, height int) []string) *screen {
	fd := int(call.Stdout.Fd())
	s := newScreen(call.Stdout, func() (width, height int, ok bool) {
		width, height, err := term.GetSize(fd)
		return width, height, err == nil && width > 0 && height > 0 && watch.Foreground(fd)
	}, lines)
	v.Stdout = s.stream()
	if sameTerminal(call.Stdout, call.Stderr) {
		v.Stderr = s.stream()
	}
	return s
}

// beginBeat prepares the lines about a quiet run. Programs read the standard output of some
// formats, so these lines are not part of it.
func (v *View) beginBeat(display option.Display, sentence func() string) (say func(string)) {
	v.beat = newPulse(display.Heartbeat, sentence)
	stdout, stderr := v.beat.stream(v.Stdout), v.beat.stream(v.Stderr)
	v.Stdout, v.Stderr = stdout, stderr
	v.beat.say = stdout.lines
	if display.Format == format.JSON || display.Format == format.Failures {
		v.beat.say = stderr.lines
	}
	return v.beat.say
}

// sameTerminal reports whether both files are one terminal.
func sameTerminal(a, b *os.File) bool {
	if b == nil || !term.IsTerminal(int(b.Fd())) {
		return false
	}
	infoA, errA := a.Stat()
	infoB, errB := b.Stat()
	return errors.Join(errA, errB) == nil && (os.SameFile(infoA, infoB) || oneConsole)
}

// End shows nothing more and leaves the terminal as it was. It returns an error of writing to
// it. Later calls do nothing.
func (v *View) End() error { return v.end() }

// endTime is how long End may take when this process gives up. The reader of our output may
// block it.
const endTime = time.Second

// CleanUp implements signals.Stopper: this process ends without waiting for the run.
func (v *View) CleanUp() error {
	ended := make(chan error, 1)
	go func() { ended <- v.End() }()
	select {
	case err := <-ended:
		return err
	case <-time.After(endTime):
		return nil
	}
}
