package shard

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/fatih/color"
	"gotest.tools/gotestsum/testjson"
)

// writeTests writes what became of the tests: testjson's sections and its last
// line, and what gotestshard tells apart.
func (s *summary) writeTests(out io.Writer, exec *testjson.Execution) {
	warnings := s.warnings && len(exec.Errors()) > 0
	if s.flaky == nil && !warnings && !s.opts.HideFailedParents && s.elapsed == 0 {
		testjson.PrintSummary(out, exec, s.opts.HideSummary)
		return
	}
	hide := s.opts.HideSummary
	var sections, last bytes.Buffer
	parents := func(testjson.TestCase) bool { return false }
	if s.opts.HideFailedParents {
		parents = failedParents(exec)
	}
	withoutFailed(exec, parents, func() { testjson.PrintSummary(&last, exec, testjson.SummarizeNone) })
	line := last.String()
	if s.elapsed > 0 {
		took := testjson.FormatDurationAsSeconds(s.elapsed, 3)
		line = regexp.MustCompile(` in \S+$`).ReplaceAllLiteralString(strings.TrimSuffix(line, "\n"), " in "+took) + "\n"
	}
	if warnings {
		hide &^= testjson.SummarizeErrors
		line = regexp.MustCompile(`, \d+ errors?( in )`).ReplaceAllString(line, "$1")
	}
	if s.flaky != nil {
		shown := slices.DeleteFunc(slices.Clone(s.flaky), parents)
		if hide.Includes(testjson.SummarizeFailed) {
			s.writeFlaky(out, exec, shown)
		}
		// The failures are counted as gotestsum does; this says what they were.
		line = regexp.MustCompile(`( failures?)\b`).ReplaceAllString(line, fmt.Sprintf("$1 (%d flaky)", len(shown)))
	}
	apart := func(tc testjson.TestCase) bool { return s.flaky.has(tc) || parents(tc) }
	withoutFailed(exec, apart, func() { testjson.PrintSummary(&sections, exec, hide) })
	text := strings.TrimSuffix(sections.String(), "\n")
	text = text[:strings.LastIndexByte(text, '\n')] // the last line, and the end of the one before it
	_, _ = io.WriteString(out, text)
	if warnings && s.opts.HideSummary.Includes(testjson.SummarizeErrors) {
		_, _ = fmt.Fprintln(out, "\n=== "+color.YellowString("Warnings"))
		_, _ = fmt.Fprintln(out, strings.Join(exec.Errors(), "\n"))
	}
	_, _ = io.WriteString(out, line)
}

// withoutFailed calls f while exec has no test for which hide is true among its
// failed ones.
func withoutFailed(exec *testjson.Execution, hide func(testjson.TestCase) bool, f func()) {
	for _, name := range exec.Packages() {
		pkg := exec.Package(name)
		failed := pkg.Failed
		if kept := slices.DeleteFunc(slices.Clone(failed), hide); len(kept) < len(failed) {
			pkg.Failed = kept
			defer func() { pkg.Failed = failed }()
		}
	}
	f()
}

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

// ownLines is the output of a test without that of its subtests, which
// Execution.OutputLines leaves out only when one of them ended as failed.
func ownLines(exec *testjson.Execution, tc testjson.TestCase) []string {
	var lines lineList
	_ = exec.Package(tc.Package).WriteOutputTo(&lines, tc.ID) // a list has no errors
	return lines
}

type lineList []string

// WriteString implements io.StringWriter.
func (l *lineList) WriteString(line string) (int, error) {
	*l = append(*l, line)
	return len(line), nil
}
