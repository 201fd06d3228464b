// Package split runs the tests of one test binary in several processes and
// makes it look like one: what they print becomes one text, what they cover one
// profile, how they end one exit code. Which tests run where is decided by
// package plan; what happens when a process crashes is decided here.
package split

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/pool"
	"github.com/gotestshard/gotestshard/shard/internal/process"
)

// Splitter runs test binaries. Its methods may be called by several goroutines.
type Splitter struct {
	Pool *pool.Pool
	Stop *process.Stop
	// Restarts is how many crashes of each worker are followed by a new process
	// (xdist's --max-worker-restart).
	Restarts int
	// WorkerName returns the id of the worker with that index.
	WorkerName func(index int) string
	// Record is told how long everything took.
	Record *history.Run
	// Repro returns the command that runs a batch again in one process, from the
	// arguments of the test binary.
	Repro func(pkg string, args []string) string

	mu      sync.Mutex
	crashes map[int]int // of each worker
	halted  context.Context
	halt    context.CancelCauseFunc // with why the whole run stops
}

// New returns a Splitter without its exported fields.
func New() *Splitter {
	halted, halt := context.WithCancelCause(context.Background())
	return &Splitter{crashes: map[int]int{}, halted: halted, halt: halt}
}

// Halt stops the whole run in order, because of why: what runs is killed and ends
// as skipped, and what was not handed out does not run. The first why is told.
func (s *Splitter) Halt(why error) { s.halt(why) }

// Begun is told of each batch that got its worker; tests are empty when the
// package stays whole.
type Begun func(worker int, tests []string)

// Run runs a binary and returns the exit code for the hook.
func (s *Splitter) Run(ctx context.Context, b Binary, hook gotest.Hook, begun Begun) (code int, err error) {
	if b.Package.Whole && (b.Each == 0 || len(b.Package.Tests) == 0) {
		return s.runWhole(ctx, b, hook, begun)
	}
	r := s.newRun(ctx, b, hook, begun)
	if r.parts, err = gotest.NewParts(r.args, b.Task.Dir); err != nil {
		return 0, fmt.Errorf("making a folder for what test processes write: %w", err)
	}
	defer func() { err = errors.Join(err, r.parts.Close()) }()
	left, started := s.share(ctx, pool.Binary{Package: b.Package, Run: r.batch})
	switch {
	case !started && s.Stop.Asked():
		_, err := io.WriteString(hook, pool.NotRun)
		return 1, err
	case ctx.Err() != nil:
		return 1, nil // nobody listens
	}
	return r.finish(left)
}

// share has a binary run by the workers until the whole run is halted, and returns
// what nobody was given and whether a worker had any of it.
func (s *Splitter) share(ctx context.Context, b pool.Binary) (left []plan.Test, started bool) {
	if s.halted.Err() != nil {
		return b.Package.Tests, false
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.halted, cancel)()
	return s.Pool.Share(ctx, b)
}

// runProcess runs a test process for a hook and returns its exit code. It is killed
// when the whole run is halted, unless it is spared by then: it ends by itself.
func (s *Splitter) runProcess(ctx context.Context, worker int, task pool.Task, out io.Writer, hook gotest.Hook, spared *atomic.Bool) (code int) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(s.halted, func() {
		if !spared.Load() {
			cancel(pool.ErrUnwanted)
		}
	})()
	pid := 0
	code = s.Pool.Process(ctx, worker, task, out, func(id int) {
		pid = id
		hook.Started(pid)
	})
	if pid != 0 {
		hook.Ended(pid)
	}
	return code
}

// restart counts a crash of a worker and reports whether it may go on.
func (s *Splitter) restart(worker int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.crashes[worker]++
	return s.crashes[worker] <= s.Restarts
}
