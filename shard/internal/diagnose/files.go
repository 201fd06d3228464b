package diagnose

import (
	"fmt"
	"os"

	"github.com/gotestshard/gotestshard/shard/internal/merge"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/reports"
)

// writeReports writes the reports that gotestshard diagnose is asked for.
func (d *diagnosis) writeReports() error {
	opts := d.asked.Show
	stepSummary := opts.StepSummary
	opts.StepSummary = ""
	opts.Merge.Files = []string{d.asked.File}
	if err := d.rewrite(opts); err != nil {
		return err
	}
	reports.AppendDiagnoses(opts.SummaryMarkdown, stepSummary, d.diagnoses(), d.stderr)
	return nil
}

// addToReports adds the verdicts to the reports of the run that has just written them.
func (d *diagnosis) addToReports(opts option.Options) error {
	reports.AppendDiagnoses(opts.SummaryMarkdown, opts.StepSummary, d.diagnoses(), d.stderr)
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
			d.say(fmt.Sprintf("--%s %s is not a regular file, so the verdicts are not in it", file.flag, *file.name))
			*file.name = ""
		}
	}
	return d.rewrite(opts)
}

// rewrite writes reports, if there are some to write.
func (d *diagnosis) rewrite(opts option.Options) error {
	if opts.JUnit.File == "" && opts.HTML == "" && opts.SummaryMarkdown == "" || d.ended() {
		return nil
	}
	return merge.Rewrite(d.interrupts, opts, d.diagnoses(), d.stderr)
}
