package shard

import (
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
)

// signalWatch passes the signals that end the run on to the engine.
type signalWatch struct {
	first atomic.Int32
	done  chan struct{}
	c     chan os.Signal
}

// passSignals passes the first signal on as an interrupt and any further one as
// a kill. A plain run is gotestsum's: it passes one Ctrl-C on and leaves
// everything else to the system.
func passSignals(engine engine, distributed bool) *signalWatch {
	w := &signalWatch{done: make(chan struct{}), c: make(chan os.Signal, 2)}
	signals := []os.Signal{os.Interrupt}
	if distributed {
		signals = append(signals, syscall.SIGTERM, syscall.SIGHUP)
		// A reader of our output that has gone makes writing fail, which ends
		// the run in order; the default would kill us here and now.
		signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	}
	signal.Notify(w.c, signals...)
	go func() {
		for {
			select {
			case <-w.done:
				return
			case sig := <-w.c:
				number, _ := sig.(syscall.Signal)
				switch {
				case w.first.CompareAndSwap(0, int32(number)):
					engine.interrupt(sig)
					if !distributed {
						signal.Stop(w.c) // the next one is the system's
					}
				default:
					engine.kill()
				}
			}
		}
	}()
	return w
}

// received returns the first signal, 0 for none.
func (w *signalWatch) received() syscall.Signal { return syscall.Signal(w.first.Load()) }

func (w *signalWatch) stop() {
	signal.Stop(w.c)
	close(w.done)
}
