package observe

import (
	"slices"
	"strings"

	"gotest.tools/gotestsum/testjson"
)

// FailedParents returns a function that reports whether a test failed only because a subtest
// failed: the test has no output of its own (gotestsum#203).
func FailedParents(exec *testjson.Execution) func(testjson.TestCase) bool {
	parents := HaveFailedSubtests(exec)
	return func(tc testjson.TestCase) bool {
		if !parents(tc) {
			return false
		}
		own, _ := CutNotes(slices.DeleteFunc(OwnLines(exec, tc), func(line string) bool { return IsFraming(line, tc.Test.Name()) }))
		return len(own) == 0
	}
}

// HaveFailedSubtests returns a function that reports whether a subtest of a test failed.
func HaveFailedSubtests(exec *testjson.Execution) func(testjson.TestCase) bool {
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

// ErrorText returns what the go command wrote besides the output of the tests.
func ErrorText(exec *testjson.Execution) string {
	var text strings.Builder
	for _, line := range exec.Errors() {
		text.WriteString(strings.TrimRight(line, "\r\n") + "\n")
	}
	return text.String()
}
