package split

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/text"
)

// run is a running binary.
type run struct {
	*Splitter
	Binary
	ctx      context.Context // ends when the hook has ended
	args     []string        // of the binary
	hook     gotest.Hook
	merge    *text.Merge
	parts    *gotest.Parts
	begun    Begun
	limits   *TestLimits // nil for none
	outcomes outcomes

	mu     sync.Mutex
	aparts map[string]*apart // the tests that run in several processes and have not ended, by name
}

// newRun returns a run that has not started, without its parts.
func (s *Splitter) newRun(ctx context.Context, b Binary, hook gotest.Hook, begun Begun) *run {
	return &run{
		Splitter: s, Binary: b, ctx: ctx, hook: hook, merge: text.NewMerge(hook), begun: begun,
		args: b.Task.Command[b.Task.Binary+1:], limits: s.limitsOf(b),
	}
}

// batch runs the tests of a batch in one process. If their names are too long for one
// command line, or if it is faster, it uses several processes, one after another.
func (r *run) batch(_ context.Context, b plan.Batch) {
	names, pieces := r.gather(b.Tests)
	r.begun(b.Worker, append(r.labels(b.Worker, names), r.partsOf(pieces)...))
	for _, test := range slices.Sorted(maps.Keys(pieces)) {
		r.pieces(b, test, pieces[test])
	}
	if len(names) == 0 && len(pieces) > 0 {
		if args, ok := r.rest(nil, nil); ok && b.Last && r.Hides {
			r.tests(b, nil, args)
		}
		return
	}
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

// allArguments returns the arguments with which a process runs all of a batch and the
// unlisted tests of the package.
func (r *run) allArguments(b plan.Batch, names []string) (args []string, ok bool) {
	switch {
	case r.Package.Whole && r.limits != nil && r.Resumes:
		return r.Selection.Rest(nil) // with the same order of the tests in each process
	case r.Package.Whole:
		return r.args, true
	case b.All && len(r.Elsewhere) == 0:
		return r.Selection.Rest(nil)
	case b.Last && r.Hides:
		return r.rest(names, nil)
	}
	return nil, false
}

// rest returns the arguments with which a process runs tests and the unlisted tests of the
// package, but not those that have run.
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

// some runs tests in as few processes as the lengths of their names allow.
func (r *run) some(b plan.Batch, names []string) {
	args, ok := r.Selection.Args(names)
	switch {
	case ok:
		r.tests(b, names, args)
	case len(names) > 1:
		r.some(b, names[:len(names)/2])
		r.some(b, names[len(names)/2:])
	default:
		r.outcomes.add(r.wrong(b.Worker, fmt.Sprintf("the name of %s is too long for a command line", names[0])))
	}
}

// tests runs tests in one process, and after a crash the remaining tests in another one.
func (r *run) tests(b plan.Batch, names, args []string) {
	var ran []string
	for !r.outcomes.broken() {
		if r.Stop.Asked() || r.halted.Err() != nil { // since the last process of the batch
			r.outcomes.add(outcome{left: names, stopped: true})
			return
		}
		a := attempt{run: r, batch: b, tests: names, args: args}
		o := a.try()
		r.outcomes.add(o)
		names, ran = o.left, append(ran, o.ran...)
		ok := false
		if o.resumes {
			args, ok = r.Selection.Rest(ran)
		}
		if len(names) == 0 && !ok {
			return
		}
		if !ok && r.Hides && (b.All || b.Last) {
			args, ok = r.rest(names, o.ran)
		}
		if !ok {
			args, _ = r.Selection.Args(names) // shorter than before
		}
	}
}

// suffix distinguishes the results of workers in mode each.
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
