package shard

import (
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// exitGrace is how long a run that was killed may take to end: it may be
// blocked on whoever reads its output.
const exitGrace = 5 * time.Second

// signalWatch passes the signals that end the run on to the engine: the first
// as an interrupt, the second as a kill. A third one, or a run that does not
// end after the second, ends this process.
type signalWatch struct {
	first   atomic.Int32
	c       chan os.Signal
	targets chan signalTarget
	begin   sync.Once
	done    chan struct{}
}

// signalTarget is what runs now.
type signalTarget struct {
	stopper
	old bool // whether it is told of signals that came before it
}

// stopper is told of signals.
type stopper interface {
	// interrupt asks everything to end, because of a signal; kill ends it at once.
	interrupt(os.Signal)
	kill()
	// cleanUp removes what must not stay behind.
	cleanUp() error
}

// newSignalWatch returns one that gets its signals through send.
func newSignalWatch() *signalWatch {
	return &signalWatch{c: make(chan os.Signal, 4), targets: make(chan signalTarget), done: make(chan struct{})}
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
	signal.Notify(w.c, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // by nohup
		signal.Notify(w.c, syscall.SIGHUP)
	}
	if distributed {
		signal.Notify(w.c, syscall.SIGQUIT)
		outliveSignals()
	}
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
func (w *signalWatch) passTo(target stopper) { w.setTarget(signalTarget{target, true}) }

// passNewTo is passTo for what comes after a run that was interrupted, and is to
// be done all the same.
func (w *signalWatch) passNewTo(target stopper) { w.setTarget(signalTarget{target, false}) }

func (w *signalWatch) setTarget(target signalTarget) {
	w.begin.Do(func() { go w.passOn() })
	w.targets <- target
}

func (w *signalWatch) passOn() {
	var exit <-chan time.Time
	target := <-w.targets
	all := []stopper{target}
	for count := 0; ; {
		select {
		case <-w.done:
			return
		case target = <-w.targets:
			all = append(all, target)
			exit = nil
			if target.old && count > 0 {
				target.interrupt(w.received())
			}
		case <-exit:
			w.exit(all)
		case sig := <-w.c:
			count++
			number, _ := sig.(syscall.Signal)
			w.first.CompareAndSwap(0, int32(number))
			switch {
			case count > 2:
				w.exit(all)
			case count == 2:
				target.kill()
				exit = time.After(exitGrace)
			default:
				target.interrupt(sig)
			}
		}
	}
}

// exit ends this process without the reports, which are what it hangs on.
func (w *signalWatch) exit(targets []stopper) {
	for _, target := range targets {
		_ = target.cleanUp() // the exit code has something else to say
	}
	os.Exit(exitCode(signalled(w.received())))
}

// received returns the first signal, 0 for none.
func (w *signalWatch) received() syscall.Signal { return syscall.Signal(w.first.Load()) }

func (w *signalWatch) stop() {
	signal.Stop(w.c)
	close(w.done)
}
