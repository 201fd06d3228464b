// Package signals hands the signals of this process to the phase that a run is in, and ends
// the process when that does not help.
package signals

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/process"
)

// ExitGrace is how long a run that was killed may take to end: it may be
// blocked on whoever reads its output.
const ExitGrace = 5 * time.Second

// Watch owns what is to be stopped when a signal comes: the target of the
// phase that the run is in. The run's first signal is an interrupt for it, any
// further one kills it. A third one after that, or a run that does not end after it was
// killed, ends this process.
type Watch struct {
	first   atomic.Int32
	C       chan os.Signal
	targets chan signalTarget
	begin   sync.Once
	done    chan struct{}
	own     bool           // whether it has all the signals of this process
	Exit    func(code int) // os.Exit, a seam for tests

	// Ctx ends with the first signal: it is for what is asked before the tests and
	// beside them, whose answers are of no use after that.
	Ctx    context.Context
	cancel context.CancelFunc
}

// signalTarget is what runs now.
type signalTarget struct {
	Stopper
	// before is called when signals came before it, nil when they do not count.
	before func(Past)
	// anew is whether it has all its time though the run was killed before.
	anew bool
}

// Past are those that came before a target.
type Past struct {
	first  os.Signal
	At     time.Time // of the first
	Killed bool      // whether there was one that kills
}

// Stopper is told of signals.
type Stopper interface {
	// Interrupt asks everything to end, because of a signal; kill ends it at once.
	Interrupt(os.Signal)
	Kill()
	// CleanUp removes what must not stay behind.
	CleanUp() error
}

// Limiter is a stopper whose time is limited when signals came before it.
type Limiter interface {
	Stopper
	Limit(Past)
}

// OnlyAsks is the target of a phase that starts nothing but questions with the
// context of the watch.
type OnlyAsks struct{}

func (OnlyAsks) Interrupt(os.Signal) {}
func (OnlyAsks) Kill()               {}
func (OnlyAsks) CleanUp() error      { return nil }

// NewWatch returns one that gets its signals through send.
func NewWatch() *Watch {
	w := &Watch{C: make(chan os.Signal, 4), targets: make(chan signalTarget), done: make(chan struct{}), Exit: os.Exit}
	w.Ctx, w.cancel = context.WithCancel(context.Background())
	return w
}

// Send passes a signal on that somebody else received. More than a few at once
// say nothing new.
func (w *Watch) Send(sig os.Signal) {
	select {
	case w.C <- sig:
	default:
	}
}

// Start is called before anything is started, so that no signal finds
// processes that nobody ends. A plain run leaves SIGQUIT to the system as
// gotestsum does: it makes the test processes print their goroutines.
func Start(distributed bool) *Watch {
	w := NewWatch()
	w.own = true
	signal.Notify(w.C, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // by nohup
		signal.Notify(w.C, syscall.SIGHUP)
	}
	if distributed {
		signal.Notify(w.C, syscall.SIGQUIT)
		Outlive()
	}
	w.PassTo(OnlyAsks{})
	return w
}

// Outlive keeps signals from ending this process that a run is to
// survive. A reader of our output that has gone makes writing fail, which
// ends the run in order; the default would kill us here and now.
func Outlive() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
}

// PassTo passes signals on to what runs now, until the next call or stop. A
// signal that came while it was being started is passed on too.
func (w *Watch) PassTo(target Stopper) {
	w.setTarget(signalTarget{Stopper: target, before: func(past Past) {
		if past.Killed {
			target.Kill()
		} else {
			target.Interrupt(past.first)
		}
	}})
}

// PassToReports is passTo for what is done with what ran, also after a run that was
// interrupted.
func (w *Watch) PassToReports(target Limiter) {
	w.setTarget(signalTarget{Stopper: target, before: target.Limit})
}

// PassNewTo is passTo for what comes after a run that was interrupted, and is to
// be done all the same.
func (w *Watch) PassNewTo(target Stopper) {
	w.setTarget(signalTarget{Stopper: target, anew: true})
}

func (w *Watch) setTarget(target signalTarget) {
	w.begin.Do(func() { go w.passOn() })
	w.targets <- target
}

func (w *Watch) passOn() {
	var exit <-chan time.Time
	target := <-w.targets
	all := []Stopper{target}
	var past Past
	for count := 0; ; {
		select {
		case <-w.done:
			if w.own { // what comes now ends this process, with the code of a signal
				_ = w.receive(<-w.C)
				w.giveUp(nil)
			}
			return
		case target = <-w.targets:
			all = append(all, target)
			if target.anew {
				past.Killed, exit = false, nil
			}
			if past.Killed {
				exit = time.After(ExitGrace)
			}
			if target.before != nil && past.first != nil {
				target.before(past)
			}
		case <-exit:
			exit = nil
			w.giveUp(all)
		case sig := <-w.C:
			count++
			if w.receive(sig) {
				past.first, past.At = sig, time.Now()
			}
			switch {
			case past.Killed && count > 2:
				w.giveUp(all)
			case count > 1:
				past.Killed = true
				target.Kill()
				exit = time.After(ExitGrace)
			default:
				target.Interrupt(sig)
			}
		}
	}
}

// receive notes a signal and reports whether it is the first.
func (w *Watch) receive(sig os.Signal) (first bool) {
	number, _ := sig.(syscall.Signal)
	first = w.first.CompareAndSwap(0, int32(number))
	w.cancel()
	return first
}

// giveUp ends this process without the reports, which are what it hangs on.
func (w *Watch) giveUp(targets []Stopper) {
	process.KillAll()
	for _, target := range targets {
		_ = target.CleanUp() // the exit code has something else to say
	}
	w.Exit(exit.Code(exit.Signalled(w.Received())))
}

// Received returns the first signal, 0 for none.
func (w *Watch) Received() syscall.Signal { return syscall.Signal(w.first.Load()) }

// Stop says that the run has ended.
func (w *Watch) Stop() {
	w.cancel()
	close(w.done)
}
