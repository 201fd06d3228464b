package shard

import (
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

// strictUnits plans reruns so that everything is tested that was not: a package
// that failed without a failed test runs again as a whole, and of one whose
// process ended before its tests were through, all that has not passed
// (gotestsum#442, #423, #565). complete tells of a package whether its last
// process got to its end.
func strictUnits(failed []testjson.TestCase, exec *testjson.Execution, complete func(pkg string) bool) []rerunUnit {
	var units []rerunUnit
	whole := map[string]bool{} // packages that run as a whole
	for _, tc := range failed {
		switch {
		case whole[tc.Package]:
		case !complete(tc.Package):
			whole[tc.Package] = true
			units = append(units, theRest(tc.Package, failed, exec))
		case tc.Test == "":
			whole[tc.Package] = true
			units = append(units, rerunUnit{Rerun: gotest.Rerun{Package: tc.Package}})
		default:
			units = append(units, singleTest(tc))
		}
	}
	// A package's single tests are part of its whole, whichever came first.
	return slices.DeleteFunc(units, func(u rerunUnit) bool { return u.Run != "" && whole[u.Package] })
}

// longestSkip is how long a -skip pattern may be in bytes. A whole command line
// has 32,767 characters on Windows.
const longestSkip = 24 << 10

// theRest is all of a package but the tests that have passed already.
func theRest(pkg string, failed []testjson.TestCase, exec *testjson.Execution) rerunUnit {
	unit := rerunUnit{Rerun: gotest.Rerun{Package: pkg}}
	for _, tc := range failed {
		if tc.Package == pkg && tc.Test != "" && !tc.Test.IsSubTest() {
			unit.tests = append(unit.tests, tc)
		}
	}
	var names []string
	for name, result := range lastResults(exec.Package(pkg)) {
		if !name.IsSubTest() && result != testjson.ActionFail {
			names = append(names, regexp.QuoteMeta(name.Name()))
		}
	}
	if len(names) == 0 {
		return unit
	}
	slices.Sort(names)
	if skip := "^(" + strings.Join(names, "|") + ")$"; len(skip) <= longestSkip {
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
