package observe

import (
	"cmp"
	"slices"
	"time"

	"gotest.tools/gotestsum/testjson"
)

// NeverFinished is the Elapsed that testjson sets for a test without an end.
const NeverFinished = time.Duration(-1)

// sortUnended sorts the tests without an end by their starts. testjson adds them to the
// failed tests in random order.
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

// forgetNameless removes failures without a package, after a scan. If a subtest failed and
// its top-level test had no start, testjson adds an end for the top-level test. This end has
// neither a name nor a package, and would make the formats and the summary panic.
func forgetNameless(exec *testjson.Execution) {
	if exec.Package("") != nil {
		return // events without a package, such as build errors, are shown under this name
	}
	for _, name := range exec.Packages() {
		pkg := exec.Package(name)
		pkg.Failed = slices.DeleteFunc(pkg.Failed, func(tc testjson.TestCase) bool { return tc.Package == "" })
	}
}

// LastResults returns the result of each test of a package at its last attempt. If a name
// ran several times in it (-count, or in p and p_test), a failure takes precedence.
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
