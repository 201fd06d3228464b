package shard

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/fatih/color"
	"gotest.tools/gotestsum/testjson"
)

// flakyTests are the failed cases of tests that passed at their last attempt,
// in the order of Execution.Failed.
type flakyTests []testjson.TestCase

// findFlaky returns nil when there are none.
func findFlaky(exec *testjson.Execution) flakyTests {
	var flaky flakyTests
	for _, name := range exec.Packages() {
		pkg := exec.Package(name)
		if len(pkg.Failed) == 0 {
			continue
		}
		results := lastResults(pkg)
		for _, tc := range pkg.Failed {
			if results[tc.Test] == testjson.ActionPass {
				flaky = append(flaky, tc)
			}
		}
	}
	return flaky
}

func (f flakyTests) has(tc testjson.TestCase) bool {
	return slices.ContainsFunc(f, func(other testjson.TestCase) bool {
		return other.Package == tc.Package && other.ID == tc.ID
	})
}

// writeWithFlaky writes the summary with the flaky tests apart from the failed
// ones (gotestsum#281, #384). The last line counts as gotestsum does, and says
// how many of the failures were those of flaky tests.
func (s *summary) writeWithFlaky(out io.Writer, exec *testjson.Execution) {
	var last bytes.Buffer
	testjson.PrintSummary(&last, exec, testjson.SummarizeNone)
	line := last.String()
	for _, counted := range []string{" failures", " failure"} {
		if before, after, ok := strings.Cut(line, counted); ok {
			line = before + counted + fmt.Sprintf(" (%d flaky)", len(s.flaky)) + after
			break
		}
	}

	if s.opts.HideSummary.Includes(testjson.SummarizeFailed) {
		s.writeFlaky(out, exec)
	}
	var sections bytes.Buffer
	s.withoutFlaky(exec, func() { testjson.PrintSummary(&sections, exec, s.opts.HideSummary) })
	text := strings.TrimSuffix(sections.String(), "\n")
	text = text[:strings.LastIndexByte(text, '\n')] // the last line, and the empty one before it
	_, _ = io.WriteString(out, text+line)
}

// writeFlaky writes the section of the flaky tests in the form of testjson's.
func (s *summary) writeFlaky(out io.Writer, exec *testjson.Execution) {
	_, _ = fmt.Fprintln(out, "\n=== "+color.YellowString("Flaky"))
	for i, tc := range s.flaky {
		attempt := ""
		if tc.RunID > 0 {
			attempt = fmt.Sprintf("(re-run %d) ", tc.RunID)
		}
		_, _ = fmt.Fprintf(out, "=== %s: %s %s %s(%s)\n", color.YellowString("FLAKY"),
			testjson.RelativePackagePath(tc.Package), tc.Test, attempt, testjson.FormatDurationAsSeconds(tc.Elapsed, 2))
		if !s.opts.HideSummary.Includes(testjson.SummarizeOutput) {
			continue
		}
		for _, text := range exec.OutputLines(tc) {
			if !isFraming(text) {
				_, _ = io.WriteString(out, text)
			}
		}
		if i+1 < len(s.flaky) {
			_, _ = fmt.Fprintln(out)
		}
	}
}

// withoutFlaky calls f while exec has no flaky test among its failed ones.
func (s *summary) withoutFlaky(exec *testjson.Execution, f func()) {
	for _, name := range exec.Packages() {
		pkg := exec.Package(name)
		failed := pkg.Failed
		if kept := slices.DeleteFunc(slices.Clone(failed), s.flaky.has); len(kept) < len(failed) {
			pkg.Failed = kept
			defer func() { pkg.Failed = failed }()
		}
	}
	f()
}
