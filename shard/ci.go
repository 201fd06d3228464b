package shard

import (
	"cmp"
	"io"
	"slices"
	"strings"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format"
	"github.com/gotestshard/gotestshard/format/ci"
	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/option"
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
	log      *ci.Log      // nil for none
	messages *ci.Messages // nil for none

	outputs  *failureOutputs
	coverage coverageNotes
	ended    map[string]bool // packages, those without tests too
	slowest  []report.Test
	unended  []ci.Test // tests without an end, which nobody was told of
}

// newCINotes returns nil when there is nothing to note.
func newCINotes(opts option.Options, outputs *failureOutputs, stdout io.Writer) *ciNotes {
	log := ci.LogOf(stdout)
	if log == nil && !opts.ForPeople() {
		return nil
	}
	n := &ciNotes{log: log, outputs: outputs, coverage: newCoverageNotes(), ended: map[string]bool{}}
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
		output := n.outputs.of(testjson.TestCase{Package: event.Package}, exec)
		n.messages.Test(ci.Test{
			Flow: worker, Suite: event.Package, Name: "TestMain", Result: ci.Failed,
			Message: failureMessage(output), Output: output,
		})
	}
	n.messages.EndSuite(event.Package)
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
