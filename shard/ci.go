package shard

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format"
	"github.com/gotestshard/gotestshard/format/ci"
	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/source"
)

// runInCI is run for a job of a CI: what goes to its log goes through a ci.Log,
// and so does the error that the run ended with.
func runInCI(opts option.Options, stdout, stderr io.Writer) error {
	log := ci.NewLog(opts.CI, stdout, stderr)
	out := log.Stdout()
	if opts.Format == format.JSON {
		out = ci.NewJSON(stdout)
	}
	_, err := run(opts, out, log.Stderr())
	printError(log.Stderr(), err)
	if closeErr := log.Close(); err == nil {
		return closeErr
	}
	return codedError{code: exitCode(err)} // it was printed
}

// eventStream is the stream that testjson reads: in a CI without what it would print
// on its own.
func eventStream(opts option.Options, in io.Reader) io.Reader {
	if opts.CI == ci.None {
		return in
	}
	return ci.NewEvents(opts.CI, in)
}

// slowestTests is how many tests a summary lists as the slowest.
const slowestTests = 10

// ciNotes are what a CI's messages and the summaries for people need that testjson
// does not keep, and what is made of it.
type ciNotes struct {
	opts     option.Options
	log      *ci.Log      // nil for none
	messages *ci.Messages // nil for none

	buildOutput map[string]string // by the import path that the go command names
	failedBuild map[string]string // that import path, by package
	coverage    map[string]string // by package
	ended       map[string]bool   // packages, those without tests too
	slowest     []report.Test
	output      map[testName]string // of running tests, for messages
	unended     []ci.Test           // tests without an end, which nobody was told of
}

// testName is a test of a package.
type testName struct{ pkg, name string }

// newCINotes returns nil when there is nothing to note.
func newCINotes(opts option.Options, stdout io.Writer) *ciNotes {
	log := ci.LogOf(stdout)
	if log == nil && !wantsSummary(opts) {
		return nil
	}
	n := &ciNotes{
		opts: opts, log: log,
		buildOutput: map[string]string{}, failedBuild: map[string]string{}, coverage: map[string]string{}, ended: map[string]bool{},
	}
	if log != nil && opts.CI == ci.TeamCity {
		n.messages, n.output = ci.NewMessages(log, opts.RerunFails > 0), map[testName]string{}
	}
	return n
}

// sections returns what folds the lines of a format, nil for nothing.
func (n *ciNotes) sections() format.Sections {
	if n == nil || n.log == nil || !n.log.Provider().Folds() {
		return nil
	}
	return n.log
}

// add takes in an event that exec includes already, and its worker.
func (n *ciNotes) add(event testjson.TestEvent, exec *testjson.Execution, worker string) {
	if n == nil {
		return
	}
	if len(event.Bytes()) > 0 {
		n.tellUnended()
	}
	switch {
	case event.Action == testjson.ActionBuild:
		n.buildOutput[event.ImportPath] += event.Output
	case event.Test != "":
		n.addTest(event, exec, worker)
	case event.Action == testjson.ActionOutput:
		if covered, ok := coverage(event.Output); ok {
			n.coverage[event.Package] = covered
		}
	case event.Action.IsTerminal():
		n.ended[event.Package] = true
		var end struct{ FailedBuild string }
		if event.Action == testjson.ActionFail && json.Unmarshal(event.Bytes(), &end) == nil && end.FailedBuild != "" {
			n.failedBuild[event.Package] = end.FailedBuild
		}
		n.endPackage(event, exec, worker)
	}
}

// coverage returns "87.5% of statements" of a line that says so.
func coverage(line string) (string, bool) {
	_, text, ok := strings.Cut(line, "coverage: ")
	if !ok || !strings.Contains(text, "% of statements") {
		return "", false
	}
	return strings.TrimRight(text, "\r\n"), true
}

func (n *ciNotes) addTest(event testjson.TestEvent, exec *testjson.Execution, worker string) {
	name := testName{event.Package, event.Test}
	if n.messages != nil && event.Action == testjson.ActionOutput && !isFraming(event.Output) {
		n.output[name] += event.Output
	}
	if !event.Action.IsTerminal() {
		return
	}
	elapsed := max(0, time.Duration(event.Elapsed*float64(time.Second)))
	if !strings.Contains(event.Test, "/") && elapsed > 0 {
		n.addSlowest(report.Test{Package: event.Package, Name: event.Test, Elapsed: elapsed})
	}
	if n.messages != nil {
		output := n.output[name]
		delete(n.output, name)
		test := ci.Test{
			Flow: worker, Suite: event.Package, Name: event.Test, Result: ci.Result(event.Action), Elapsed: elapsed,
			Message: failureMessage(output), Output: output,
		}
		if len(event.Bytes()) == 0 { // testjson makes these ends up, in no order
			n.unended = append(n.unended, test)
			return
		}
		n.messages.Test(test)
	}
}

// tellUnended writes the messages of the tests without an end.
func (n *ciNotes) tellUnended() {
	slices.SortFunc(n.unended, func(a, b ci.Test) int {
		return cmp.Or(cmp.Compare(a.Suite, b.Suite), cmp.Compare(a.Name, b.Name))
	})
	for _, test := range n.unended {
		n.messages.Test(test)
	}
	n.unended = nil
}

func (n *ciNotes) addSlowest(test report.Test) {
	i, _ := slices.BinarySearchFunc(n.slowest, test, func(a, b report.Test) int {
		if a.Elapsed >= b.Elapsed {
			return -1
		}
		return 1
	})
	if i < slowestTests {
		n.slowest = slices.Insert(n.slowest, i, test)
		n.slowest = n.slowest[:min(len(n.slowest), slowestTests)]
	}
}

// endPackage writes the messages of a package's end. One that failed without a
// test is a test that failed, as in a JUnit file.
func (n *ciNotes) endPackage(event testjson.TestEvent, exec *testjson.Execution, worker string) {
	if n.messages == nil {
		return
	}
	if exec.Package(event.Package).TestMainFailed() {
		output := n.failureOutput(testjson.TestCase{Package: event.Package}, exec)
		n.messages.Test(ci.Test{
			Flow: worker, Suite: event.Package, Name: "TestMain", Result: ci.Failed,
			Message: failureMessage(output), Output: output,
		})
	}
	n.messages.EndSuite(event.Package)
}

// failureOutput is what a failed test, or a package that failed without one, said
// beside go test's framing.
func (n *ciNotes) failureOutput(tc testjson.TestCase, exec *testjson.Execution) string {
	var text strings.Builder
	lines := exec.OutputLines(tc)
	if tc.Test == "" {
		text.WriteString(n.buildOutput[n.failedBuild[tc.Package]])
		_ = exec.Package(tc.Package).WriteOutputTo(&text, 0) // a builder has no errors
		return text.String()
	}
	for _, line := range lines {
		if !isFraming(line) {
			text.WriteString(line)
		}
	}
	return text.String()
}

// failureMessage says in a line why a test failed, empty when it did not say.
func failureMessage(output string) string {
	for line := range strings.Lines(output) {
		if isPanic(line) {
			return strings.TrimSpace(line)
		}
	}
	if errs := source.BuildErrors(output); len(errs) > 0 {
		return fmt.Sprintf("%s:%d: %s", errs[0].File, errs[0].Line, errs[0].Text)
	}
	if logged := source.Logged(output); len(logged) > 0 {
		last := logged[len(logged)-1]
		return fmt.Sprintf("%s:%d: %s", last.File, last.Line, last.Text)
	}
	return ""
}

// beginSummary begins the part of the log that the summary is.
func (n *ciNotes) beginSummary() {
	if n == nil || n.log == nil {
		return
	}
	if n.messages != nil {
		n.tellUnended()
		n.messages.Close()
	}
	n.log.Summary()
}

// finish writes annotations and the summaries for people when all has ended.
func (n *ciNotes) finish(s *summary, exec *testjson.Execution, shards report.Shards) error {
	if n == nil {
		return nil
	}
	flaky := findFlaky(exec)
	places := newAnnotator(n, exec, flaky)
	failures := places.failures()
	if s.ok { // testjson takes a benchmark for a test that did not finish
		failures = slices.DeleteFunc(failures, func(f failedTest) bool { return !f.annotation.Warning })
	}
	// Those of a merge were written by the nodes.
	if n.log != nil && n.log.Provider() == ci.GitHub && n.opts.Merge == nil {
		var annotations []ci.Annotation
		if !s.warnings {
			annotations = places.buildErrors()
		}
		for _, f := range failures {
			if f.annotated {
				annotations = append(annotations, f.annotation)
			}
		}
		n.log.Annotate(annotations)
	}
	if !wantsSummary(n.opts) {
		return nil
	}
	return s.writeForPeople(n.collect(s, exec, shards, failures))
}

// wantsSummary is whether there is a summary for people to write.
func wantsSummary(opts option.Options) bool {
	return opts.SummaryMarkdown != "" || opts.StepSummary != "" || opts.HTML != ""
}

// collect is all that a summary for people tells, in whatever form.
func (n *ciNotes) collect(s *summary, exec *testjson.Execution, shards report.Shards, failures []failedTest) report.Summary {
	m := report.Summary{
		Tests: exec.Total(), Skipped: len(exec.Skipped()), Started: s.startedOf(exec), Elapsed: s.elapsedOf(exec),
		OK: s.ok, Shards: shards, Slowest: n.slowest, Coverage: n.coverage, Packages: n.packages(exec, failures),
	}
	m.Passed = m.Tests - m.Skipped
	for _, name := range exec.Packages() {
		m.Passed -= len(exec.Package(name).Failed)
	}
	if !s.warnings {
		m.Output = errorText(exec)
		m.Errors = strings.Count(m.Output, "\n") - strings.Count(m.Output, "\n\t")
		if strings.HasPrefix(m.Output, "\t") {
			m.Errors--
		}
	}
	for _, f := range failures {
		failure := report.Failure{
			Test:   report.Test{Package: f.Package, Name: f.Test.Name(), Elapsed: max(0, f.Elapsed)},
			Place:  f.place(),
			Output: f.output,
		}
		if f.annotation.Warning {
			m.Flaky = append(m.Flaky, failure)
		} else {
			m.Failures = append(m.Failures, failure)
		}
	}
	return m
}

// packages returns what became of each package. Its failures are those that are
// listed.
func (n *ciNotes) packages(exec *testjson.Execution, failures []failedTest) []report.PackageSummary {
	failed, flaky := map[string]int{}, map[string]bool{}
	for _, f := range failures {
		if f.annotation.Warning {
			flaky[f.Package] = true
		} else {
			failed[f.Package]++
		}
	}
	var packages []report.PackageSummary
	for _, name := range exec.Packages() { // which are sorted
		if name == "" {
			continue // what the go command said of none
		}
		pkg := exec.Package(name)
		summary := report.PackageSummary{
			Name: name, Tests: pkg.Total, Failed: failed[name], Skipped: len(pkg.Skipped), Elapsed: max(0, pkg.Elapsed()),
		}
		switch {
		case failed[name] > 0, pkg.Result() == testjson.ActionFail:
			summary.Result = report.PackageFailed
		case !n.ended[name]:
			summary.Result = report.PackageUnfinished
		case flaky[name]:
			summary.Result = report.PackageFlaky
		case pkg.Total == 0:
			summary.Result = report.PackageEmpty
		default:
			summary.Result = report.PackagePassed
		}
		packages = append(packages, summary)
	}
	return packages
}

// writeForPeople writes one summary in all forms that are wanted.
func (s *summary) writeForPeople(m report.Summary) error {
	var errs []error
	if name := s.opts.SummaryMarkdown; name != "" {
		write := func(out io.Writer) error { return m.WriteMarkdown(out, report.StepSummaryLimit) }
		if err := writeFile(name, write); err != nil {
			errs = append(errs, fmt.Errorf("writing --summary-md: %w", err))
		}
	}
	if name := s.opts.HTML; name != "" {
		if err := writeFile(name, m.WriteHTML); err != nil {
			errs = append(errs, fmt.Errorf("writing --html: %w", err))
		}
	}
	if name := s.opts.StepSummary; name != "" && !sameFile(name, s.opts.SummaryMarkdown) {
		if err := appendMarkdown(name, m); err != nil {
			// Nobody asked for it, so it is no reason to fail.
			_, _ = fmt.Fprintf(s.stderr, "WARN writing the job summary to $GITHUB_STEP_SUMMARY: %v\n", err)
		}
	}
	return errors.Join(errs...)
}

func sameFile(a, b string) bool {
	return filepath.Clean(a) == filepath.Clean(b)
}

// appendMarkdown appends a summary to a step's, which may be there already.
func appendMarkdown(name string, m report.Summary) error {
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(err, file.Close())
	}
	limit := report.StepSummaryLimit - int(info.Size())
	if info.Size() > 0 { // which may not have ended its last line
		if limit -= len("\n\n"); limit > 0 {
			_, err = io.WriteString(file, "\n\n")
		}
	}
	return errors.Join(err, m.WriteMarkdown(file, limit), file.Close())
}

// errorText is what the go command said beside the tests.
func errorText(exec *testjson.Execution) string {
	var text strings.Builder
	for _, line := range exec.Errors() {
		text.WriteString(strings.TrimRight(line, "\r\n") + "\n")
	}
	return text.String()
}
