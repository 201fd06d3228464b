package shard

import (
	"cmp"
	"fmt"
	"io"
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

	builds   *buildNotes
	coverage coverageNotes
	ended    map[string]bool // packages, those without tests too
	slowest  []report.Test
	unended  []ci.Test // tests without an end, which nobody was told of
	latest   struct {  // what was put together last, since it may be very much and is asked for again
		of   outputKey
		text string
	}
}

// newCINotes returns nil when there is nothing to note.
func newCINotes(opts option.Options, stdout io.Writer) *ciNotes {
	log := ci.LogOf(stdout)
	if log == nil && !wantsSummary(opts) {
		return nil
	}
	n := &ciNotes{
		opts: opts, log: log,
		builds: newBuildNotes(), coverage: newCoverageNotes(), ended: map[string]bool{},
	}
	if log != nil && opts.CI == ci.TeamCity {
		n.messages = ci.NewMessages(log, opts.RerunFails > 0)
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

// add takes in an event that exec includes already, its worker, and an excerpt of what
// the test printed that it has ended.
func (n *ciNotes) add(event testjson.TestEvent, exec *testjson.Execution, worker string, output func() string) {
	if n == nil {
		return
	}
	if len(event.Bytes()) > 0 {
		n.tellUnended()
	}
	n.builds.add(event)
	switch {
	case event.Action == testjson.ActionBuild:
	case event.Test != "":
		n.addTest(event, worker, output)
	case event.Action == testjson.ActionOutput:
		n.coverage.add(event)
	case event.Action.IsTerminal():
		n.ended[event.Package] = true
		n.endPackage(event, exec, worker)
	}
}

func (n *ciNotes) addTest(event testjson.TestEvent, worker string, output func() string) {
	if !event.Action.IsTerminal() {
		return
	}
	elapsed := max(0, time.Duration(event.Elapsed*float64(time.Second)))
	if !strings.Contains(event.Test, "/") && elapsed > 0 {
		n.addSlowest(report.Test{Package: event.Package, Name: event.Test, Elapsed: elapsed})
	}
	if n.messages != nil {
		test := ci.Test{
			Flow: worker, Suite: event.Package, Name: event.Test, Result: ci.Result(event.Action), Elapsed: elapsed,
			Output: output(),
		}
		if test.Result != ci.Passed {
			test.Message = failureMessage(test.Output)
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
	if tc.Test == "" {
		var text strings.Builder
		text.WriteString(n.builds.of(tc.Package))
		_ = exec.Package(tc.Package).WriteOutputTo(&text, 0) // a builder has no errors
		return text.String()
	}
	key := outputKey{tc.Package, tc.ID}
	if n.latest.text == "" || n.latest.of != key {
		n.latest.of, n.latest.text = key, withoutFraming(exec.OutputLines(tc), tc.Test.Name())
	}
	return n.latest.text
}

// outputKey is a test case whose output was put together.
type outputKey struct {
	pkg string
	id  int
}

// failureMessage says in a line why a test failed, empty when it did not say.
func failureMessage(output string) string {
	for line := range strings.Lines(output) {
		if isPanic(line) {
			return strings.TrimSpace(line)
		}
	}
	if logged := source.Logged(output); len(logged) > 0 {
		last := logged[len(logged)-1]
		return fmt.Sprintf("%s:%d: %s", last.File, last.Line, last.Text)
	}
	if errs := source.BuildErrors(output); len(errs) > 0 {
		return fmt.Sprintf("%s:%d: %s", errs[0].File, errs[0].Line, errs[0].Text)
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

// outsideTests is what the commands wrote to standard error, empty unless the run
// failed and no test or package says why: the go command could not even begin.
func (n *ciNotes) outsideTests(s *summary, exec *testjson.Execution, failures []failedTest) string {
	failed := slices.ContainsFunc(failures, func(f failedTest) bool { return !f.annotation.Warning })
	if s.ok || s.warnings || failed || n.opts.Merge != nil {
		return ""
	}
	return errorText(exec)
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
	outside := n.outsideTests(s, exec, failures)
	if n.messages != nil {
		n.messages.Problem(outside)
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
		if outside != "" && len(annotations) == 0 {
			annotations = append(annotations, places.outsideTests(outside))
		}
		n.log.Annotate(annotations)
	}
	if !wantsSummary(n.opts) {
		return nil
	}
	return s.writeForPeople(n.collect(s, exec, shards, failures))
}
