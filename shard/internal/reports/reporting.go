package reports

import (
	"context"
	"os"
	"sync"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/process"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
)

// askTime is how long the go command may take to answer a query for a report, after the
// grace period of an interrupted run has ended or after the run was killed.
const askTime = time.Second

// killedTime is how long the post-run command may take after the run was killed. It is less
// than ExitGrace, so that there is still time for the teardown.
const killedTime = signals.ExitGrace / 2

// reporting is the target of signals while reports are written. It ends queries to the go
// command, which reports can do without, and the post-run command. close must be called.
type reporting struct {
	grace  time.Duration
	ctx    context.Context // of queries to the go command
	cancel context.CancelFunc
	stop   *process.Stop // of the post-run command

	mu     sync.Mutex
	timers []*time.Timer
}

func newReporting(grace time.Duration) *reporting {
	r := &reporting{grace: grace, stop: process.NewStop(grace)}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r
}

// Limit sets limits after the tests were interrupted. Queries may run until the grace period
// of the tests ends. The post-run command was not interrupted, so it gets a full grace
// period of its own.
func (r *reporting) Limit(past signals.Past) {
	asking, command := max(askTime, time.Until(past.At.Add(r.grace))), r.grace
	if past.Killed {
		asking, command = askTime, min(command, killedTime)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.timers = append(r.timers,
		time.AfterFunc(asking, r.cancel), time.AfterFunc(command, r.stop.Kill))
}

func (r *reporting) Interrupt(sig os.Signal) { r.cancel(); r.stop.Pass(process.Receive(sig)) }
func (r *reporting) Kill()                   { r.cancel(); r.stop.Kill() }
func (r *reporting) CleanUp() error          { return nil }

func (r *reporting) close() {
	r.cancel()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, timer := range r.timers {
		timer.Stop()
	}
}
