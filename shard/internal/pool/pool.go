// Package pool owns the workers of a run: which of them are free, which test
// process each of them runs, and how such a process ends. A worker is a slot
// with a lasting identity; it runs one test process at a time. Who gets which
// worker is decided by package plan; the pool does what it says.
package pool

import (
	"context"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/process"
)

// Task is one test process to be run.
type Task struct {
	// Package is the import path of the package under test, empty when unknown.
	Package string
	// Command is the program and its arguments.
	Command []string
	// Binary is the index of the test binary in Command.
	Binary int
	// Rerun is whether it runs tests again that had run before.
	Rerun bool
	// Dir is the working directory.
	Dir string
	// Env is the whole environment, as KEY=VALUE, without the worker's variables.
	Env []string
	// Timeout is the -timeout that the test binary itself keeps; the pool kills
	// a process that is far over it. 0 is no limit.
	Timeout time.Duration
}

// Binary is a test binary that is ready to run.
type Binary struct {
	Package plan.Package
	// Run runs the tests of a batch in one process, or in several, one after
	// another, on the worker of the batch.
	Run func(ctx context.Context, batch plan.Batch)
}

// Run is one test process that a worker ran.
type Run struct {
	Package string
	Rerun   bool // see Task
	Worker  int  // index
	Started time.Time
	Ended   time.Time // zero while the process runs
	Failed  bool
}

// Took is how long the test process ran.
func (r Run) Took() time.Duration { return r.Ended.Sub(r.Started) }

// Config is what a Pool needs to know.
type Config struct {
	// Workers is how many there are, at least 1.
	Workers int
	// Mode is how they share the tests.
	Mode plan.Mode
	// Env returns the variables that tell a process its worker, as KEY=VALUE.
	Env func(worker int) []string
	// Stop is what ends all processes of the run.
	Stop *process.Stop
	// Group returns the process group for a test process, see process.StartIn; nil
	// for this process's.
	Group func() int
}

// Pool hands out workers. All its methods may be called by several goroutines.
type Pool struct {
	config Config
	stop   *process.Stop

	start func(Task, []string) (testProcess, io.ReadCloser, error) // a seam for tests

	mu       sync.Mutex
	schedule *plan.Scheduler
	shared   map[*plan.Job]*share
	runs     []*Run
}

// share is a Binary while it has something to run.
type share struct {
	binary Binary
	ctx    context.Context
	begun  bool          // whether a batch has had a worker
	done   chan struct{} // closed when nothing of it is left and nothing runs
}

// New returns a pool with all its workers free.
func New(config Config) *Pool {
	if config.Group == nil {
		config.Group = func() int { return 0 }
	}
	return &Pool{
		config: config,
		stop:   config.Stop,
		start: func(task Task, env []string) (testProcess, io.ReadCloser, error) {
			return startProcess(task, env, config.Group())
		},
		schedule: plan.New(config.Mode, config.Workers),
		shared:   map[*plan.Job]*share{},
	}
}

// Share has all of a binary run by the workers that the plan gives it, and
// returns the tests that nobody was given, of which there are some only when the
// run was interrupted or ctx has ended, and whether a worker had any of it. What
// runs then is ended before it returns.
func (p *Pool) Share(ctx context.Context, b Binary) (left []plan.Test, begun bool) {
	s := &share{binary: b, ctx: ctx, done: make(chan struct{})}
	p.mu.Lock()
	job := p.schedule.Add(b.Package)
	p.shared[job] = s
	p.dispatch()
	p.mu.Unlock()
	select {
	case <-s.done:
	case <-p.stop.Interrupted():
		left = p.drop(job)
	case <-ctx.Done():
		left = p.drop(job)
	}
	<-s.done
	p.mu.Lock()
	defer p.mu.Unlock()
	return left, s.begun
}

// Run runs task as a binary that stays whole, in one process. started is called
// with the index of the worker that it got and the process's id.
func (p *Pool) Run(ctx context.Context, task Task, out io.Writer, started func(worker, pid int)) int {
	code := 1
	_, begun := p.Share(ctx, Binary{
		Package: plan.Package{Name: task.Package, Whole: true},
		Run: func(ctx context.Context, batch plan.Batch) {
			code = p.Process(ctx, batch.Worker, task, out, func(pid int) { started(batch.Worker, pid) })
		},
	})
	if !begun && p.stop.Asked() {
		_, _ = io.WriteString(out, NotRun)
	}
	return code
}

// NotRun is what is said of a test binary that an interrupt came before.
const NotRun = "gotestshard: not run: the run was interrupted before a worker was free\n"

// drop hands out nothing more of a job.
func (p *Pool) drop(job *plan.Job) []plan.Test {
	p.mu.Lock()
	defer p.mu.Unlock()
	left := p.schedule.Drop(job)
	p.settle(job)
	p.dispatch() // a worker may have waited for it
	return left
}

// dispatch starts what the plan says can start now. It is called with the lock.
func (p *Pool) dispatch() {
	for !p.stop.Asked() { // an interrupt beats a worker that is free at the same moment
		batch, ok := p.schedule.Next()
		if !ok {
			return
		}
		s := p.shared[batch.Job]
		s.begun = true
		go func() {
			s.binary.Run(s.ctx, batch)
			p.mu.Lock()
			defer p.mu.Unlock()
			p.schedule.Done(batch)
			p.settle(batch.Job)
			p.dispatch()
		}()
	}
}

// settle lets go of a job that has nothing left. It is called with the lock.
func (p *Pool) settle(job *plan.Job) {
	if s := p.shared[job]; s != nil && p.schedule.Finished(job) {
		delete(p.shared, job)
		close(s.done)
	}
}

// Observe tells the plan how long a process start of a job and its tests really
// take.
func (p *Pool) Observe(f func(*plan.Scheduler)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(p.schedule)
}

// Process runs task in one process on a worker that it was given, and returns
// the exit code for the hook. What the process prints goes to out; what has to
// be said of its end, in go test's words, follows there. started is called with
// the process's id. A task whose ctx ends is killed.
func (p *Pool) Process(ctx context.Context, worker int, task Task, out io.Writer, started func(pid int)) int {
	run := &Run{Package: task.Package, Rerun: task.Rerun, Worker: worker, Started: time.Now()}
	p.mu.Lock()
	p.runs = append(p.runs, run)
	p.mu.Unlock()
	code := p.supervise(ctx, task, p.config.Env(worker), out, started)
	p.mu.Lock()
	defer p.mu.Unlock()
	run.Ended = time.Now()
	run.Failed = code != 0
	return code
}

// Runs returns all runs so far in the order of their starts.
func (p *Pool) Runs() []Run {
	p.mu.Lock()
	defer p.mu.Unlock()
	runs := make([]Run, len(p.runs))
	for i, run := range p.runs {
		runs[i] = *run
	}
	slices.SortStableFunc(runs, func(a, b Run) int { return a.Started.Compare(b.Started) })
	return runs
}
