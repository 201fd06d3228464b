// Package pool manages the workers of a run: which of them are free, which test process
// each of them runs, and how such a process ends. A worker is a slot with a lasting
// identity that runs one test process at a time. Package plan decides which worker gets
// what; the pool carries it out.
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

// Task is a test process to run.
type Task struct {
	// Package is the import path of the package under test, empty when unknown.
	Package string
	// Command is the program and its arguments.
	Command []string
	// Binary is the index of the test binary in Command.
	Binary int
	// Asked are the arguments of the test binary as the go command passes them.
	Asked []string
	// Build identifies the contents of the test binary, empty when unknown.
	Build string
	// Rerun is whether it reruns tests.
	Rerun bool
	// Dir is the working directory.
	Dir string
	// Env is the whole environment, as KEY=VALUE, without the worker's variables.
	Env []string
	// Timeout is the -timeout that the test binary itself enforces. The pool kills a
	// process that is far over it. 0 is no limit.
	Timeout time.Duration
	// Expired is closed when the process must print its goroutines and end, nil for never.
	Expired <-chan struct{}
}

// Binary is a test binary that is ready to run.
type Binary struct {
	Package plan.Package
	// Run runs the tests of a batch on the worker of the batch, in one process or in
	// several, one after another.
	Run func(ctx context.Context, batch plan.Batch)
}

// Run is one test process that a worker ran.
type Run struct {
	Package string
	Build   string // see Task
	Rerun   bool   // see Task
	Worker  int    // index
	Started time.Time
	Ended   time.Time // zero while the process runs
	Failed  bool
}

// Took is the duration of the test process.
func (r Run) Took() time.Duration { return r.Ended.Sub(r.Started) }

// Config is the configuration of a Pool.
type Config struct {
	// Workers is the number of workers, at least 1.
	Workers int
	// Mode is how they share the tests.
	Mode plan.Mode
	// Scatter is the seed of plan.Scheduler.Scatter, 0 for none.
	Scatter int64
	// Env returns the variables that identify the worker to a process, as KEY=VALUE.
	Env func(worker int) []string
	// Stop ends all processes of the run.
	Stop *process.Stop
	// Group returns the process group for a test process, see process.StartIn; nil
	// for this process's.
	Group func() int
	// Hold waits until a process may run tests of these groups, or tests that run alone, beside those
	// of other runs, and returns what ends that. It is not ok if ctx has ended before. Hold is nil for
	// no limits.
	Hold func(ctx context.Context, groups []string, alone bool) (release func(), ok bool)
	// Leaks is what happens if a process ends while another one that it started still has its
	// output open. The zero value is what go test does.
	Leaks Leaks
}

// Leaks is what happens if a test process leaves another one behind that has its output open.
type Leaks struct {
	// Say reports it, nil for go test's way: after a long time, the process fails.
	Say func(text string)
	// Fail is whether the process fails.
	Fail bool
}

// Pool assigns workers. Several goroutines may call all its methods.
type Pool struct {
	config Config
	stop   *process.Stop

	start func(Task, []string) (testProcess, io.ReadCloser, error) // replaceable in tests

	mu       sync.Mutex
	schedule *plan.Scheduler
	shared   map[*plan.Job]*share
	runs     []*Run
	running  map[int]*Run // by worker
}

// share is a Binary with remaining work.
type share struct {
	binary Binary
	ctx    context.Context
	begun  bool          // whether a batch has had a worker
	done   chan struct{} // closed when nothing of it is left or running
}

// New returns a pool with all workers free.
func New(config Config) *Pool {
	if config.Group == nil {
		config.Group = func() int { return 0 }
	}
	schedule := plan.New(config.Mode, config.Workers)
	schedule.Scatter(config.Scatter)
	return &Pool{
		config: config,
		stop:   config.Stop,
		start: func(task Task, env []string) (testProcess, io.ReadCloser, error) {
			return startProcess(task, env, config.Group())
		},
		schedule: schedule,
		shared:   map[*plan.Job]*share{},
		running:  map[int]*Run{},
	}
}

// Share runs all of a binary on the workers that the plan assigns. It returns the tests
// that no worker got, which happens only if the run was interrupted or ctx has ended, and
// whether any worker had a batch. Running processes have ended when it returns.
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

// Run runs task in one process, as a binary that stays whole. started is called with the
// index of its worker and the process's identity.
func (p *Pool) Run(ctx context.Context, task Task, out io.Writer, started func(worker int, identity string)) int {
	return p.RunAs(ctx, plan.Package{Name: task.Package, Whole: true}, task, out, started)
}

// RunAs is Run for a package that stays whole and may have groups.
func (p *Pool) RunAs(ctx context.Context, pkg plan.Package, task Task, out io.Writer, started func(worker int, identity string)) int {
	code := 1
	_, begun := p.Share(ctx, Binary{
		Package: pkg,
		Run: func(ctx context.Context, batch plan.Batch) {
			code = p.Process(ctx, batch.Worker, task, out, func(identity string) { started(batch.Worker, identity) })
		},
	})
	if !begun && p.stop.Asked() {
		_, _ = io.WriteString(out, NotRun)
	}
	return code
}

// NotRun is printed for a test binary that did not start because of an interrupt.
const NotRun = "gotestshard: not run: the run was interrupted before a worker was free\n"

// drop stops handing out work of a job.
func (p *Pool) drop(job *plan.Job) []plan.Test {
	p.mu.Lock()
	defer p.mu.Unlock()
	left := p.schedule.Drop(job)
	p.settle(job)
	p.dispatch() // a worker may have waited for it
	return left
}

// dispatch starts what the plan allows to start now. The lock must be held.
func (p *Pool) dispatch() {
	for !p.stop.Asked() { // an interrupt takes precedence over a worker that becomes free at the same moment
		batch, ok := p.schedule.Next()
		if !ok {
			return
		}
		s := p.shared[batch.Job]
		s.begun = true
		go func() {
			p.run(s, batch)
			p.mu.Lock()
			defer p.mu.Unlock()
			p.schedule.Done(batch)
			p.settle(batch.Job)
			p.dispatch()
		}()
	}
}

// run runs a batch, when other runs allow it.
func (p *Pool) run(s *share, batch plan.Batch) {
	if p.config.Hold == nil {
		s.binary.Run(s.ctx, batch)
		return
	}
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	waits := make(chan struct{})
	go func() {
		select {
		case <-p.stop.Interrupted():
			cancel()
		case <-waits:
		}
	}()
	release, ok := p.config.Hold(ctx, batch.Groups, batch.Alone)
	close(waits)
	if ok {
		defer release()
	}
	s.binary.Run(s.ctx, batch) // also if the run ends: it says what did not run
}

// settle releases a job without remaining work. The lock must be held.
func (p *Pool) settle(job *plan.Job) {
	if s := p.shared[job]; s != nil && p.schedule.Finished(job) {
		delete(p.shared, job)
		close(s.done)
	}
}

// Observe reports the real durations of a job's process starts and tests to the plan.
func (p *Pool) Observe(f func(*plan.Scheduler)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(p.schedule)
}

// Process runs task in one process on an assigned worker, and returns the exit code for
// the hook. The output of the process goes to out, followed by a message in go test's
// words about its end if necessary. started is called with the process's identity. A task whose
// ctx ends is killed.
func (p *Pool) Process(ctx context.Context, worker int, task Task, out io.Writer, started func(identity string)) int {
	run := &Run{Package: task.Package, Build: task.Build, Rerun: task.Rerun, Worker: worker, Started: time.Now()}
	p.mu.Lock()
	p.runs = append(p.runs, run)
	p.running[worker] = run
	p.mu.Unlock()
	code := p.supervise(ctx, task, p.config.Env(worker), out, started)
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.running, worker)
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

// Running returns the runs that have not ended.
func (p *Pool) Running() []Run {
	p.mu.Lock()
	defer p.mu.Unlock()
	var running []Run
	for _, run := range p.running {
		running = append(running, *run)
	}
	return running
}
