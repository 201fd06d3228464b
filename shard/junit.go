package shard

import (
	"slices"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// junitNotes are what a JUnit file needs that testjson does not keep. They are
// taken only for what gotestsum's own file does not have.
type junitNotes struct {
	workers map[string][]string               // of each package, nil without workers
	passed  map[string]map[int]*spooledOutput // what passed tests printed, nil unless it is asked for
	spool   *caseSpool                        // nil when all that passed is kept in memory
}

// spoolsCases is whether tests that passed go to a file while events come: those of
// many nodes are too many. The other form sorts them by their start, and has their
// output.
func spoolsCases(opts option.Options) bool {
	return opts.Merge != nil && opts.JUnit.File != "" && opts.JUnit.Style == option.JUnitGotestsum
}

// spooled is where tests that passed go, nil for nowhere.
func (n *junitNotes) spooled() *caseSpool {
	if n == nil {
		return nil
	}
	return n.spool
}

// newJUnitNotes returns nil when there is nothing to note.
func newJUnitNotes(opts option.Options) *junitNotes {
	if opts.JUnit.File == "" || !opts.Distributed() && opts.JUnit.Style != option.JUnitSurefire {
		return nil
	}
	n := &junitNotes{}
	if opts.Distributed() {
		n.workers = map[string][]string{}
	}
	if spoolsCases(opts) {
		n.spool = newCaseSpool()
	}
	if opts.JUnit.Style == option.JUnitSurefire {
		n.passed = map[string]map[int]*spooledOutput{}
	}
	return n
}

// add notes who ran a package, and gives each test case the worker as one of its
// attributes, which become properties. exec includes the event already.
func (n *junitNotes) add(event testjson.TestEvent, exec *testjson.Execution, worker string) {
	if n == nil {
		return
	}
	if n.workers == nil || worker == "" {
		return
	}
	for name := range strings.SplitSeq(worker, ",") {
		if !slices.Contains(n.workers[event.Package], name) {
			n.workers[event.Package] = append(n.workers[event.Package], name)
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
func (n *junitNotes) keeps(output *spooledOutput, event testjson.TestEvent, exec *testjson.Execution) bool {
	if n == nil || n.passed == nil || event.Action != testjson.ActionPass {
		return false
	}
	if n.passed[event.Package] == nil {
		n.passed[event.Package] = map[int]*spooledOutput{}
	}
	n.passed[event.Package][endedCase(event, exec).ID] = output
	return true
}
