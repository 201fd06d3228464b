package split

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/text"
)

// finish compares the tests that ran with the listed ones, and writes the end. left are
// the tests that were not handed out because the run was stopped.
func (r *run) finish(left []plan.Test) (code int, err error) {
	sum := fold(r.outcomes.list())
	for _, wrong := range r.endBroken(sum.whyUnrun()) {
		sum.add(wrong)
	}
	sum.left += len(r.Package.Together(left))
	percent, err := r.parts.Join()
	if err != nil {
		sum.add(r.wrong(0, err.Error()))
	}
	unrun := ""
	switch {
	case r.Stop.Asked():
		sum.failed = true
	case r.halted.Err() != nil && (sum.stopped || sum.left > 0): // otherwise all of it had already run
		sum.failed = true
		left := plain.Counted(sum.left, "test") + " of this package did not run"
		if len(r.Package.Tests) == 0 {
			left = "the other tests of this package did not run"
		}
		r.merge.Line(text.PackageNote(fmt.Sprintf("stopped: %v; %s", context.Cause(r.halted), left)))
	case len(sum.processes) == 0 && sum.broken: // a failed package, as under go test
		unrun = text.PackageNote(noneRan(len(r.Package.Tests)))
	case sum.idle():
		if why := unseen(r.Binary); why != "" {
			sum.failed = true
			r.merge.Line(text.PackageNote("all test processes exited 0, although " + why))
		}
	default:
		for _, wrong := range r.compare(sum) {
			sum.add(wrong)
		}
		if sum.through && !sum.broken && !sum.unrun && r.Each == 0 && len(r.Elsewhere) == 0 && selectsAll(r.args) {
			r.Record.Complete(r.Package.Name)
		}
	}
	if rerun := r.Notes(r.Task, r.args, nil, ""); len(sum.processes) > 0 {
		sum.outside.write(r.merge, rerun)
	} else {
		sum.outside.writeLines(r.merge, unrun, rerun)
	}
	verdict, code := sum.verdict()
	if verdict == "" {
		r.merge.Line(fmt.Sprintf("gotestshard: TestMain exited 0 without running any of the %d listed tests\n", len(r.Package.Tests)))
	}
	return code, r.merge.Finish(verdict, sum.coverageLine(percent))
}

// dependent is what to do about a test binary that does not run the selected tests.
const dependent = "if TestMain chooses tests, keep the package whole: //gotestshard:together"

// compare returns the failures of the package because a listed test did not run, or ran in
// two processes; in mode each, on any worker.
func (r *run) compare(sum result) (wrong []outcome) {
	names := make([]string, len(r.Package.Tests))
	for i, test := range r.Package.Tests {
		names[i] = test.Name
	}
	why := sum.whyUnrun()
	for worker := range max(1, r.Each) {
		suffix := r.suffix(worker)
		missing := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return sum.processes[name+suffix] > 0 })
		r.failUnrun(suffix, missing, why)
		wrong = append(wrong, outcome{suffix: suffix, unrun: missing})
	}
	for worker := range max(1, r.Each) {
		for _, label := range r.labels(worker, r.Elsewhere) {
			if sum.processes[label] > 0 {
				wrong = append(wrong, r.wrong(worker, fmt.Sprintf("%s belongs to another part but ran here; %s", label, dependent)))
			}
		}
	}
	for _, label := range slices.Sorted(maps.Keys(sum.processes)) {
		if sum.processes[label] > 1 {
			wrong = append(wrong, r.wrong(0, fmt.Sprintf("%s ran in %d test processes; %s", label, sum.processes[label], dependent)))
		}
	}
	return wrong
}

// whyUnrun is why a listed test was not run to its end.
func (r *result) whyUnrun() string {
	if r.broken {
		return "a test process of this package failed outside its tests, so no more were started"
	}
	return "the source lists it, but the test binary did not run it; " + dependent
}

// failUnrun reports tests that no process has run as failed.
func (r *run) failUnrun(suffix string, tests []string, why string) {
	for _, name := range tests {
		r.merge.Test(name+suffix, text.Note(NotRun+why), "FAIL")
	}
}

// wrong returns a failure of the package that appears in the output of no process.
func (r *run) wrong(worker int, note string) outcome {
	return outcome{suffix: r.suffix(worker), outside: []failure{{note: note}}}
}

// selectsAll reports whether the arguments of a test binary select all tests.
func selectsAll(args []string) bool {
	return !slices.ContainsFunc(args, func(arg string) bool {
		return strings.HasPrefix(arg, gotest.FlagRun) || strings.HasPrefix(arg, gotest.FlagSkip) ||
			strings.HasPrefix(arg, gotest.FlagList) || strings.HasPrefix(arg, gotest.FlagFailFast)
	})
}

func noneRan(tests int) string {
	switch tests {
	case 0: // they are unknown
		return "the tests of this package did not run"
	case 1:
		return "the only test of this package did not run"
	}
	return fmt.Sprintf("none of the %d tests of this package ran", tests)
}
