package reports

import (
	"fmt"
	"io"
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
		writeQuarantinedBlocks(out, s.Noted, exec)
		s.view(exec).writeBlocks(out, s.warnings)
		s.writeDone(out, exec)
		return
	}
	if s.opts.HideSummary.Includes(testjson.SummarizeSkipped) {
		s.Noted.WithoutQuarantined(exec, func() { s.writeSkipped(out, exec) })
	}
	failures := s.view(exec)
	if s.opts.HideSummary.Includes(testjson.SummarizeFailed | testjson.SummarizeOutput) {
		s.writeFailures(out, failures)
	}
	if s.opts.HideSummary.Includes(testjson.SummarizeErrors) {
		s.writeErrors(out, exec)
	}
	if s.opts.HideSummary.Includes(testjson.SummarizeFailed) {
		writeQuarantined(out, s.Noted, exec)
		failures.writeList(out)
	}
	_, _ = io.WriteString(out, "\n")
	s.writeDone(out, exec)
}

// view returns what is to be shown of the failures.
func (s *summary) view(exec *testjson.Execution) failureView {
	v := failureView{exec: exec, noted: s.Noted, groups: groupFailures(exec, s.flaky)}
	if len(v.groups) > 0 {
		v.places = s.places(exec)
		v.joinCrashes()
	}
	return v
}

func (s *summary) writeDone(out io.Writer, exec *testjson.Execution) {
	WriteDone(out, Done{Attempts: s.Attempts, Figures: s.Counted.All, Wall: s.elapsedOf(exec), Build: s.Shards.Build})
}

// writeSkipped writes the skipped tests as gotestsum does, with the names that packages have in the
// rest of the summary.
func (s *summary) writeSkipped(out io.Writer, exec *testjson.Execution) {
	skipped := exec.Skipped()
	if len(skipped) == 0 {
		return
	}
	text := newBlocks(out)
	defer text.flush()
	_, _ = fmt.Fprintf(text, "\n=== %s\n", color.YellowString("Skipped"))
	for i, tc := range skipped {
		_, _ = text.WriteString(s.Noted.Shown.SkippedTitle(tc, exec))
		if !s.opts.HideSummary.Includes(testjson.SummarizeOutput) {
			continue
		}
		_ = s.Noted.WriteCut(text, observe.FailureLines(tc, exec)) // it returns no errors
		text.endLine()
		if i+1 < len(skipped) {
			_, _ = text.WriteString("\n")
		}
	}
}

// writeFailures writes the failures whose output is to be shown here.
func (s *summary) writeFailures(out io.Writer, v failureView) {
	for _, flaky := range []bool{true, false} {
		heading := "\n=== " + color.RedString("Failed") + "\n"
		if flaky {
			heading = "\n=== " + color.YellowString("Flaky") + "\n"
		}
		for _, g := range v.groups {
			if g.flaky == flaky && !v.isShown(g) {
				_, _ = io.WriteString(out, heading)
				v.write(out, g)
				heading = "\n"
			}
		}
	}
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
