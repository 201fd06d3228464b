package observe

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
)

// eventStream returns the stream that testjson reads. In a CI, it leaves out what testjson
// would print directly.
func eventStream(provider ci.Provider, in io.Reader) io.Reader {
	if provider == ci.None {
		return in
	}
	return ci.NewEvents(provider, in)
}

// slowestTests is the maximum number of slowest tests in a summary.
const slowestTests = 10

// CINotes records what the messages for a CI and the summaries for people need, as far as
// testjson does not keep it. It also writes these messages.
type CINotes struct {
	Log      *ci.Log      // nil for none
	Messages *ci.Messages // nil for none

	Outputs  *FailureOutputs
	Coverage CoverageNotes
	Ended    map[string]bool // packages, including those without tests
	Slowest  []report.Test
	unended  []ci.Test // tests without an end, whose messages are not written yet
	workers  map[failedName]string
}

// failedName identifies a failed test.
type failedName struct{ pkg, test string }

// WorkerOf returns the worker on which a test failed last, or without a name the package. It is
// empty if it is not known.
func (n *CINotes) WorkerOf(pkg, test string) string { return n.workers[failedName{pkg, test}] }

// newCINotes returns nil if no notes are needed: without the log of a CI, nil, and a summary for
// people. reruns is whether failed tests may run again.
func newCINotes(log *ci.Log, summary, reruns bool, outputs *FailureOutputs) *CINotes {
	if log == nil && !summary {
		return nil
	}
	n := &CINotes{Log: log, Outputs: outputs, Coverage: newCoverageNotes(), Ended: map[string]bool{}, workers: map[failedName]string{}}
	if log != nil && log.Provider() == ci.TeamCity {
		n.Messages = ci.NewMessages(log, reruns)
	}
	return n
}

// sections returns the sections that fold the lines of a format, nil for none.
func (n *CINotes) sections() format.Sections {
	if n == nil || n.Log == nil || !n.Log.Provider().Folds() {
		return nil
	}
	return n.Log
}

// add records an event that exec includes already, and its worker. If the event ends a test,
// output returns an excerpt of the output of the test.
func (n *CINotes) add(event testjson.TestEvent, exec *testjson.Execution, worker string, output func() string) {
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
		n.Coverage.add(event)
	case event.Action.IsTerminal():
		n.Ended[event.Package] = true
		if event.Action == testjson.ActionFail && worker != "" && !strings.Contains(worker, ",") { // of one process
			n.workers[failedName{pkg: event.Package}] = worker
		}
		n.endPackage(event, exec, worker)
	}
}

func (n *CINotes) addTest(event testjson.TestEvent, worker string, output func() string) {
	if !event.Action.IsTerminal() {
		return
	}
	if event.Action == testjson.ActionFail && worker != "" {
		n.workers[failedName{event.Package, event.Test}] = worker
	}
	elapsed := max(0, time.Duration(event.Elapsed*float64(time.Second)))
	if !strings.Contains(event.Test, "/") && elapsed > 0 {
		n.addSlowest(report.Test{Package: event.Package, Name: event.Test, Elapsed: elapsed})
	}
	if n.Messages != nil {
		test := ci.Test{
			Flow: worker, Suite: event.Package, Name: event.Test, Result: ci.Result(event.Action), Elapsed: elapsed,
			Output: output(),
		}
		if test.Result != ci.Passed {
			test.Message = placedLine(test.Output)
		}
		if len(event.Bytes()) == 0 { // testjson adds these ends, in random order
			n.unended = append(n.unended, test)
			return
		}
		n.Messages.Test(test)
	}
}

// tellUnended writes the messages for the tests without an end.
func (n *CINotes) tellUnended() {
	slices.SortFunc(n.unended, func(a, b ci.Test) int {
		return cmp.Or(cmp.Compare(a.Suite, b.Suite), cmp.Compare(a.Name, b.Name))
	})
	for _, test := range n.unended {
		n.Messages.Test(test)
	}
	n.unended = nil
}

func (n *CINotes) addSlowest(test report.Test) {
	i, _ := slices.BinarySearchFunc(n.Slowest, test, func(a, b report.Test) int {
		if a.Elapsed >= b.Elapsed {
			return -1
		}
		return 1
	})
	if i < slowestTests {
		n.Slowest = slices.Insert(n.Slowest, i, test)
		n.Slowest = n.Slowest[:min(len(n.Slowest), slowestTests)]
	}
}

// endPackage writes the messages for the end of a package. As in a JUnit file, a package
// that failed without a failed test is shown as a failed test.
func (n *CINotes) endPackage(event testjson.TestEvent, exec *testjson.Execution, worker string) {
	if n.Messages == nil {
		return
	}
	if exec.Package(event.Package).TestMainFailed() {
		output := n.Outputs.Of(testjson.TestCase{Package: event.Package}, exec)
		n.Messages.Test(ci.Test{
			Flow: worker, Suite: event.Package, Name: "TestMain", Result: ci.Failed,
			Message: placedLine(output), Output: output,
		})
	}
	n.Messages.EndSuite(event.Package)
}

// BeginSummary starts the part of the log that contains the summary.
func (n *CINotes) BeginSummary() {
	if n == nil || n.Log == nil {
		return
	}
	if n.Messages != nil {
		n.tellUnended()
		n.Messages.Close()
	}
	n.Log.Summary()
}
