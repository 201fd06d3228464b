package shard

import (
	"os"
	"os/signal"
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
	first atomic.Int32
	c     chan os.Signal
	done  chan struct{}
}

// newSignalWatch returns one that gets its signals through send.
func newSignalWatch() *signalWatch {
	return &signalWatch{c: make(chan os.Signal, 4), done: make(chan struct{})}
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

// outliveSignals keeps signals from ending or stopping this process that a run
// is to survive. A reader of our output that has gone makes writing fail, which
// ends the run in order; the default would kill us here and now.
func outliveSignals() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ignoreTerminalStops()
}

// passTo passes signals on to the engine until stop is called.
func (w *signalWatch) passTo(engine engine) {
	go func() {
		var exit <-chan time.Time
		for count := 0; ; {
			select {
			case <-w.done:
				return
			case <-exit:
				w.exit(engine)
			case sig := <-w.c:
				count++
				number, _ := sig.(syscall.Signal)
				w.first.CompareAndSwap(0, int32(number))
				switch {
				case count > 2:
					w.exit(engine)
				case count == 2, sig == syscall.SIGQUIT:
					engine.kill()
					exit = time.After(exitGrace)
				default:
					engine.interrupt(sig)
				}
			}
		}
	}()
}

// exit ends this process without the reports, which are what it hangs on.
func (w *signalWatch) exit(engine engine) {
	_ = engine.cleanUp() // the exit code has something else to say
	os.Exit(exitCode(signalled(w.received())))
}

// received returns the first signal, 0 for none.
func (w *signalWatch) received() syscall.Signal { return syscall.Signal(w.first.Load()) }

func (w *signalWatch) stop() {
	signal.Stop(w.c)
	close(w.done)
}
