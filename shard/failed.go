package shard

import (
	"slices"
	"strings"

	"gotest.tools/gotestsum/testjson"
)

// failedParents returns whether a test failed only because a subtest did: it
// said nothing of its own (gotestsum#203).
func failedParents(exec *testjson.Execution) func(testjson.TestCase) bool {
	parents := haveFailedSubtests(exec)
	return func(tc testjson.TestCase) bool {
		return parents(tc) && !slices.ContainsFunc(ownLines(exec, tc), func(line string) bool { return !isFraming(line, tc.Test.Name()) })
	}
}

// haveFailedSubtests returns whether a subtest of a test failed.
func haveFailedSubtests(exec *testjson.Execution) func(testjson.TestCase) bool {
	type test struct {
		pkg, name string
		run       int
	}
	parents := map[test]bool{}
	for _, tc := range exec.Failed() {
		for name := tc.Test.Parent(); name != ""; name = testjson.TestName(name).Parent() {
			parents[test{tc.Package, name, tc.RunID}] = true
		}
	}
	return func(tc testjson.TestCase) bool { return parents[test{tc.Package, tc.Test.Name(), tc.RunID}] }
}

// errorText is what the go command said beside the tests.
func errorText(exec *testjson.Execution) string {
	var text strings.Builder
	for _, line := range exec.Errors() {
		text.WriteString(strings.TrimRight(line, "\r\n") + "\n")
	}
	return text.String()
}
