package run

import (
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/engine"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/live"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
)

// limits end a run that takes too long, or in which nothing happens any more, as a signal does.
// The goroutines of its timers and those that note events use it.
type limits struct {
	option.Limits
	interrupts *signals.Watch
	sig        os.Signal
	stderr     io.Writer
	running    func() string      // what runs, nil if nothing tells
	busy       func() []live.Busy // nil if that is not known

	mu    sync.Mutex
	last  time.Time // when something happened
	run   *time.Timer
	quiet *time.Timer
	ended bool
	why   string
}

// newLimits returns the limits of a run that begins now. stop must be called.
func newLimits(o option.Limits, distributed bool, interrupts *signals.Watch, stderr io.Writer) *limits {
	l := &limits{Limits: o, interrupts: interrupts, stderr: stderr, sig: os.Interrupt}
	if distributed {
		l.sig = syscall.SIGQUIT // the tests print their goroutines
	}
	if o.RunTimeout > 0 {
		l.run = time.AfterFunc(o.RunTimeout, func() {
			l.end(fmt.Sprintf("the run took longer than %s (--run-timeout)", plain.Duration(l.RunTimeout)))
		})
	}
	return l
}

// watch makes the limits know what happens in a run that has begun.
func (l *limits) watch(view *live.View, e engine.Engine, noted *observe.Handler) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stderr = view.Stderr
	if view.State != nil {
		l.running = view.State.Running
	}
	if source, ok := e.(live.Source); ok {
		l.busy = source.Busy
	}
	if l.SilenceTimeout > 0 && !l.ended {
		l.last = time.Now()
		noted.Active = l.happens
		l.quiet = time.AfterFunc(l.SilenceTimeout, l.check)
	}
}

// happens notes that something happens.
func (l *limits) happens() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = time.Now()
}

// check ends the run if nothing has happened for too long. While no test process runs, the go
// command may build.
func (l *limits) check() {
	l.mu.Lock()
	now, busy := time.Now(), l.busy
	l.mu.Unlock()
	last := time.Time{}
	if busy != nil {
		last = now
		for i, b := range busy() {
			if i == 0 || b.Since.After(last) {
				last = b.Since
			}
		}
	}
	l.mu.Lock()
	if last.Before(l.last) {
		last = l.last
	}
	left := l.SilenceTimeout - now.Sub(last)
	if left > 0 && !l.ended {
		l.quiet.Reset(left)
	}
	l.mu.Unlock()
	if left <= 0 {
		l.end(fmt.Sprintf("nothing was printed and nothing ended for %s (--silence-timeout)", plain.Duration(l.SilenceTimeout)))
	}
}

// end ends the run, unless it is ending already.
func (l *limits) end(why string) {
	l.mu.Lock()
	if l.ended || l.interrupts.Received() != 0 {
		l.mu.Unlock()
		return
	}
	l.ended, l.why = true, why
	running, stderr := l.running, l.stderr
	l.mu.Unlock()
	text := "gotestshard: " + why + "; the run ends\n"
	if running != nil {
		text += running()
	}
	_, _ = io.WriteString(stderr, text)
	l.interrupts.SendOwn(l.sig)
}

// stop is for a run that does not need the limits any more.
func (l *limits) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	for _, timer := range []*time.Timer{l.run, l.quiet} {
		if timer != nil {
			timer.Stop()
		}
	}
}

// over returns the error of a run that was ended because of a limit, nil for others.
func (l *limits) over() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.why == "" {
		return nil
	}
	return exit.Error{Code: exit.TooLong, Reason: l.why}
}
