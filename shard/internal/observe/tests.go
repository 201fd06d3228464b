package observe

import (
	"strings"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/page"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// mostPassed is how many passed tests are recorded. Of others, only the number is.
const mostPassed = 100_000

// TestNotes records every test with its time, for the reports that show all of them.
type TestNotes struct {
	Results []page.Result
	LeftOut map[string]int // passed tests that are not recorded, by package
	running map[testName]time.Time
	spans   map[string]*page.Span
	order   []string // of spans
	passed  int
	first   time.Time // of all events
	last    time.Time
	latest  map[string]time.Time // the last event of each package
}

// newTestNotes returns nil if no report needs them.
func newTestNotes(reports option.Reports) *TestNotes {
	if !reports.ShowsTests() {
		return nil
	}
	return &TestNotes{LeftOut: map[string]int{}, running: map[testName]time.Time{}, spans: map[string]*page.Span{}, latest: map[string]time.Time{}}
}

// Spans returns the packages in the order of their first events.
func (n *TestNotes) Spans() []page.Span {
	var all []page.Span
	for _, name := range n.order {
		all = append(all, *n.spans[name])
	}
	return all
}

// Times returns when the first and the last event came, zero without times.
func (n *TestNotes) Times() (first, last time.Time) { return n.first, n.last }

// add records an event and its worker. quarantined is whether it ends a test whose failure does
// not count.
func (n *TestNotes) add(event testjson.TestEvent, worker string, quarantined bool) {
	if n == nil || event.Package == "" || event.Action == testjson.ActionBuild {
		return
	}
	if event.Time.After(n.last) {
		n.last = event.Time
	}
	if n.first.IsZero() || event.Time.Before(n.first) && !event.Time.IsZero() {
		n.first = event.Time
	}
	if event.Time.After(n.latest[event.Package]) && len(event.Bytes()) > 0 {
		n.latest[event.Package] = event.Time
	}
	if event.Test == "" {
		n.addPackage(event)
		return
	}
	name := testName{event.Package, event.Test}
	switch {
	case event.Action == testjson.ActionRun, event.Action == testjson.ActionCont:
		n.running[name] = event.Time
	case event.Action.IsTerminal():
		n.end(event, worker, n.running[name], quarantined)
		delete(n.running, name)
	}
}

// end records the end of a test.
func (n *TestNotes) end(event testjson.TestEvent, worker string, started time.Time, quarantined bool) {
	result := page.Result{
		Name: page.Name{Package: event.Package, Test: event.Test}, Attempt: event.RunID, Outcome: page.Passed, Worker: worker,
		Started: started, Ended: event.Time, Elapsed: max(0, time.Duration(event.Elapsed*float64(time.Second))),
	}
	switch {
	case quarantined:
		result.Outcome = page.Quarantined
	case event.Action == testjson.ActionSkip:
		result.Outcome = page.Skipped
	case event.Action == testjson.ActionFail && len(event.Bytes()) == 0: // testjson added it
		ended := n.latest[event.Package]
		result.Outcome, result.Ended, result.Elapsed = page.Unfinished, ended, max(0, ended.Sub(started))
	case event.Action == testjson.ActionFail:
		result.Outcome = page.Failed
	default:
		if n.passed++; n.passed > mostPassed {
			n.LeftOut[event.Package]++
			return
		}
	}
	if strings.Contains(worker, ",") { // of several processes
		result.Worker = ""
	}
	n.Results = append(n.Results, result)
}

func (n *TestNotes) addPackage(event testjson.TestEvent) {
	span := n.spans[event.Package]
	if span == nil {
		span = &page.Span{Package: event.Package, Started: event.Time}
		n.spans[event.Package] = span
		n.order = append(n.order, event.Package)
	}
	switch {
	case event.Action == testjson.ActionOutput && strings.HasPrefix(event.Output, "ok  \t") && strings.Contains(event.Output, "\t(cached)"):
		span.Cached = true
	case event.Action.IsTerminal() && event.Time.After(span.Ended):
		span.Ended = event.Time
	}
}
