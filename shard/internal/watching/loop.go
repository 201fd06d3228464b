package watching

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/google/uuid"

	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
	"github.com/gotestshard/gotestshard/shard/internal/watch"
)

// fileWatch is the interface of a watch.Watcher that the loop needs.
type fileWatch interface {
	Look() (int, error)
	Changed(fsnotify.Event) []string
	Also(dirs []string)
}

// watchLoop is the state of the watch. The goroutine that calls loop owns it.
type watchLoop struct {
	opts     option.Options
	messages io.Writer
	stderr   *between
	warn     func(text string, args ...any)

	files      fileWatch
	events     <-chan fsnotify.Event
	fileErrors <-chan error
	terminal   *watch.Terminal
	keys       <-chan byte
	keysFailed <-chan error
	signals    <-chan os.Signal

	run   func(*signals.Watch, option.Options) runResult
	debug func(context.Context, delve) error

	pending    *watch.Pending
	depsDone   <-chan struct{} // closed when deps can answer
	deps       dependents      // nil if only what is saved runs
	concerned                  // why the packages of the current work run
	todo       []testRun       // the rest of the current work
	queue      []byte          // keys that wait for its end
	job        *job            // what is running, nil for nothing
	ran        bool            // whether there has been a run
	last       []string        // its packages
	saved      []string        // the folders of the last save, or everything
	savedFiles []string        // its files, none for everything
	results    []runResult     // and its results, with --watch-chdir for each folder
	watched    int             // how many packages are watched
	outcome    string          // of the work before the current one, in words
	unsaid     bool            // whether a run has ended and what can come next was not said yet

	interrupted bool              // whether a save has stopped the run, which starts over
	interrupts  int               // how many runs in a row
	rest        []string          // what that run has not done
	paths       map[string]string // the import paths of packages that a save concerned

	keysLost  bool // another program has the terminal; it is tried again
	idleSince time.Time
	failedAt  time.Time // when a run ended that failed, zero if the last one passed
	ending    bool      // end when the job has ended
	result    error
}

// loop returns when the user quits, when a signal ends it, or when nothing can be watched
// any more. No job is running then.
func (l *watchLoop) loop() error {
	l.idleSince = time.Now()
	l.startKeys()
	if l.opts.WatchStart {
		l.begin(l.everything(), nil)
	}
	timer := time.NewTimer(maxIdle)
	defer timer.Stop()
	for {
		if err := l.startNext(); err != nil {
			return err
		}
		if l.ending && l.job == nil {
			return l.result
		}
		var done chan runResult
		var timeout, interrupt <-chan time.Time
		if l.job != nil {
			done, interrupt = l.job.done, l.interruptDue()
		} else {
			timer.Reset(time.Until(l.wakeUp()))
			timeout = timer.C
		}
		select {
		case event := <-l.events:
			l.idleSince = time.Now()
			l.opts.Debugf(l.stderr, "handling event %v", event)
			for _, file := range l.files.Changed(event) {
				l.pending.Add(file, time.Now(), l.job != nil)
			}
		case err := <-l.fileErrors:
			l.fileError(err)
		case <-l.depsDone:
			l.depsDone = nil
			l.files.Also(l.deps.Folders())
			if l.job != nil {
				l.job.known = l.deps.Packages()
			}
		case key := <-l.keys:
			l.idleSince = time.Now()
			l.key(key)
		case err := <-l.keysFailed:
			l.warn("failed to read input: %v", err)
			l.terminal.Stop()
			l.keysLost = !errors.Is(err, io.EOF)
		case sig := <-l.signals:
			l.signal(sig)
		case result := <-done:
			l.idleSince = time.Now()
			l.ended(result)
		case <-interrupt:
			l.interrupt()
		case <-timeout:
			if l.keysLost {
				l.keysLost = l.terminal.Start() != nil
			}
			if time.Since(l.idleSince) >= maxIdle {
				return errors.New("exceeded idle timeout while watching files")
			}
		}
	}
}

// wakeUp is the time of the next action if there is no event.
func (l *watchLoop) wakeUp() time.Time {
	idle := l.idleSince.Add(maxIdle)
	if l.keysLost { // there is no event when the terminal is ours again
		idle = time.Now().Add(time.Second)
	}
	if due, ok := l.pending.Due(); ok && due.Before(idle) {
		return due
	}
	return idle
}

// startNext starts the next work if nothing is running. It fails if the message about it
// cannot be written.
func (l *watchLoop) startNext() error {
	for l.job == nil && !l.ending {
		due, ok := l.pending.Due()
		switch {
		case len(l.todo) > 0:
			next := l.todo[0]
			l.todo = l.todo[1:]
			if err := l.start(next); err != nil {
				return err
			}
		case len(l.queue) > 0:
			key := l.queue[0]
			l.queue = l.queue[1:]
			l.key(key)
		case ok && !time.Now().Before(due):
			packages, files := l.pending.Take(), l.pending.Taken()
			switch {
			case len(packages)+len(files) > 0 && l.pending.Endless():
				l.warn("files in %s change in every run, probably because the tests write them; press r to run them again, or save a file between runs",
					foldersOf(packages, files))
			case len(packages)+len(files) > 0:
				l.saved, l.savedFiles = packages, files
				l.beginSaved(l.opts.WatchDeps)
			case len(l.rest) > 0: // what was saved is as before
				l.saved, l.savedFiles = nil, nil
				l.beginSaved(l.opts.WatchDeps)
			}
		default:
			l.writeWaiting()
			return nil
		}
	}
	return nil
}

// begin schedules the tests of packages.
func (l *watchLoop) begin(packages, args []string) {
	l.outcome = outcomeOf(l.results)
	l.ran, l.last, l.results, l.concerned = true, packages, nil, concerned{}
	l.todo = runsFor(l.opts.WatchChdir, packages, args)
}

// announce prints what runs next.
func (l *watchLoop) announce(name string) error {
	if l.opts.WatchClear {
		if _, err := fmt.Fprintln(l.messages, "\033[H\033[2J"); err != nil {
			return fmt.Errorf("clearing the screen: %w", err)
		}
	}
	if _, err := fmt.Fprintf(l.messages, "\nRunning tests in %v\n", name); err != nil {
		return fmt.Errorf("printing which packages run: %w", err)
	}
	return l.writeWhy()
}

func (l *watchLoop) start(run testRun) error {
	if err := l.announce(run.name(l.opts.Packages)); err != nil {
		return err
	}
	l.job = &job{testRun: run, signals: signals.NewWatch()}
	if l.deps != nil {
		l.job.known = l.deps.Packages()
	}
	signals, opts := l.job.signals, run.options(l.opts, uuid.NewString)
	if opts.Area {
		opts.Heading, opts.Reasons = l.heading(), l.reasons
		l.stderr.hold()
	}
	l.job.start(func() runResult { return l.run(signals, opts) })
	return nil
}

// ended handles the end of the job.
func (l *watchLoop) ended(result runResult) {
	if result.panicked != "" {
		panic(result.panicked)
	}
	if l.job.signals != nil {
		l.results = append(l.results, result)
		l.failedAt = time.Time{}
		if result.err != nil {
			l.failedAt = time.Now()
		}
	} else {
		l.terminal.Regain()
	}
	l.job = nil
	l.stderr.release()
	l.pending.RunEnded(time.Now())
	l.keepRest()
	exit.Print(l.stderr, result.err)
	if !l.ending {
		if l.deps != nil {
			l.files.Also(l.deps.Folders())
		}
		l.startKeys()
		l.unsaid = true
	}
}

func (l *watchLoop) startKeys() {
	err := l.terminal.Start()
	l.keysLost = err != nil
	if err != nil {
		l.warn("no terminal input -- keyboard shortcuts disabled: %v", err)
	}
}

// end ends the watch with err, after the current work has been stopped.
func (l *watchLoop) end(err error, sig os.Signal) {
	l.ending, l.result = true, err
	if l.job != nil {
		l.stopJob(sig)
	}
}

// stopJob asks the job to end and drops later work. The terminal is restored at once, so
// that Ctrl-C can kill a job that does not end, and in the worst case this process with
// it.
func (l *watchLoop) stopJob(sig os.Signal) {
	l.todo, l.queue, l.interrupted = nil, nil, false
	if l.job.signals != nil {
		l.job.stopping = true
		l.terminal.Stop()
		l.job.signals.Send(sig)
	} else {
		l.job.kill()
	}
}

// keyDelay is how long after the end of a failed run a Ctrl-C may come that was meant for the run:
// the terminal sends it to the tests too, which may end before this process sees it.
const keyDelay = time.Second

func (l *watchLoop) signal(sig os.Signal) {
	switch {
	case slices.Contains(watch.ContinueSignals, sig):
		if l.job == nil || l.job.signals != nil {
			_ = l.terminal.Start() // fails in the background
		}
	case sig != os.Interrupt:
		number, _ := sig.(syscall.Signal)
		l.end(exit.Signalled(number), sig)
	case l.job == nil && time.Since(l.failedAt) < keyDelay: // the key has ended the run
	case l.job == nil:
		l.end(exit.Signalled(syscall.SIGINT), sig)
	case l.job.signals != nil: // otherwise the debugger got it too, for which it was meant
		l.stopJob(sig)
	}
}

// fileError handles an error of watching.
func (l *watchLoop) fileError(err error) {
	switch {
	case watch.Lost(err):
		l.warn("more files changed than the system could report, so all tests run")
		if _, err := l.files.Look(); err != nil {
			exit.Print(l.stderr, err)
		}
		l.pending.AddEverything(time.Now())
	case errors.Is(err, os.ErrNotExist): // a file that was quickly removed again
	default:
		l.end(fmt.Errorf("failed while watching files: %w", err), syscall.SIGTERM)
	}
}
