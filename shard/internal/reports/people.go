package reports

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/files"
	"github.com/gotestshard/gotestshard/shard/internal/node"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
)

// collect returns the data of a summary for people, which is the same for all formats.
func (s *summary) collect(exec *testjson.Execution, shards report.Shards, failures []failedTest) report.Summary {
	all := s.Counted.All
	m := report.Summary{
		Tests: all.Tests, Passed: all.Passed(), Failed: all.Failed, FlakyTests: all.Flaky, Skipped: all.Skipped,
		Errors: all.Errors, Started: s.startedOf(exec), Elapsed: s.elapsedOf(exec),
		OK: s.ok, Shards: shards, Slowest: s.Noted.CI.Slowest, Coverage: s.Noted.CI.Coverage.Covered, Packages: s.packages(exec, failures),
		Diagnoses: s.Diagnoses, LeftOut: len(s.opts.LeftOut),
	}
	for _, tc := range s.Noted.QuarantinedTests() {
		words, about := quarantinedWords(exec.Package(tc.Package).OutputLines(tc))
		m.Quarantined = append(m.Quarantined, report.Failure{Test: report.Test{Package: tc.Package, Name: tc.Test.Name()}, Message: words, Output: about})
	}
	if !s.warnings {
		m.Output = observe.ErrorText(exec)
	}
	for _, f := range failures {
		failure := report.Failure{
			Test:  report.Test{Package: f.Package, Name: f.Test.Name(), Elapsed: max(0, f.Elapsed)},
			Place: f.place(), Link: s.link(f, exec), Message: observe.FirstLine(f.output),
			Ended: s.places(exec).ended(f.TestCase), Worker: s.Noted.CI.WorkerOf(f.Package, f.Test.Name()), Rerun: s.places(exec).rerun(f), Output: observe.WithoutRerun(f.output),
		}
		if f.annotation.Warning {
			m.Flaky = append(m.Flaky, failure)
		} else {
			m.Failures = append(m.Failures, failure)
		}
	}
	return m
}

// link returns the address of the line of a failure at the commit that a GitHub job tests,
// empty elsewhere.
func (s *summary) link(f failedTest, exec *testjson.Execution) string {
	origin := s.origins(exec)[0]
	if origin.CI != node.GitHub || origin.Repository == "" || origin.Commit == "" || f.annotation.File == "" {
		return ""
	}
	file := (&url.URL{Path: f.annotation.File}).EscapedPath()
	return fmt.Sprintf("%s/blob/%s/%s#L%d", origin.Repository, url.PathEscape(origin.Commit), file, f.annotation.Line)
}

// packages returns the result of each package.
func (s *summary) packages(exec *testjson.Execution, failures []failedTest) []report.PackageSummary {
	failed, flaky := map[string]bool{}, map[string]bool{}
	for _, f := range failures {
		if f.annotation.Warning {
			flaky[f.Package] = true
		} else {
			failed[f.Package] = true
		}
	}
	var packages []report.PackageSummary
	for _, name := range exec.Packages() { // they are sorted
		if name == "" {
			continue // output of the go command without a package
		}
		pkg, counted := exec.Package(name), s.Counted.ByPackage[name]
		summary := report.PackageSummary{
			Name: name, Tests: counted.Tests, Failed: counted.Failed, Skipped: counted.Skipped, Elapsed: max(0, pkg.Elapsed()),
		}
		switch {
		case failed[name], pkg.Result() == testjson.ActionFail:
			summary.Result = report.PackageFailed
		case !s.Noted.CI.Ended[name]:
			summary.Result = report.PackageUnfinished
		case flaky[name]:
			summary.Result = report.PackageFlaky
		case counted.Tests == 0:
			summary.Result = report.PackageEmpty
		default:
			summary.Result = report.PackagePassed
		}
		packages = append(packages, summary)
	}
	return packages
}

// writeForPeople writes one summary in all requested formats.
func (s *summary) writeForPeople(m report.Summary) error {
	var errs []error
	if name := s.opts.SummaryMarkdown; name != "" {
		write := func(out io.Writer) error { return m.WriteMarkdown(out, report.StepSummaryLimit) }
		if err := files.Write(name, write); err != nil {
			errs = append(errs, fmt.Errorf("writing --summary-md: %w", err))
		}
	}
	if name := s.opts.StepSummary; name != "" && !sameFile(name, s.opts.SummaryMarkdown) {
		if err := appendMarkdown(name, m.WriteMarkdown); err != nil {
			// The user did not request this summary, so the run does not fail.
			_, _ = fmt.Fprintf(s.stderr, "WARN writing the job summary to $GITHUB_STEP_SUMMARY: %v\n", err)
		}
	}
	return errors.Join(errs...)
}

func sameFile(a, b string) bool {
	return filepath.Clean(a) == filepath.Clean(b)
}

// AppendDiagnoses appends why tests failed to the Markdown files of a run that has ended.
func AppendDiagnoses(summaryMarkdown, stepSummary string, all []report.Diagnosis, stderr io.Writer) {
	write := func(out io.Writer, limit int) error { return report.WriteDiagnoses(out, all, limit) }
	names := []string{summaryMarkdown}
	if !sameFile(stepSummary, summaryMarkdown) {
		names = append(names, stepSummary)
	}
	for _, name := range names {
		if name == "" {
			continue
		}
		if err := appendMarkdown(name, write); err != nil {
			_, _ = fmt.Fprintf(stderr, "WARN adding why tests failed to %s: %v\n", name, err)
		}
	}
}

// appendMarkdown appends Markdown to a file such as the step summary, which may exist already.
// write gets the number of bytes for which there is room.
func appendMarkdown(name string, write func(out io.Writer, limit int) error) error {
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(err, file.Close())
	}
	limit := report.StepSummaryLimit - int(info.Size())
	if info.Size() > 0 { // the last line may have no newline
		if limit -= len("\n\n"); limit > 0 {
			_, err = io.WriteString(file, "\n\n")
		}
	}
	return errors.Join(err, write(file, limit), file.Close())
}
