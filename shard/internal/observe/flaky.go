package observe

import (
	"slices"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/split"
)

// Flaky has the failed cases of tests that passed at their last attempt, in the order of
// Execution.Failed.
type Flaky []testjson.TestCase

// FindFlaky returns nil if there are none.
func FindFlaky(exec *testjson.Execution) Flaky {
	var flaky Flaky
	for _, name := range exec.Packages() {
		flaky = append(flaky, findFlaky(exec.Package(name))...)
	}
	return flaky
}

func findFlaky(pkg *testjson.Package) Flaky {
	var flaky Flaky
	if len(pkg.Failed) == 0 {
		return nil
	}
	results := LastResults(pkg)
	for _, tc := range pkg.Failed {
		result := results[tc.Test]
		// A test that did not run at first may be skipped when it runs.
		if result == testjson.ActionPass || result == testjson.ActionSkip && split.DidNotRun(pkg.OutputLines(tc)) {
			flaky = append(flaky, tc)
		}
	}
	return flaky
}

// Has reports whether a test case is one of them.
func (f Flaky) Has(tc testjson.TestCase) bool {
	return slices.ContainsFunc(f, func(other testjson.TestCase) bool {
		return other.Package == tc.Package && other.ID == tc.ID
	})
}
