package reports

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/fatih/color"
	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/observe"
)

// writeTests writes the results of the tests: the sections and the last line of testjson,
// with gotestshard's own section for flaky tests.
func (s *summary) writeTests(out io.Writer, exec *testjson.Execution) {
	warnings := s.warnings && len(exec.Errors()) > 0
	if s.flaky == nil && !warnings && !s.opts.HideFailedParents && s.Elapsed == 0 {
		testjson.PrintSummary(out, exec, s.opts.HideSummary)
		return
	}
	hide := s.opts.HideSummary
	var sections, last bytes.Buffer
	parents := func(testjson.TestCase) bool { return false }
	if s.opts.HideFailedParents {
		parents = observe.FailedParents(exec)
	}
	withoutFailed(exec, parents, func() { testjson.PrintSummary(&last, exec, testjson.SummarizeNone) })
	line := last.String()
	if s.Elapsed > 0 {
		took := testjson.FormatDurationAsSeconds(s.Elapsed, 3)
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
		// The number of failures is gotestsum's. This adds how many were flaky tests.
		line = regexp.MustCompile(`( failures?)\b`).ReplaceAllString(line, fmt.Sprintf("$1 (%d flaky)", len(shown)))
	}
	apart := func(tc testjson.TestCase) bool { return s.flaky.Has(tc) || parents(tc) }
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

// withoutFailed calls f with the tests for which hide is true removed from the failed tests
// of exec.
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

// writeFlaky writes the section of the flaky tests in the format of testjson's sections.
func (s *summary) writeFlaky(out io.Writer, exec *testjson.Execution, flaky observe.Flaky) {
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
			if !observe.IsFraming(text, tc.Test.Name()) {
				_, _ = io.WriteString(out, text)
			}
		}
		if i+1 < len(flaky) {
			_, _ = fmt.Fprintln(out)
		}
	}
}
