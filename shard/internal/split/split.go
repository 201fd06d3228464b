// Package split runs the tests of one test binary in several processes and makes them look
// like one: their output becomes one text, their coverage one profile, their exit codes
// one exit code. Package plan decides which tests run where. This package decides what
// happens when a process crashes.
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

// Splitter runs test binaries. Several goroutines may call its methods.
type Splitter struct {
	Pool *pool.Pool
	Stop *process.Stop
	// Restarts is the number of crashes of each worker after which a new process starts
	// (xdist's --max-worker-restart).
	Restarts int
	// WorkerName returns the id of the worker with that index.
	WorkerName func(index int) string
	// Record receives all durations.
	Record *history.Run
	// Ran receives what each process of a split package ran.
	Ran func(pkg string, worker int, tests Sequence)
	// Say prints a message, separate from the output of the tests.
	Say func(text string)
	// Rerun returns the command that runs a test of a task again in a process that got args,
	// or the whole package if test is empty. It has at most room characters, unless the
	// test's name needs more.
	Rerun func(task pool.Task, args []string, test string, room int) string
	// Limits returns how long the tests of a package may run, nil if there is no limit. It may
	// be nil itself.
	Limits func(pkg string) *TestLimits
	// ExitCodes is whether a process whose tests failed has failed outside them too if its exit
	// code is not the one for failed tests, or if it may have left out tests. It matters if
	// failures may not count.
	ExitCodes bool
	// Shuffle is the seed by which each process shuffles its tests, if they need not be in one
	// process; 0 for none.
	Shuffle int64
	// Kept is whether the result of the run is kept, so that gotestshard last can run all
	// tests of a process again.
	Kept bool

	mu      sync.Mutex
	crashes map[int]int // by worker
	halted  context.Context
	halt    context.CancelCauseFunc // its cause is why the whole run stops
}

// New returns a Splitter without exported fields set.
func New() *Splitter {
	halted, halt := context.WithCancelCause(context.Background())
	return &Splitter{crashes: map[int]int{}, halted: halted, halt: halt}
}

// Halt stops the whole run properly, because of why: running tests are killed and end as
// skipped, and the rest does not run. Only the first why is reported.
func (s *Splitter) Halt(why error) { s.halt(why) }

// Begun is called for each batch that got a worker. tests is empty if the package stays
// whole.
type Begun func(worker int, tests []string)

// Run runs a binary and returns the exit code for the hook.
func (s *Splitter) Run(ctx context.Context, b Binary, hook gotest.Hook, begun Begun) (code int, err error) {
	if b.Package.Whole && (b.Each == 0 || len(b.Package.Tests) == 0) && s.limitsOf(b) == nil {
		return s.runWhole(ctx, b, hook, begun)
	}
	r := s.newRun(ctx, b, hook, begun)
	if r.parts, err = gotest.NewParts(r.args, b.Task.Dir); err != nil {
		return 0, fmt.Errorf("creating a folder for what test processes write: %w", err)
	}
	defer func() { err = errors.Join(err, r.parts.Close()) }()
	left, started := s.share(ctx, pool.Binary{Package: b.Package.Apart(), Run: r.batch})
	switch {
	case !started && s.Stop.Asked():
		_, err := io.WriteString(hook, pool.NotRun)
		return 1, err
	case ctx.Err() != nil:
		return 1, nil // the hook has ended
	}
	return r.finish(left)
}

// limitsOf returns the limits of a binary's tests, nil for none. They need processes for some of
// the tests.
func (s *Splitter) limitsOf(b Binary) *TestLimits {
	if s.Limits == nil || b.Package.Whole && !b.Resumes {
		return nil
	}
	return s.Limits(b.Package.Name)
}

// share lets the workers run a binary until the whole run is halted. It returns the tests
// that no worker got and whether any worker had a batch.
func (s *Splitter) share(ctx context.Context, b pool.Binary) (left []plan.Test, started bool) {
	if s.halted.Err() != nil {
		return b.Package.Tests, false
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.halted, cancel)()
	return s.Pool.Share(ctx, b)
}

// runProcess runs a test process for a hook and returns its exit code. The process is
// killed when the whole run is halted, unless spared is set by then, because it ends by
// itself.
func (s *Splitter) runProcess(ctx context.Context, worker int, task pool.Task, out io.Writer, hook gotest.Hook, spared *atomic.Bool) (code int) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(s.halted, func() {
		if !spared.Load() {
			cancel(pool.ErrUnwanted)
		}
	})()
	started := ""
	code = s.Pool.Process(ctx, worker, task, out, func(identity string) {
		started = identity
		hook.Started(started)
	})
	if started != "" {
		hook.Ended(started)
	}
	return code
}

// restart counts a crash of a worker and reports whether it may continue.
func (s *Splitter) restart(worker int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.crashes[worker]++
	return s.crashes[worker] <= s.Restarts
}
