package observe

import (
	"cmp"
	"slices"
	"time"

	"gotest.tools/gotestsum/testjson"
)

// NeverFinished is testjson's Elapsed of a test without an end.
const NeverFinished = time.Duration(-1)

// sortUnended puts the tests without an end, which testjson adds to the failed
// ones in no order, in the order of their starts.
func sortUnended(exec *testjson.Execution) {
	for _, name := range exec.Packages() {
		failed := exec.Package(name).Failed
		first := len(failed)
		for first > 0 && failed[first-1].Elapsed == NeverFinished {
			first--
		}
		slices.SortFunc(failed[first:], func(a, b testjson.TestCase) int { return cmp.Compare(a.ID, b.ID) })
	}
}

// forgetNameless removes failures of no package, after a scan. testjson makes up
// the end of a top-level test that it never saw, when a subtest of it failed; it
// knows neither its name nor its package then, and its formats and its summary
// panic.
func forgetNameless(exec *testjson.Execution) {
	if exec.Package("") != nil {
		return // what belongs to no package, such as build errors, is shown under that
	}
	for _, name := range exec.Packages() {
		pkg := exec.Package(name)
		pkg.Failed = slices.DeleteFunc(pkg.Failed, func(tc testjson.TestCase) bool { return tc.Package == "" })
	}
}

// LastResults returns how each test of a package ended at its last attempt.
// Of those that have a name several times in it (-count, or p and p_test), a failure
// counts.
func LastResults(pkg *testjson.Package) map[testjson.TestName]testjson.Action {
	last := map[testjson.TestName]testjson.TestCase{}
	results := map[testjson.TestName]testjson.Action{}
	note := func(cases []testjson.TestCase, result testjson.Action) {
		for _, tc := range cases {
			before, known := last[tc.Test]
			failed := results[tc.Test] == testjson.ActionFail || result == testjson.ActionFail
			switch {
			case known && tc.RunID < before.RunID:
			case known && tc.RunID == before.RunID && failed:
				results[tc.Test] = testjson.ActionFail
			case !known || tc.RunID > before.RunID || tc.ID > before.ID:
				last[tc.Test], results[tc.Test] = tc, result
			}
		}
	}
	note(pkg.Passed, testjson.ActionPass)
	note(pkg.Skipped, testjson.ActionSkip)
	note(pkg.Failed, testjson.ActionFail)
	return results
}
