package rerun

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/engine"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/split"
)

// gotestsumUnits plans reruns as gotestsum does: every failed test alone, and
// for a package that failed without one a -run that matches nothing.
func gotestsumUnits(failed []testjson.TestCase) []engine.Unit {
	var units []engine.Unit
	for _, tc := range failed {
		units = append(units, singleTest(tc))
	}
	return units
}

func singleTest(tc testjson.TestCase) engine.Unit {
	return engine.Unit{
		Rerun: gotest.Rerun{Package: tc.Package, Run: runPattern(tc.Test)},
		Tests: []testjson.TestCase{tc},
	}
}

// runPattern is the -run that matches one test and no other.
func runPattern(test testjson.TestName) string {
	var levels []string
	for level := range strings.SplitSeq(test.Name(), "/") {
		levels = append(levels, "^"+regexp.QuoteMeta(level)+"$")
	}
	return strings.Join(levels, "/")
}

// strictPlan plans reruns so that everything is tested that was not
// (gotestsum#442, #423, #565).
type strictPlan struct {
	exec *testjson.Execution
	// complete tells of a package whether its last process got to its end.
	complete func(pkg string) bool
	// together is whether a package's tests run in one process.
	together bool
	user     gotest.Settings
}

// units returns what runs again: a package that failed without a failed test or
// whose process ended before its tests were through, as a whole; else each
// failed test, with those subtests beside it that nobody has seen, since a
// parent that stopped has not come to them.
func (p strictPlan) units(failed []testjson.TestCase) []engine.Unit {
	byPackage := map[string][]testjson.TestCase{}
	for _, tc := range failed {
		byPackage[tc.Package] = append(byPackage[tc.Package], tc)
	}
	var units []engine.Unit
	defer func() {
		for i := range units {
			units[i].Unrun = p.unrun(units[i].Package)
		}
	}()
	for _, pkg := range slices.Sorted(maps.Keys(byPackage)) {
		tests := byPackage[pkg]
		isPackage := func(tc testjson.TestCase) bool { return tc.Test == "" || split.IsOutsideTests(tc.Test.Name()) }
		switch {
		case !p.complete(pkg), slices.ContainsFunc(tests, isPackage):
			units = append(units, p.wholePackage(pkg, tests))
			continue
		}
		seen := seenTests(p.exec.Package(pkg))
		var inOne []testjson.TestCase
		for _, tc := range tests {
			if p.together && !isBenchmark(tc.Test.Name()) {
				inOne = append(inOne, tc)
				continue
			}
			units = append(units, p.someTests(seen, []testjson.TestCase{tc}))
		}
		if len(inOne) > 0 {
			units = append(units, p.someTests(seen, inOne))
		}
	}
	return units
}

// unrun returns which tests of a package failed so far only because they did not run.
func (p strictPlan) unrun(pkg string) map[string]bool {
	unrun := map[string]bool{}
	for _, tc := range p.exec.Package(pkg).Failed {
		before, known := unrun[tc.Test.Name()]
		unrun[tc.Test.Name()] = (before || !known) && split.DidNotRun(p.exec.OutputLines(tc))
	}
	return unrun
}

// wholePackage is all of a package, also what has passed: which of its tests a
// process that ended early had come to, names alone do not tell (-count, and the
// same name in package p and p_test).
func (p strictPlan) wholePackage(pkg string, failed []testjson.TestCase) engine.Unit {
	unit := engine.Unit{Rerun: gotest.Rerun{Package: pkg, Strict: true, User: p.user}}
	roots := map[string]bool{}
	for _, tc := range failed {
		root, _, _ := strings.Cut(tc.Test.Name(), "/")
		if split.IsOutsideTests(root) {
			unit.Outside = true
			continue
		}
		if root != "" && !roots[root] {
			roots[root] = true
			unit.Tests = append(unit.Tests, testjson.TestCase{Package: pkg, Test: testjson.TestName(root)})
		}
		if tc.Test.IsSubTest() { // which may have another name each time
			unit.Tests = append(unit.Tests, tc)
		}
	}
	return unit
}

// mostSkipped is how many names a -skip may have: it is matched for each subtest,
// which for thousands of both takes longer than to run them.
const mostSkipped = 100

// someTests is failed tests of one package, without the subtests beside them
// that have been seen. seen are the names of subtests by their parent, and of
// top-level tests under "".
func (p strictPlan) someTests(seen map[string][]string, tests []testjson.TestCase) engine.Unit {
	unit := engine.Unit{Rerun: gotest.Rerun{Package: tests[0].Package, Strict: true, User: p.user}, Tests: tests}
	wanted, itself := map[string]bool{}, map[string]bool{} // the tests and their parents, the tests
	var roots []string
	for _, tc := range tests {
		itself[tc.Test.Name()] = true
		for name := tc.Test.Name(); name != ""; name = testjson.TestName(name).Parent() {
			wanted[name] = true
		}
		root, _, _ := strings.Cut(tc.Test.Name(), "/")
		roots = append(roots, root)
	}
	parents := slices.Sorted(maps.Keys(wanted))
	switch {
	case strings.Contains(p.user.Run, "/"): // it selects subtests; the user's -run stays, and everything else it selects is left out
		parents = append(parents, "")
	case isBenchmark(roots[0]):
		unit.Run, unit.Bench = "^$", gotest.NamesPattern(roots)
	default:
		unit.Run = gotest.NamesPattern(roots)
	}
	var groups []string
	count := 0
	for _, parent := range parents {
		var beside []string
		for _, name := range seen[parent] {
			if !wanted[name] && !itself[parent] {
				beside = append(beside, strings.TrimPrefix(name, parent+"/"))
			}
		}
		switch count += len(beside); {
		case len(beside) == 0:
		case parent == "":
			groups = append(groups, gotest.NamesPattern(beside))
		default:
			groups = append(groups, runPattern(testjson.TestName(parent))+"/"+gotest.NamesPattern(beside))
		}
	}
	unit.Skip = strings.Join(groups, "|")
	if count > mostSkipped || len(unit.Skip) > gotest.LongestPattern {
		unit.Skip = "" // all of their roots
	}
	if len(unit.Run) > gotest.LongestPattern {
		unit.Run, unit.Skip = "", "" // all of the package
	}
	return unit
}

func isBenchmark(root string) bool { return strings.HasPrefix(root, "Benchmark") }

// seenTests returns the names of the tests of a package that have ended, by what
// is in front of their last slash, and by each slash before it: a subtest may
// have slashes in its own name ("GET /users"), and -skip matches what is between
// them.
func seenTests(pkg *testjson.Package) map[string][]string {
	children := map[string]map[string]bool{}
	for name := range observe.LastResults(pkg) {
		for path := name.Name(); path != ""; path = testjson.TestName(path).Parent() {
			parent := testjson.TestName(path).Parent()
			if children[parent] == nil {
				children[parent] = map[string]bool{}
			}
			children[parent][path] = true
		}
	}
	seen := map[string][]string{}
	for parent, names := range children {
		seen[parent] = slices.Sorted(maps.Keys(names))
	}
	return seen
}
