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

// gotestsumUnits plans reruns like gotestsum: each failed test runs alone. A package that
// failed without a failed test gets a -run that matches nothing.
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

// runPattern returns the -run that matches only one test.
func runPattern(test testjson.TestName) string {
	var levels []string
	for level := range strings.SplitSeq(test.Name(), "/") {
		levels = append(levels, "^"+regexp.QuoteMeta(level)+"$")
	}
	return strings.Join(levels, "/")
}

// strictPlan plans reruns that also run what the earlier attempts did not run (gotestsum#442,
// #423, #565).
type strictPlan struct {
	exec *testjson.Execution
	// complete reports whether the last process of a package ran all its tests.
	complete func(pkg string) bool
	// together is whether the tests of a package run in one process.
	together bool
	user     gotest.Settings
}

// units returns what to rerun. A package is rerun as a whole if it failed without a failed
// test, or if its process ended before all its tests had finished. Otherwise, each failed
// test is rerun, together with its sibling subtests that did not run because the parent
// stopped before them.
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

// unrun returns the tests of a package that have failed only because they did not run.
func (p strictPlan) unrun(pkg string) map[string]bool {
	unrun := map[string]bool{}
	for _, tc := range p.exec.Package(pkg).Failed {
		before, known := unrun[tc.Test.Name()]
		unrun[tc.Test.Name()] = (before || !known) && split.DidNotRun(p.exec.OutputLines(tc))
	}
	return unrun
}

// wholePackage returns a unit for a whole package, including the tests that passed. Names
// alone do not show which tests a process ran before it ended early, because of -count and
// because p and p_test can have a test of the same name.
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
		if tc.Test.IsSubTest() { // its name may be different in each run
			unit.Tests = append(unit.Tests, tc)
		}
	}
	return unit
}

// mostSkipped is the maximum number of names in a -skip. It is matched against each subtest,
// so with thousands of names and subtests, matching takes longer than running them.
const mostSkipped = 100

// someTests returns a unit for failed tests of one package, without the sibling subtests
// that have already run. seen has the names of subtests by their parent, and the names of
// top-level tests under "".
func (p strictPlan) someTests(seen map[string][]string, tests []testjson.TestCase) engine.Unit {
	unit := engine.Unit{Rerun: gotest.Rerun{Package: tests[0].Package, Strict: true, User: p.user}, Tests: tests}
	wanted, itself := map[string]bool{}, map[string]bool{} // tests with their parents; only tests
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
		unit.Skip = "" // run the whole top-level tests
	}
	if len(unit.Run) > gotest.LongestPattern {
		unit.Run, unit.Skip = "", "" // run the whole package
	}
	return unit
}

func isBenchmark(root string) bool { return strings.HasPrefix(root, "Benchmark") }

// seenTests returns the names of the finished tests of a package, by the text before their
// last slash. A prefix that ends at an earlier slash counts as a name too: a subtest may
// have slashes in its own name ("GET /users"), and -skip matches each element between
// slashes.
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
