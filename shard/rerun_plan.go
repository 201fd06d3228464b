package shard

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
)

// rerunUnit is what one test process runs again.
type rerunUnit struct {
	gotest.Rerun
	// tests are those that have to pass in it.
	tests []testjson.TestCase
}

// gotestsumUnits plans reruns as gotestsum does: every failed test alone, and
// for a package that failed without one a -run that matches nothing.
func gotestsumUnits(failed []testjson.TestCase) []rerunUnit {
	var units []rerunUnit
	for _, tc := range failed {
		units = append(units, singleTest(tc))
	}
	return units
}

func singleTest(tc testjson.TestCase) rerunUnit {
	return rerunUnit{
		Rerun: gotest.Rerun{Package: tc.Package, Run: runPattern(tc.Test)},
		tests: []testjson.TestCase{tc},
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

// strictUnits plans reruns so that everything is tested that was not
// (gotestsum#442, #423, #565): a package that failed without a failed test runs
// again as a whole; of one whose process ended before its tests were through,
// all that has not passed; and a failed subtest with those subtests beside it
// that nobody has seen, since a parent that stopped has not come to them.
// complete tells of a package whether its last process got to its end; together
// is whether a package's tests run in one process.
func strictUnits(failed []testjson.TestCase, exec *testjson.Execution, complete func(pkg string) bool, together bool) []rerunUnit {
	var units []rerunUnit
	byPackage := map[string][]testjson.TestCase{}
	for _, tc := range failed {
		byPackage[tc.Package] = append(byPackage[tc.Package], tc)
	}
	for _, tc := range failed {
		tests := byPackage[tc.Package]
		delete(byPackage, tc.Package)
		switch {
		case tests == nil: // planned with the first of them
		case !complete(tc.Package):
			units = append(units, theRest(exec.Package(tc.Package), tc.Package, tests))
		case slices.ContainsFunc(tests, func(tc testjson.TestCase) bool { return tc.Test == "" }):
			units = append(units, rerunUnit{Rerun: gotest.Rerun{Package: tc.Package}})
		case together:
			units = append(units, someTests(exec.Package(tc.Package), tests))
		default:
			for _, tc := range tests {
				units = append(units, someTests(exec.Package(tc.Package), []testjson.TestCase{tc}))
			}
		}
	}
	return units
}

// someTests is failed tests of one package, without the subtests beside them
// that have been seen.
func someTests(pkg *testjson.Package, tests []testjson.TestCase) rerunUnit {
	unit := rerunUnit{Rerun: gotest.Rerun{Package: tests[0].Package}, tests: tests}
	wanted := map[string]bool{} // the tests and their parents
	var roots []string
	for _, tc := range tests {
		for name := tc.Test.Name(); name != ""; name = testjson.TestName(name).Parent() {
			wanted[name] = true
		}
		root, _, _ := strings.Cut(tc.Test.Name(), "/")
		roots = append(roots, root)
	}
	unit.Run = namesPattern(roots)
	beside := map[string][]string{} // names of seen subtests, by their parent
	for name := range lastResults(pkg) {
		parent := name.Parent()
		if wanted[parent] && !wanted[name.Name()] && !isWhole(tests, parent) {
			beside[parent] = append(beside[parent], strings.TrimPrefix(name.Name(), parent+"/"))
		}
	}
	var groups []string
	for _, parent := range slices.Sorted(maps.Keys(beside)) {
		groups = append(groups, runPattern(testjson.TestName(parent))+"/"+namesPattern(beside[parent]))
	}
	unit.Skip = strings.Join(groups, "|")
	if len(unit.Skip) > longestSkip && len(tests) == 1 {
		return singleTest(tests[0])
	}
	return unit
}

// isWhole is whether all of a test is to run: it is one of tests itself.
func isWhole(tests []testjson.TestCase, name string) bool {
	return slices.ContainsFunc(tests, func(tc testjson.TestCase) bool { return tc.Test.Name() == name })
}

// namesPattern matches any of names. One pattern with sorted names is quick to
// match; alternatives between patterns are not.
func namesPattern(names []string) string {
	var quoted []string
	for _, name := range names {
		quoted = append(quoted, regexp.QuoteMeta(name))
	}
	slices.Sort(quoted)
	quoted = slices.Compact(quoted)
	if len(quoted) == 1 {
		return "^" + quoted[0] + "$"
	}
	return "^(" + strings.Join(quoted, "|") + ")$"
}

// longestSkip is how long a -skip pattern may be in bytes. A whole command line
// has 32,767 characters on Windows.
const longestSkip = 24 << 10

// theRest is all of a package but the tests that have passed already.
func theRest(pkg *testjson.Package, name string, failed []testjson.TestCase) rerunUnit {
	unit := rerunUnit{Rerun: gotest.Rerun{Package: name}}
	for _, tc := range failed {
		if tc.Test != "" && !tc.Test.IsSubTest() {
			unit.tests = append(unit.tests, tc)
		}
	}
	var passed []string
	for test, result := range lastResults(pkg) {
		if !test.IsSubTest() && result != testjson.ActionFail {
			passed = append(passed, test.Name())
		}
	}
	if len(passed) == 0 {
		return unit
	}
	if skip := namesPattern(passed); len(skip) <= longestSkip {
		unit.Skip = skip
	}
	return unit
}

// lastResults returns how each test of a package ended at its last attempt.
func lastResults(pkg *testjson.Package) map[testjson.TestName]testjson.Action {
	last := map[testjson.TestName]int{} // its case's ID, which grows
	results := map[testjson.TestName]testjson.Action{}
	note := func(cases []testjson.TestCase, result testjson.Action) {
		for _, tc := range cases {
			if tc.ID > last[tc.Test] {
				last[tc.Test], results[tc.Test] = tc.ID, result
			}
		}
	}
	note(pkg.Passed, testjson.ActionPass)
	note(pkg.Skipped, testjson.ActionSkip)
	note(pkg.Failed, testjson.ActionFail)
	return results
}
