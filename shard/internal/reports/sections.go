package reports

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/fatih/color"
	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format"
	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
)

// writeTests writes the results of the tests. With gotestshard's own summary, each failure is
// shown once: here only if the format has not shown it, or if it has left the screen. A list
// of all failures comes last.
func (s *summary) writeTests(out io.Writer, exec *testjson.Execution) {
	if !s.opts.OwnSummary() {
		testjson.PrintSummary(out, exec, s.opts.HideSummary)
		return
	}
	if s.opts.Format == format.Failures {
		s.writeFailuresFormat(out, exec)
		return
	}
	const skipped = testjson.SummarizeSkipped | testjson.SummarizeOutput
	var sections bytes.Buffer
	testjson.PrintSummary(&sections, exec, s.opts.HideSummary&skipped)
	text := strings.TrimSuffix(sections.String(), "\n")
	text = strings.TrimSuffix(text[:strings.LastIndexByte(text, '\n')], "\n") // without the last line
	if text != "" {
		text += "\n"
	}
	_, _ = io.WriteString(out, text)
	groups := groupFailures(exec, s.flaky)
	if s.opts.HideSummary.Includes(testjson.SummarizeFailed | testjson.SummarizeOutput) {
		s.writeFailures(out, exec, groups)
	}
	if s.opts.HideSummary.Includes(testjson.SummarizeErrors) {
		s.writeErrors(out, exec)
	}
	if s.opts.HideSummary.Includes(testjson.SummarizeFailed) {
		s.writeList(out, exec, groups)
	}
	_, _ = io.WriteString(out, "\n")
	s.writeDone(out, exec)
}

func (s *summary) writeDone(out io.Writer, exec *testjson.Execution) {
	WriteDone(out, Done{Attempts: s.Attempts, Figures: s.Counted.All, Wall: s.elapsedOf(exec), Build: s.Shards.Build})
}

// writeFailures writes the failures whose output is to be shown here.
func (s *summary) writeFailures(out io.Writer, exec *testjson.Execution, groups []failureGroup) {
	for _, flaky := range []bool{true, false} {
		heading := "\n=== " + color.RedString("Failed") + "\n"
		if flaky {
			heading = "\n=== " + color.YellowString("Flaky") + "\n"
		}
		for _, g := range groups {
			if g.flaky == flaky && !s.Noted.Shown.Has(g.last(), exec) {
				_, _ = io.WriteString(out, heading+s.failureText(exec, g))
				heading = "\n"
			}
		}
	}
}

// failureText returns the last attempt of a failed test in full, and the earlier ones in one
// line.
func (s *summary) failureText(exec *testjson.Execution, g failureGroup) string {
	shown := s.Noted.Shown
	title := shown.Title
	if g.flaky {
		title = shown.FlakyTitle
	}
	var text strings.Builder
	for i, tc := range g.cases {
		if i > 0 {
			text.WriteByte('\n')
		}
		text.WriteString(title(tc, exec))
		text.Write(s.Noted.Cut(strings.Join(observe.FailureLines(tc, exec), "")))
	}
	if len(g.earlier) > 0 {
		text.WriteString(endLine(text.String()))
		var attempts []string
		for _, tc := range g.earlier {
			attempts = append(attempts, fmt.Sprintf("attempt %d (%s)", tc.RunID+1, shown.Took(tc)))
		}
		fmt.Fprintf(&text, "    also failed: %s\n", strings.Join(attempts, ", "))
	}
	text.WriteString(endLine(text.String()))
	return text.String()
}

// endLine returns the newline that a text needs.
func endLine(text string) string {
	if strings.HasSuffix(text, "\n") {
		return ""
	}
	return "\n"
}

// writeErrors writes what the go command reported, as warnings if the run passed anyway.
func (s *summary) writeErrors(out io.Writer, exec *testjson.Execution) {
	text := observe.ErrorText(exec)
	if text == "" {
		return
	}
	heading := color.MagentaString("Errors")
	if s.warnings {
		heading = color.YellowString("Warnings")
	}
	_, _ = fmt.Fprintf(out, "\n=== %s\n%s", heading, text)
}

// Done is the last line of a run.
type Done struct {
	Attempts    int // number of reruns
	Figures     report.Figures
	Wall, Build time.Duration // Build is 0 if it is not known
}

// WriteDone writes the last line of a run.
func WriteDone(out io.Writer, d Done) {
	runs := ""
	if d.Attempts > 0 {
		runs = fmt.Sprintf(" %d runs,", d.Attempts+1)
	}
	parts := ""
	if d.Build > 0 {
		parts = fmt.Sprintf(" (build %s, tests %s)", report.Took(d.Build), report.Took(max(0, d.Wall-d.Build)))
	}
	_, _ = fmt.Fprintf(out, "DONE%s %s in %s%s\n", runs, d.Figures, report.Took(d.Wall), parts)
}
