package pulling

import (
	"context"
	"os"
	"sync"

	"github.com/gotestshard/gotestshard/shard/internal/signals"
)

// targets passes the signals of a node on to the units that run. It is a signals.Stopper.
type targets struct {
	signals.OnlyAsks
	// received reports whether the node has received a signal.
	received func() bool

	mu      sync.Mutex
	running map[*signals.Watch]bool
}

// start returns the signals for a unit, which is interrupted if ctx ends. leave must be called at
// its end, and reports whether it was.
func (t *targets) start(ctx context.Context) (interrupts *signals.Watch, leave func() (stopped bool)) {
	w := signals.NewWatch()
	w.Exit = func(int) {} // the node ends this process
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.running == nil {
		t.running = map[*signals.Watch]bool{}
	}
	t.running[w] = true
	stop := context.AfterFunc(ctx, func() {
		if !t.received() { // otherwise Interrupt passes it on
			w.SendOwn(os.Interrupt)
		}
	})
	return w, func() bool {
		stop()
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.running, w)
		return ctx.Err() != nil
	}
}

// Interrupt implements signals.Stopper.
func (t *targets) Interrupt(sig os.Signal) { t.each(func(w *signals.Watch) { w.Send(sig) }) }

// Kill implements signals.Stopper. A second signal kills a run.
func (t *targets) Kill() { t.each(func(w *signals.Watch) { w.SendOwn(os.Interrupt) }) }

func (t *targets) each(do func(*signals.Watch)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for w := range t.running {
		do(w)
	}
}
