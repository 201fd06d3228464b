package observe

import (
	"slices"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// JUnitNotes records what a JUnit file needs, as far as testjson does not keep it. They are
// needed only for data that gotestsum's own file does not have.
type JUnitNotes struct {
	Workers map[string][]string        // of each package, nil without workers
	Passed  map[string]map[int]*Output // output of passed tests, nil if not needed
	Spool   *caseSpool                 // nil if all passed tests are kept in memory
}

// spoolsCases reports whether passed tests are stored in a file during a merge, because the
// tests of many nodes may not fit into memory. This works only with gotestsum's style: the
// other style sorts the tests by their starts, and has their output.
func spoolsCases(junit option.JUnit, merges bool) bool {
	return merges && junit.File != "" && junit.Style == option.JUnitGotestsum
}

// spooled returns the spool for passed tests, nil for none.
func (n *JUnitNotes) spooled() *caseSpool {
	if n == nil {
		return nil
	}
	return n.Spool
}

// newJUnitNotes returns nil if no notes are needed.
func newJUnitNotes(junit option.JUnit, distributed, merges bool) *JUnitNotes {
	if junit.File == "" || !distributed && junit.Style != option.JUnitSurefire {
		return nil
	}
	n := &JUnitNotes{}
	if distributed {
		n.Workers = map[string][]string{}
	}
	if spoolsCases(junit, merges) {
		n.Spool = newCaseSpool()
	}
	if junit.Style == option.JUnitSurefire {
		n.Passed = map[string]map[int]*Output{}
	}
	return n
}

// add records the workers of a package, and adds the worker to the attributes of each test
// case, which become properties. exec includes the event already.
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
	for i := len(cases) - 1; i >= 0; i-- { // testjson ends several tests at once if a stream stops
		if cases[i].Test.Name() == event.Test {
			return &cases[i]
		}
	}
	return nil
}

// keeps records the output of the test that event has ended, if it is needed later, and
// reports whether it did so.
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
