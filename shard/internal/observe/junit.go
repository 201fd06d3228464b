package observe

import (
	"slices"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// JUnitNotes are what a JUnit file needs that testjson does not keep. They are
// taken only for what gotestsum's own file does not have.
type JUnitNotes struct {
	Workers map[string][]string        // of each package, nil without workers
	Passed  map[string]map[int]*Output // what passed tests printed, nil unless it is asked for
	Spool   *caseSpool                 // nil when all that passed is kept in memory
}

// spoolsCases is whether tests that passed go to a file while events come: those of
// many nodes are too many. The other form sorts them by their start, and has their
// output.
func spoolsCases(opts option.Options) bool {
	return opts.Merge != nil && opts.JUnit.File != "" && opts.JUnit.Style == option.JUnitGotestsum
}

// spooled is where tests that passed go, nil for nowhere.
func (n *JUnitNotes) spooled() *caseSpool {
	if n == nil {
		return nil
	}
	return n.Spool
}

// newJUnitNotes returns nil when there is nothing to note.
func newJUnitNotes(opts option.Options) *JUnitNotes {
	if opts.JUnit.File == "" || !opts.Distributed() && opts.JUnit.Style != option.JUnitSurefire {
		return nil
	}
	n := &JUnitNotes{}
	if opts.Distributed() {
		n.Workers = map[string][]string{}
	}
	if spoolsCases(opts) {
		n.Spool = newCaseSpool()
	}
	if opts.JUnit.Style == option.JUnitSurefire {
		n.Passed = map[string]map[int]*Output{}
	}
	return n
}

// add notes who ran a package, and gives each test case the worker as one of its
// attributes, which become properties. exec includes the event already.
func (n *JUnitNotes) add(event testjson.TestEvent, exec *testjson.Execution, worker string) {
	if n == nil {
		return
	}
	if n.Workers == nil || worker == "" {
		return
	}
	for name := range strings.SplitSeq(worker, ",") {
		if !slices.Contains(n.Workers[event.Package], name) {
			n.Workers[event.Package] = append(n.Workers[event.Package], name)
		}
	}
	if tc := endedCase(event, exec); tc != nil {
		if tc.Attributes == nil {
			tc.Attributes = map[string]string{}
		}
		tc.Attributes[report.WorkerProperty] = worker
	}
}

// endedCase returns the test case that event has ended, nil for none.
func endedCase(event testjson.TestEvent, exec *testjson.Execution) *testjson.TestCase {
	if event.Test == "" {
		return nil
	}
	pkg := exec.Package(event.Package)
	var cases []testjson.TestCase
	switch event.Action {
	case testjson.ActionPass:
		cases = pkg.Passed
	case testjson.ActionSkip:
		cases = pkg.Skipped
	case testjson.ActionFail:
		cases = pkg.Failed
	}
	for i := len(cases) - 1; i >= 0; i-- { // testjson ends several at once when a stream stops
		if cases[i].Test.Name() == event.Test {
			return &cases[i]
		}
	}
	return nil
}

// keeps notes what the test printed that event has ended, and returns whether it is
// asked for later.
func (n *JUnitNotes) keeps(output *Output, event testjson.TestEvent, exec *testjson.Execution) bool {
	if n == nil || n.Passed == nil || event.Action != testjson.ActionPass {
		return false
	}
	if n.Passed[event.Package] == nil {
		n.Passed[event.Package] = map[int]*Output{}
	}
	n.Passed[event.Package][endedCase(event, exec).ID] = output
	return true
}
