package shard

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/process"
)

// exitGrace is how long a run that was killed may take to end: it may be
// blocked on whoever reads its output.
const exitGrace = 5 * time.Second

// signalWatch owns what is to be stopped when a signal comes: the target of the
// phase that the run is in. The run's first signal is an interrupt for it, any
// further one kills it. A third one after that, or a run that does not end after it was
// killed, ends this process.
type signalWatch struct {
	first   atomic.Int32
	c       chan os.Signal
	targets chan signalTarget
	begin   sync.Once
	done    chan struct{}
	own     bool           // whether it has all the signals of this process
	exit    func(code int) // os.Exit, a seam for tests

	// ctx ends with the first signal: it is for what is asked before the tests and
	// beside them, whose answers are of no use after that.
	ctx    context.Context
	cancel context.CancelFunc
}

// signalTarget is what runs now.
type signalTarget struct {
	stopper
	// before is called when signals came before it, nil when they do not count.
	before func(pastSignals)
	// anew is whether it has all its time though the run was killed before.
	anew bool
}

// pastSignals are those that came before a target.
type pastSignals struct {
	first  os.Signal
	at     time.Time // of the first
	killed bool      // whether there was one that kills
}

// stopper is told of signals.
type stopper interface {
	// interrupt asks everything to end, because of a signal; kill ends it at once.
	interrupt(os.Signal)
	kill()
	// cleanUp removes what must not stay behind.
	cleanUp() error
}

// limiter is a stopper whose time is limited when signals came before it.
type limiter interface {
	stopper
	limit(pastSignals)
}

// onlyAsks is the target of a phase that starts nothing but questions with the
// context of the watch.
type onlyAsks struct{}

func (onlyAsks) interrupt(os.Signal) {}
func (onlyAsks) kill()               {}
func (onlyAsks) cleanUp() error      { return nil }

// newSignalWatch returns one that gets its signals through send.
func newSignalWatch() *signalWatch {
	w := &signalWatch{c: make(chan os.Signal, 4), targets: make(chan signalTarget), done: make(chan struct{}), exit: os.Exit}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	return w
}

// send passes a signal on that somebody else received. More than a few at once
// say nothing new.
func (w *signalWatch) send(sig os.Signal) {
	select {
	case w.c <- sig:
	default:
	}
}

// watchSignals is called before anything is started, so that no signal finds
// processes that nobody ends. A plain run leaves SIGQUIT to the system as
// gotestsum does: it makes the test processes print their goroutines.
func watchSignals(distributed bool) *signalWatch {
	w := newSignalWatch()
	w.own = true
	signal.Notify(w.c, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // by nohup
		signal.Notify(w.c, syscall.SIGHUP)
	}
	if distributed {
		signal.Notify(w.c, syscall.SIGQUIT)
		outliveSignals()
	}
	w.passTo(onlyAsks{})
	return w
}

// outliveSignals keeps signals from ending this process that a run is to
// survive. A reader of our output that has gone makes writing fail, which
// ends the run in order; the default would kill us here and now.
func outliveSignals() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
}

// passTo passes signals on to what runs now, until the next call or stop. A
// signal that came while it was being started is passed on too.
func (w *signalWatch) passTo(target stopper) {
	w.setTarget(signalTarget{stopper: target, before: func(past pastSignals) {
		if past.killed {
			target.kill()
		} else {
			target.interrupt(past.first)
		}
	}})
}

// passToReports is passTo for what is done with what ran, also after a run that was
// interrupted.
func (w *signalWatch) passToReports(target limiter) {
	w.setTarget(signalTarget{stopper: target, before: target.limit})
}

// passNewTo is passTo for what comes after a run that was interrupted, and is to
// be done all the same.
func (w *signalWatch) passNewTo(target stopper) {
	w.setTarget(signalTarget{stopper: target, anew: true})
}

func (w *signalWatch) setTarget(target signalTarget) {
	w.begin.Do(func() { go w.passOn() })
	w.targets <- target
}

func (w *signalWatch) passOn() {
	var exit <-chan time.Time
	target := <-w.targets
	all := []stopper{target}
	var past pastSignals
	for count := 0; ; {
		select {
		case <-w.done:
			if w.own { // what comes now ends this process, with the code of a signal
				_ = w.receive(<-w.c)
				w.giveUp(nil)
			}
			return
		case target = <-w.targets:
			all = append(all, target)
			if target.anew {
				past.killed, exit = false, nil
			}
			if past.killed {
				exit = time.After(exitGrace)
			}
			if target.before != nil && past.first != nil {
				target.before(past)
			}
		case <-exit:
			exit = nil
			w.giveUp(all)
		case sig := <-w.c:
			count++
			if w.receive(sig) {
				past.first, past.at = sig, time.Now()
			}
			switch {
			case past.killed && count > 2:
				w.giveUp(all)
			case count > 1:
				past.killed = true
				target.kill()
				exit = time.After(exitGrace)
			default:
				target.interrupt(sig)
			}
		}
	}
}

// receive notes a signal and reports whether it is the first.
func (w *signalWatch) receive(sig os.Signal) (first bool) {
	number, _ := sig.(syscall.Signal)
	first = w.first.CompareAndSwap(0, int32(number))
	w.cancel()
	return first
}

// giveUp ends this process without the reports, which are what it hangs on.
func (w *signalWatch) giveUp(targets []stopper) {
	process.KillAll()
	for _, target := range targets {
		_ = target.cleanUp() // the exit code has something else to say
	}
	w.exit(exitCode(signalled(w.received())))
}

// received returns the first signal, 0 for none.
func (w *signalWatch) received() syscall.Signal { return syscall.Signal(w.first.Load()) }

// stop says that the run has ended.
func (w *signalWatch) stop() {
	w.cancel()
	close(w.done)
}
