package diagnose

import (
	"fmt"
	"io"
	"os"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/merge"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/reports"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
)

// verdicts are what the reports of a run get.
type verdicts struct {
	all        []report.Diagnosis
	interrupts *signals.Watch
	stderr     io.Writer
}

// writeReports writes the reports that gotestshard diagnose is asked for.
func (v verdicts) writeReports(asked option.Diagnose) error {
	opts := asked.Show
	stepSummary := opts.StepSummary
	opts.StepSummary = ""
	opts.Merge.Files = []string{asked.File}
	if err := v.rewrite(opts); err != nil {
		return err
	}
	reports.AppendDiagnoses(opts.SummaryMarkdown, stepSummary, v.all, v.stderr)
	return nil
}

// addToReports adds the verdicts to the reports of the run that has just written them.
func (v verdicts) addToReports(opts option.Options) error {
	reports.AppendDiagnoses(opts.SummaryMarkdown, opts.StepSummary, v.all, v.stderr)
	opts = opts.Rewrites()
	for _, file := range []struct {
		flag string
		name *string
	}{{"junitfile", &opts.JUnit.File}, {"html", &opts.HTML}} {
		if *file.name == "" {
			continue
		}
		// What is a pipe has the report already.
		if info, err := os.Lstat(*file.name); err != nil || !info.Mode().IsRegular() {
			_, _ = fmt.Fprintf(v.stderr, "gotestshard: %s\n", plain.Line(fmt.Sprintf("--%s %s is not a regular file, so the verdicts are not in it", file.flag, *file.name)))
			*file.name = ""
		}
	}
	return v.rewrite(opts)
}

// rewrite writes reports, if there are some to write.
func (v verdicts) rewrite(opts option.Options) error {
	if opts.JUnit.File == "" && opts.HTML == "" && opts.SummaryMarkdown == "" || v.interrupts.Received() != 0 {
		return nil
	}
	return merge.Rewrite(v.interrupts, opts, v.all, v.stderr)
}
