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
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/pool"
	"github.com/gotestshard/gotestshard/shard/internal/process"
	"github.com/gotestshard/gotestshard/shard/internal/text"
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

// Binary is a test binary and what is known of it.
type Binary struct {
	Task    pool.Task
	Package plan.Package
	// Selection is what the command line of the task selects. It is not looked at
	// when the package stays whole.
	Selection gotest.Selection
	// Hides is whether there may be tests beside those of Package, which are to run
	// too.
	Hides bool
	// Elsewhere are the tests that others run, where Package has only a part of all:
	// they do not run here.
	Elsewhere []string
	// Nothing is whether others run all of it. Such a binary is not for Run.
	Nothing bool
	// FailFast is whether no test of the run may start after one has failed.
	FailFast bool
	// Each is how many workers run everything, 0 when each test runs once.
	Each int
}

// Alone returns the task with arguments by which one process runs what Package has,
// and nothing that is for others; as it is when no arguments can say so.
func (b Binary) Alone(task pool.Task) pool.Task {
	if len(b.Elsewhere) == 0 {
		return task
	}
	args, ok := []string(nil), false
	if b.Hides {
		args, ok = b.Selection.Rest(b.Elsewhere)
	}
	if !ok {
		var names []string
		for _, test := range b.Package.Tests {
			names = append(names, test.Name)
		}
		args, ok = b.Selection.Args(names)
	}
	if !ok {
		args, ok = b.Selection.Rest(b.Elsewhere)
	}
	if ok {
		task.Command = slices.Concat(task.Command[:task.Binary+1], args)
	}
	return task
}

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

// run is one binary while it runs.
type run struct {
	*Splitter
	Binary
	ctx   context.Context // ends when the hook has gone
	args  []string        // of the binary
	hook  gotest.Hook
	merge *text.Merge
	parts *gotest.Parts
	begun Begun

	mu        sync.Mutex
	code      int            // the first of a process that is not 0
	failed    bool           // whether the package has failed, whatever the codes
	through   bool           // whether a process got through its tests
	empty     bool           // whether one found none of those that it was to run
	broken    bool           // whether one failed before its first test or after its last one: no further one starts
	outside   outside        // what failed outside all tests
	processes map[string]int // how many of them started a test, by its label
	coverage  string         // a process's own line
	stopped   bool           // whether a process was ended, or not started, since the whole run stops
	unrun     bool           // whether a test was reported as not run
	left      int            // how many tests did not run because the whole run was stopped
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

// newRun returns a run of which nothing has run, without its parts.
func (s *Splitter) newRun(ctx context.Context, b Binary, hook gotest.Hook, begun Begun) *run {
	return &run{
		Splitter: s, Binary: b, ctx: ctx, hook: hook, merge: text.NewMerge(hook), begun: begun,
		args: b.Task.Command[b.Task.Binary+1:], processes: map[string]int{},
	}
}

// batch runs the tests of a batch in one process; in several, one after another,
// when their names are too long for one command line, or where that is quicker.
func (r *run) batch(_ context.Context, b plan.Batch) {
	var names []string
	for _, test := range b.Tests {
		names = append(names, test.Name)
	}
	r.begun(b.Worker, r.labels(b.Worker, names))
	switch args, ok := r.allArguments(b, names); {
	case ok:
		r.tests(b, names, args)
	case b.Bound:
		r.some(b, names)
	default:
		for _, some := range r.Selection.Chunks(names) {
			r.some(b, some)
		}
	}
}

// allArguments returns the arguments with which a process runs all of a batch,
// and what of the package is in no list.
func (r *run) allArguments(b plan.Batch, names []string) (args []string, ok bool) {
	switch {
	case r.Package.Whole:
		return r.args, true
	case b.All && len(r.Elsewhere) == 0:
		return r.Selection.Rest(nil)
	case b.Last && r.Hides:
		return r.rest(names, nil)
	}
	return nil, false
}

// rest returns the arguments with which a process runs tests and what of the
// package is in no list, but not what has run.
func (r *run) rest(names, run []string) (args []string, ok bool) {
	own := map[string]bool{}
	for _, name := range names {
		own[name] = true
	}
	others := slices.Clone(r.Elsewhere)
	for _, test := range r.Package.Tests {
		if !own[test.Name] {
			others = append(others, test.Name)
		}
	}
	for _, name := range run {
		if !own[name] {
			others = append(others, name)
		}
	}
	return r.Selection.Rest(others)
}

// some runs tests in as few processes as their names allow.
func (r *run) some(b plan.Batch, names []string) {
	args, ok := r.Selection.Args(names)
	switch {
	case ok:
		r.tests(b, names, args)
	case len(names) > 1:
		r.some(b, names[:len(names)/2])
		r.some(b, names[len(names)/2:])
	default:
		r.fail(b.Worker, fmt.Sprintf("the name of %s is too long for a command line", names[0]))
	}
}

// tests runs tests in one process, and in another one what is left of them when
// it crashes.
func (r *run) tests(b plan.Batch, names, args []string) {
	for !r.isBroken() {
		if r.Stop.Asked() || r.halted.Err() != nil { // since the last process of the batch
			r.mu.Lock()
			defer r.mu.Unlock()
			r.left += len(names)
			r.stopped = true
			return
		}
		a := attempt{run: r, batch: b, tests: names, args: args}
		if names = a.try(); len(names) == 0 {
			return
		}
		ok := false
		if r.Hides && (b.All || b.Last) {
			args, ok = r.rest(names, a.ran)
		}
		if !ok {
			args, _ = r.Selection.Args(names) // shorter than before
		}
	}
}

// restart counts a crash of a worker and reports whether it may go on.
func (s *Splitter) restart(worker int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.crashes[worker]++
	return s.crashes[worker] <= s.Restarts
}

func (r *run) isBroken() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.broken
}

// suffix tells the results of a worker apart where every worker runs everything.
func (r *run) suffix(worker int) string {
	if r.Each == 0 {
		return ""
	}
	return "@" + r.WorkerName(worker)
}

// labels are the names of tests in the output.
func (r *run) labels(worker int, tests []string) []string {
	labels := make([]string, len(tests))
	for i, name := range tests {
		labels[i] = name + r.suffix(worker)
	}
	return labels
}

// notRun fails tests that no process came to.
func (r *run) notRun(labels []string, why string) {
	if len(labels) == 0 {
		return
	}
	r.mu.Lock()
	r.failed, r.unrun = true, true
	r.mu.Unlock()
	for _, label := range labels {
		r.merge.Test(label, notRun+why+"\n", "FAIL")
	}
	r.count(labels)
}

// count notes that a process has run tests.
func (r *run) count(labels []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, label := range labels {
		r.processes[label]++
	}
}

// finish compares what ran with what was listed, and writes the end. left are the
// tests that were not handed out because the run was stopped.
func (r *run) finish(left []plan.Test) (code int, err error) {
	percent, err := r.parts.Join()
	if err != nil {
		r.fail(0, err.Error())
	}
	switch {
	case r.Stop.Asked():
		r.failed = true
	case r.halted.Err() != nil && (r.stopped || r.left+len(left) > 0): // else all of it had run before
		r.failed = true
		r.merge.Line(fmt.Sprintf("gotestshard: stopped: %v; %d tests of this package did not run\n", context.Cause(r.halted), r.left+len(left)))
	case len(r.processes) == 0 && r.broken: // a failed package, as under go test
		r.merge.Line(fmt.Sprintf("gotestshard: none of the %d tests of this package ran\n", len(r.Package.Tests)))
	case r.idle():
		if why := unseen(r.Binary); why != "" {
			r.failed = true
			r.merge.Line(fmt.Sprintf("gotestshard: all test processes exited 0, though %s\n", why))
		}
	default:
		r.compare()
		if r.through && !r.broken && !r.unrun && r.Each == 0 && len(r.Elsewhere) == 0 && selectsAll(r.args) {
			r.Record.Complete(r.Package.Name)
		}
	}
	if len(r.processes) > 0 {
		r.outside.write(r.merge)
	} else {
		r.outside.writeLines(r.merge)
	}
	verdict := "PASS"
	if r.failed || r.code != 0 {
		verdict = "FAIL"
	}
	if r.failed && r.code == 0 {
		r.code = 1
	}
	if !r.through && !r.failed {
		verdict = "" // see idle
		r.merge.Line(fmt.Sprintf("gotestshard: TestMain exited 0 without running any of the %d listed tests\n", len(r.Package.Tests)))
	}
	return r.code, r.merge.Finish(verdict, r.coverageLine(percent))
}

// idle is whether all processes ended well and none of them came to a test. Then
// TestMain has not called m.Run, or hides what that prints; the package passes, as
// under go test.
func (r *run) idle() bool {
	return !r.through && !r.empty && !r.broken && !r.failed && r.code == 0 && len(r.processes) == 0
}

// selectsAll is whether the arguments of a test binary leave no test out.
func selectsAll(args []string) bool {
	return !slices.ContainsFunc(args, func(arg string) bool {
		return strings.HasPrefix(arg, gotest.FlagRun) || strings.HasPrefix(arg, gotest.FlagSkip) ||
			strings.HasPrefix(arg, gotest.FlagList) || strings.HasPrefix(arg, gotest.FlagFailFast)
	})
}

// coverageLine is testing's line, with the percentage of all processes.
func (r *run) coverageLine(percent string) string {
	if r.coverage == "" || percent == "" || percent == "[no statements]" {
		return r.coverage
	}
	_, of, _ := strings.Cut(r.coverage, "%")
	return "coverage: " + percent + of
}

// compare fails the package when a test that was listed did not run, or ran in
// two processes; on a worker, where each of them runs everything.
func (r *run) compare() {
	names := make([]string, len(r.Package.Tests))
	for i, test := range r.Package.Tests {
		names[i] = test.Name
	}
	var missing []string
	for worker := range max(1, r.Each) {
		for _, label := range r.labels(worker, names) {
			if r.processes[label] == 0 {
				missing = append(missing, label)
			}
		}
	}
	why := "the source lists it, but the test binary did not come to it; " + dependent
	if r.broken {
		why = "a test process of this package failed outside its tests, so no further one was started"
	}
	r.notRun(missing, why)
	for worker := range max(1, r.Each) {
		for _, label := range r.labels(worker, r.Elsewhere) {
			if r.processes[label] > 0 {
				r.fail(worker, fmt.Sprintf("%s belongs to another part but ran here; %s", label, dependent))
			}
		}
	}
	for _, label := range slices.Sorted(maps.Keys(r.processes)) {
		if r.processes[label] > 1 {
			r.fail(0, fmt.Sprintf("%s ran in %d test processes; %s", label, r.processes[label], dependent))
		}
	}
}

// dependent is what to do about a test binary that does not run what it is told.
const dependent = "if TestMain chooses the tests itself, keep the package whole with //gotestshard:together above a package clause"
