package rerun

import (
	"slices"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/engine"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

// Earlier is an earlier run.
type Earlier struct {
	Execution *testjson.Execution
	// Complete are the packages that ran all their tests.
	Complete map[string]bool
	// EndedEarly is whether the whole run ended before everything had run.
	EndedEarly bool
	// Dist is its mode, empty without workers.
	Dist plan.Mode
	User gotest.Settings
}

// Units returns what a later run has to run again: what failed in the last attempt or did
// not run, one unit for each package in the order of their names.
func (e Earlier) Units() []engine.Unit {
	var units []engine.Unit
	strict := strictPlan{exec: e.Execution, complete: func(pkg string) bool { return e.Complete[pkg] }, together: true, user: e.User}
	failed := e.failed()
	for _, name := range e.Execution.Packages() {
		pkg := e.Execution.Package(name)
		switch {
		case name == "" || pkg.Result() != testjson.ActionFail: // without a name it is the output of builds
			continue
		case e.Dist == plan.Each:
			units = append(units, engine.Unit{Rerun: gotest.Rerun{Package: name}}) // the names are of workers
			continue
		case e.EndedEarly:
			units = append(units, e.rest(name, failed[name]))
			continue
		}
		switch some := strict.units(failed[name]); len(some) {
		case 1:
			units = append(units, some[0])
		default: // benchmarks cannot run together with others, and no failed test explains it
			units = append(units, strict.wholePackage(name, failed[name]))
		}
	}
	slices.SortFunc(units, func(a, b engine.Unit) int { return strings.Compare(a.Package, b.Package) })
	return units
}

// failed returns the tests that failed in the last attempt, by package. A test that failed
// only because a subtest did is not among them.
func (e Earlier) failed() map[string][]testjson.TestCase {
	failed, results := map[string][]testjson.TestCase{}, map[string]map[testjson.TestName]testjson.Action{}
	for _, tc := range once(testjson.FilterFailedUnique(e.Execution.Failed())) {
		if results[tc.Package] == nil {
			results[tc.Package] = observe.LastResults(e.Execution.Package(tc.Package))
		}
		if tc.Test == "" || results[tc.Package][tc.Test] == testjson.ActionFail {
			failed[tc.Package] = append(failed[tc.Package], tc)
		}
	}
	return failed
}

// rest returns a unit for a package in a run that ended early: all of it except the tests
// that passed, if they can be excluded.
func (e Earlier) rest(name string, failed []testjson.TestCase) engine.Unit {
	unit := strictPlan{exec: e.Execution, user: e.User}.wholePackage(name, failed)
	var passed []string
	for test, result := range observe.LastResults(e.Execution.Package(name)) {
		if result == testjson.ActionPass && !test.IsSubTest() {
			passed = append(passed, test.Name())
		}
	}
	repeated := e.User.Count != "" && e.User.Count != "1" // it may have passed once of several times
	if pattern := gotest.NamesPattern(passed); len(passed) > 0 && !unit.Outside && !repeated && len(pattern) < gotest.LongestPattern {
		unit.Skip = pattern
	}
	return unit
}
