package page

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/format/report"
)

// traceEvent is an event of the Trace Event Format: X is a span, M describes a process or
// thread. Times are in microseconds. A node of a CI is a process of the trace, and a row of a
// worker is a thread.
type traceEvent struct {
	Name     string            `json:"name"`
	Category string            `json:"cat,omitempty"`
	Phase    string            `json:"ph"`
	Time     int64             `json:"ts"`
	Duration *int64            `json:"dur,omitempty"`
	Process  int               `json:"pid"`
	Thread   int               `json:"tid"`
	Color    string            `json:"cname,omitempty"`
	Args     map[string]string `json:"args,omitempty"`
}

// rowsOfLane is the largest number of threads of a lane: the first has its processes, the
// others tests that ran at the same time.
const rowsOfLane = 1000

// WriteTrace writes when everything ran in the Trace Event Format, which ui.perfetto.dev and
// chrome://tracing show: nodes, workers, their test processes, tests and subtests, and the
// build.
func (r Run) WriteTrace(out io.Writer) error {
	buffered := bufio.NewWriterSize(out, 64<<10)
	t := tracer{builder: newBuilder(r), out: buffered}
	t.print(`{"displayTimeUnit":"ms","traceEvents":[`)
	t.write()
	t.print("\n]}\n")
	return errors.Join(t.err, buffered.Flush())
}

type tracer struct {
	*builder
	out   *bufio.Writer
	any   bool
	err   error
	nodes []string
}

func (t *tracer) print(text string) {
	if _, err := t.out.WriteString(text); err != nil {
		t.err = cmp.Or(t.err, err)
	}
}

func (t *tracer) add(e traceEvent) {
	text, err := json.Marshal(e)
	t.err = cmp.Or(t.err, err)
	if t.any {
		t.print(",")
	}
	t.any = true
	t.print("\n" + string(text))
}

// span adds a span, unless its end is unknown.
func (t *tracer) span(e traceEvent, from, to time.Time) {
	if from.IsZero() || to.Before(from) {
		return
	}
	duration := to.Sub(from).Microseconds()
	e.Phase, e.Time, e.Duration = "X", from.Sub(t.base).Microseconds(), &duration
	t.add(e)
}

// describe names a process or thread, and gives its position.
func (t *tracer) describe(kind string, pid, tid int, name string, position int) {
	t.add(traceEvent{Name: kind + "_name", Phase: "M", Process: pid, Thread: tid, Args: map[string]string{"name": oneLine(name)}})
	text := fmt.Sprintf(`{"name":"%s_sort_index","ph":"M","ts":0,"pid":%d,"tid":%d,"args":{"sort_index":%d}}`, kind, pid, tid, position)
	t.print(",\n" + text) // a number, unlike the other arguments
}

func (t *tracer) write() {
	lanes, kind := t.lanesOf()
	t.timeline() // sets the lanes of tests
	for i, l := range lanes {
		if !slices.Contains(t.nodes, l.node) {
			t.nodes = append(t.nodes, l.node)
			name := "gotestshard"
			if l.node != "" {
				name = "node " + l.node
			}
			pid := len(t.nodes)
			t.describe("process", pid, 0, name, pid)
			t.build(pid, kind)
		}
		pid, tid := 1+slices.Index(t.nodes, l.node), (i+1)*rowsOfLane
		t.describe("thread", pid, tid, l.name, tid)
		for _, run := range l.runs {
			e := traceEvent{Name: cmp.Or(oneLine(run.Package), oneLine(l.name)), Category: kind, Process: pid, Thread: tid, Args: map[string]string{"result": "passed"}}
			if run.Failed {
				e.Args["result"], e.Color = "failed", "terrible"
			}
			if run.Rerun {
				e.Args["rerun"] = "true"
			}
			t.span(e, run.Started, run.Completed)
		}
		t.tests(pid, tid, l.name, t.resultsOf(i))
	}
}

// build adds when the test binaries were built, for the first node alone: those of a merge have
// no clock in common with it.
func (t *tracer) build(pid int, kind string) {
	if kind != "process" || pid > 1 || t.Started.IsZero() {
		return
	}
	t.describe("thread", pid, 1, "build", 1)
	last := t.Started
	for _, span := range t.Spans {
		if span.Cached || span.Started.IsZero() {
			continue
		}
		if span.Started.After(last) {
			last = span.Started
		}
		t.add(traceEvent{Name: "built " + oneLine(span.Package), Category: "build", Phase: "i", Time: max(0, span.Started.Sub(t.base).Microseconds()), Process: pid, Thread: 1})
	}
	t.span(traceEvent{Name: "build", Category: "build", Process: pid, Thread: 1}, t.Started, last)
}

// resultsOf returns the attempts of tests on a lane that have times.
func (t *tracer) resultsOf(lane int) []Result {
	var found []Result
	for _, result := range t.Results {
		if t.lane(result) == lane && !result.Started.IsZero() && !result.Ended.Before(result.Started) {
			found = append(found, result)
		}
	}
	// A parent before its subtests.
	slices.SortStableFunc(found, func(a, b Result) int {
		return cmp.Or(a.Started.Compare(b.Started), b.Ended.Compare(a.Ended), cmp.Compare(len(a.Test), len(b.Test)))
	})
	return found
}

// tests adds the tests of a lane. Spans of a thread must be inside each other or apart, so a test
// that overlaps the end of another one is in another thread.
func (t *tracer) tests(pid, tid int, name string, results []Result) {
	var rows [][]time.Time // the ends of the spans that are open, outermost first
	fits := func(row []time.Time, result Result) ([]time.Time, bool) {
		for len(row) > 0 && !row[len(row)-1].After(result.Started) {
			row = row[:len(row)-1]
		}
		return row, len(row) == 0 || !result.Ended.After(row[len(row)-1])
	}
	for _, result := range results {
		at := -1
		for i := range rows {
			row, ok := fits(rows[i], result)
			if rows[i] = row; ok && (len(row) == 0 || strings.Contains(result.Test, "/")) {
				at = i
				break
			}
		}
		if at < 0 && len(rows) < rowsOfLane-1 {
			at = len(rows)
			rows = append(rows, nil)
			title := name + " tests"
			if at > 0 {
				title = fmt.Sprintf("%s tests, parallel %d", name, at+1)
			}
			t.describe("thread", pid, tid+at+1, title, tid+at+1)
		}
		if at < 0 {
			continue
		}
		rows[at] = append(rows[at], result.Ended)
		e := traceEvent{
			Name: oneLine(result.Test), Category: "test", Process: pid, Thread: tid + at + 1,
			Args: map[string]string{"package": oneLine(result.Package), "result": string(result.Outcome), "elapsed": report.Took(result.Elapsed)},
		}
		if strings.Contains(result.Test, "/") {
			e.Category = "subtest"
		}
		if result.Outcome == Failed || result.Outcome == Unfinished {
			e.Color = "terrible"
		}
		if result.Attempt > 0 {
			e.Args["attempt"] = fmt.Sprint(result.Attempt + 1)
		}
		t.span(e, result.Started, result.Ended)
	}
}
