// Package signals passes the signals of this process to the current phase of a run, and
// ends the process if that does not help.
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

// ExitGrace is how long a killed run may take to end. It may be blocked by the reader of
// its output.
const ExitGrace = 5 * time.Second

// Watch passes signals to a target, which is what the current phase of the run must stop.
// The first signal of the run interrupts the target, and further signals kill it. A third
// signal ends this process, and so does a run that does not end after it was killed.
type Watch struct {
	first   atomic.Int32
	at      atomic.Pointer[time.Time] // of the first signal
	C       chan os.Signal
	targets chan signalTarget
	begin   sync.Once
	done    chan struct{}
	own     bool           // whether it receives all signals of this process
	Exit    func(code int) // os.Exit, replaceable in tests

	// Ctx ends with the first signal. It is for commands that only provide information,
	// which is of no use after that.
	Ctx    context.Context
	cancel context.CancelFunc
}

// signalTarget is what is running now.
type signalTarget struct {
	Stopper
	// before is called if signals came earlier; nil if they do not matter.
	before func(Past)
	// anew is whether it gets its full time even if the run was killed before.
	anew bool
}

// Past are the signals that came before a target.
type Past struct {
	first  os.Signal
	At     time.Time // of the first
	Killed bool      // whether one of them was a kill
}

// Stopper receives signals.
type Stopper interface {
	// Interrupt asks everything to end, because of a signal. Kill ends it at once.
	Interrupt(os.Signal)
	Kill()
	// CleanUp removes what must not be left behind.
	CleanUp() error
}

// Limiter is a Stopper whose time is limited if signals came before it.
type Limiter interface {
	Stopper
	Limit(Past)
}

// OnlyAsks is the target of a phase that only starts commands for information, with the
// context of the watch.
type OnlyAsks struct{}

// Interrupt, Kill and CleanUp implement Stopper.
func (OnlyAsks) Interrupt(os.Signal) {}
func (OnlyAsks) Kill()               {}
func (OnlyAsks) CleanUp() error      { return nil }

// NewWatch returns a Watch that gets its signals through Send.
func NewWatch() *Watch {
	w := &Watch{C: make(chan os.Signal, 4), targets: make(chan signalTarget), done: make(chan struct{}), Exit: os.Exit}
	w.Ctx, w.cancel = context.WithCancel(context.Background())
	return w
}

// Send passes on a signal that was received elsewhere. More than a few pending signals
// have no further effect.
func (w *Watch) Send(sig os.Signal) {
	select {
	case w.C <- sig:
	default:
	}
}

// SendOwn passes on a signal that this process sends to its run: it comes from no terminal.
func (w *Watch) SendOwn(sig os.Signal) { w.Send(process.Own{Sent: sig}) }

// Start must be called before anything is started, so that a signal cannot leave processes
// running. A plain run leaves SIGQUIT to the system as gotestsum does: it makes the test
// processes print their goroutines.
func Start(distributed bool) *Watch {
	w := NewWatch()
	w.own = true
	signal.Notify(w.C, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // ignored under nohup
		signal.Notify(w.C, syscall.SIGHUP)
	}
	if distributed {
		signal.Notify(w.C, syscall.SIGQUIT)
		Outlive()
	}
	w.PassTo(OnlyAsks{})
	return w
}

// Outlive prevents signals from ending this process if the run should survive them. If the
// reader of our output has gone, writing fails, which ends the run properly; by default a
// signal would kill this process. A question what runs now may come when nothing does.
func Outlive() {
	signal.Notify(make(chan os.Signal, 1), append([]os.Signal{syscall.SIGPIPE}, Asks...)...)
}

// PassTo passes signals to target until the next call or Stop, including a signal that
// came while target was being started.
func (w *Watch) PassTo(target Stopper) {
	w.setTarget(signalTarget{Stopper: target, before: func(past Past) {
		if past.Killed {
			target.Kill()
		} else {
			target.Interrupt(past.first)
		}
	}})
}

// PassToReports is PassTo for handling the results, also after an interrupted run.
func (w *Watch) PassToReports(target Limiter) {
	w.setTarget(signalTarget{Stopper: target, before: target.Limit})
}

// PassNewTo is PassTo for a phase after an interrupted run that must be done anyway.
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
			if w.own { // further signals end this process, with the exit code of a signal
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
				past.first, past.At = sig, w.At()
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

// receive records a signal and reports whether it is the first.
func (w *Watch) receive(sig os.Signal) (first bool) {
	if own, ok := sig.(process.Own); ok {
		sig = own.Sent
	}
	number, _ := sig.(syscall.Signal)
	if w.at.Load() == nil {
		now := time.Now()
		w.at.Store(&now)
	}
	first = w.first.CompareAndSwap(0, int32(number))
	w.cancel()
	return first
}

// giveUp ends this process without the reports, which it is blocked on.
func (w *Watch) giveUp(targets []Stopper) {
	process.KillAll()
	for _, target := range targets {
		_ = target.CleanUp() // the exit code reports something else
	}
	w.Exit(exit.Code(exit.Signalled(w.Received())))
}

// Received returns the first signal, 0 for none.
func (w *Watch) Received() syscall.Signal { return syscall.Signal(w.first.Load()) }

// At returns when the first signal was received, zero for none.
func (w *Watch) At() time.Time {
	if at := w.at.Load(); at != nil {
		return *at
	}
	return time.Time{}
}

// Stop must be called when the run has ended.
func (w *Watch) Stop() {
	w.cancel()
	close(w.done)
}
