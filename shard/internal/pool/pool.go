// Package pool owns the workers of a run: which of them are free, which test
// process each of them runs, and how such a process ends. A worker is a slot
// with a lasting identity; it runs one test process at a time.
package pool

import (
	"context"
	"io"
	"sync"
	"time"

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
	// Worker is told the index of the worker that the task got, if it is not nil.
	Worker func(index int)
	// Dir is the working directory.
	Dir string
	// Env is the whole environment, as KEY=VALUE, without the worker's variables.
	Env []string
	// Timeout is the -timeout that the test binary itself keeps; the pool kills
	// a process that is far over it. 0 is no limit.
	Timeout time.Duration
}

// Run is a task that got a worker.
type Run struct {
	Package string
	Rerun   bool // see Task
	Worker  int  // index
	Queued  time.Time
	Started time.Time
	Ended   time.Time // zero while the process runs
	Failed  bool
}

// Waited is how long the task waited for its worker.
func (r Run) Waited() time.Duration { return r.Started.Sub(r.Queued) }

// Passed is whether the test process has ended well.
func (r Run) Passed() bool { return !r.Ended.IsZero() && !r.Failed }

// Took is how long the test process ran.
func (r Run) Took() time.Duration { return r.Ended.Sub(r.Started) }

// Config is what a Pool needs to know.
type Config struct {
	// Workers is how many there are, at least 1.
	Workers int
	// Env returns the variables that tell a process its worker, as KEY=VALUE.
	Env func(worker int) []string
	// Stop is what ends all processes of the run.
	Stop *process.Stop
}

// Pool hands out workers. All its methods may be called by several goroutines.
type Pool struct {
	config Config
	free   chan int // the workers without a process; receivers are served in order

	stop *process.Stop

	start func(Task, []string) (testProcess, io.ReadCloser, error) // a seam for tests

	mu   sync.Mutex
	runs []*Run
	last map[string]*Run // the latest run of each package
}

// New returns a pool with all its workers free.
func New(config Config) *Pool {
	p := &Pool{
		config: config,
		free:   make(chan int, config.Workers),
		stop:   config.Stop,
		start:  startProcess,
		last:   map[string]*Run{},
	}
	for worker := range config.Workers {
		p.free <- worker
	}
	return p
}

// Run runs task on the next free worker, oldest task first, and returns the
// exit code for the hook. What the process prints goes to out; what has to be
// said of its end, in go test's words, follows there. started is called with
// the process's id. A task whose ctx ends is killed.
func (p *Pool) Run(ctx context.Context, task Task, out io.Writer, started func(pid int)) int {
	run := &Run{Package: task.Package, Rerun: task.Rerun, Queued: time.Now()}
	select {
	case run.Worker = <-p.free:
	case <-p.stop.Interrupted():
		return notRun(out)
	case <-ctx.Done():
		return 1
	}
	defer func() { p.free <- run.Worker }()
	if p.stop.Asked() { // an interrupt beats a worker that is free at the same moment
		return notRun(out)
	}

	run.Started = time.Now()
	p.record(run)
	if task.Worker != nil {
		task.Worker(run.Worker)
	}
	code := p.supervise(ctx, task, p.config.Env(run.Worker), out, started)
	p.mu.Lock()
	defer p.mu.Unlock()
	run.Ended = time.Now()
	run.Failed = code != 0
	return code
}

func notRun(out io.Writer) int {
	_, _ = io.WriteString(out, "gotestshard: not run: the run was interrupted before a worker was free\n")
	return 1
}

func (p *Pool) record(run *Run) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.runs = append(p.runs, run)
	p.last[run.Package] = run
}

// Lookup returns the latest run of a package, and false when no worker has had
// it.
func (p *Pool) Lookup(pkg string) (Run, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if run := p.last[pkg]; run != nil {
		return *run, true
	}
	return Run{}, false
}

// Runs returns all runs so far in the order of their starts.
func (p *Pool) Runs() []Run {
	p.mu.Lock()
	defer p.mu.Unlock()
	runs := make([]Run, len(p.runs))
	for i, run := range p.runs {
		runs[i] = *run
	}
	return runs
}
