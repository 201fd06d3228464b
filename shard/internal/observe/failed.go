package observe

import (
	"slices"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/source"
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

// ErrorText returns what the go command wrote besides the output of the tests. An error of the
// sources is there once, though several builds fail with it: a package and its test variant, or
// each package of a cycle of imports.
func ErrorText(exec *testjson.Execution) string {
	var text strings.Builder
	seen := map[string]bool{}
	var block []string // an error with its further lines
	end := func() {
		words := strings.Join(block, "")
		if len(block) > 0 && !seen[words] {
			text.WriteString(words)
			seen[words] = isSourceError(block[0])
		}
		block = block[:0]
	}
	for _, line := range exec.Errors() {
		if !strings.HasPrefix(line, "\t") {
			end()
		}
		block = append(block, strings.TrimRight(line, "\r\n")+"\n")
	}
	end()
	return text.String()
}

// isSourceError reports whether a line of the go command is the first one of an error of the
// sources.
func isSourceError(line string) bool {
	return strings.HasPrefix(line, "package ") || len(source.BuildErrors(line)) > 0
}
