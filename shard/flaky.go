package shard

import (
	"fmt"
	"io"
	"slices"

	"github.com/fatih/color"
	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/split"
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
			result := results[tc.Test]
			// A test that did not run at first may be skipped when it does.
			if result == testjson.ActionPass || result == testjson.ActionSkip && split.DidNotRun(pkg.OutputLines(tc)) {
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

// writeFlaky writes the section of the flaky tests in the form of testjson's.
func (s *summary) writeFlaky(out io.Writer, exec *testjson.Execution, flaky flakyTests) {
	_, _ = fmt.Fprintln(out, "\n=== "+color.YellowString("Flaky"))
	for i, tc := range flaky {
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
			if !isFraming(text, tc.Test.Name()) {
				_, _ = io.WriteString(out, text)
			}
		}
		if i+1 < len(flaky) {
			_, _ = fmt.Fprintln(out)
		}
	}
}
