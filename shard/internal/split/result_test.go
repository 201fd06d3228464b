package split

import (
	"maps"
	"strings"
	"testing"
)

// TestFold: the outcomes of processes, and the result of their package.
func TestFold(t *testing.T) {
	for _, c := range []struct {
		name     string
		outcomes []outcome
		verdict  string
		code     int
		idle     bool
		want     result // all fields except outside
		outside  string // labels
	}{
		{name: "no process", idle: true},
		{name: "one that is content without its tests", outcomes: []outcome{{how: endedEarly}}, idle: true},
		{name: "one that finds none of its tests", outcomes: []outcome{{how: endedEarly, empty: true}}, want: result{empty: true}},
		{name: "two that pass", outcomes: []outcome{{how: gotThrough, ran: []string{"TestA"}}, {how: gotThrough, ran: []string{"TestB"}}},
			verdict: "PASS", want: result{through: true, processes: map[string]int{"TestA": 1, "TestB": 1}}},
		{name: "a test in both", outcomes: []outcome{{how: gotThrough, ran: []string{"TestA"}}, {how: gotThrough, ran: []string{"TestA"}}},
			verdict: "PASS", want: result{through: true, processes: map[string]int{"TestA": 2}}},
		{name: "a test on both workers", outcomes: []outcome{{suffix: "@gw0", ran: []string{"TestA"}}, {suffix: "@gw1", ran: []string{"TestA"}, how: gotThrough}},
			verdict: "PASS", want: result{through: true, processes: map[string]int{"TestA@gw0": 1, "TestA@gw1": 1}}},
		{name: "the first code that is not 0", outcomes: []outcome{{how: gotThrough}, {how: crashed, code: 3, failed: true}, {how: gotThrough, code: 1, failed: true}},
			verdict: "FAIL", code: 3, want: result{through: true, failed: true}},
		{name: "a code whose tests passed", outcomes: []outcome{{how: gotThrough, code: 3}}, verdict: "FAIL", code: 3, want: result{through: true}},
		{name: "a failure whose code is 0", outcomes: []outcome{{how: gotThrough}, {how: crashed, failed: true}}, verdict: "FAIL", code: 1,
			want: result{through: true, failed: true}},
		{name: "a failure outside the tests", outcomes: []outcome{{how: gotThrough}, {suffix: "@gw1", outside: []failure{{note: "why"}}}}, verdict: "FAIL", code: 1,
			want: result{through: true, failed: true}, outside: "TestMain@gw1"},
		{name: "after which no process starts", outcomes: []outcome{{how: endedEarly, code: 2, broken: true, outside: []failure{{note: "why"}}}, {how: gotThrough}},
			verdict: "FAIL", code: 2, want: result{through: true, failed: true, broken: true}, outside: "TestMain"},
		{name: "what a process leaves is another one's", outcomes: []outcome{{how: crashed, code: 2, failed: true, left: []string{"TestB"}}, {how: gotThrough, ran: []string{"TestB"}}},
			verdict: "FAIL", code: 2, want: result{through: true, failed: true, processes: map[string]int{"TestB": 1}}},
		{name: "or fails", outcomes: []outcome{{how: crashed, code: 2, failed: true, ran: []string{"TestA"}, unrun: []string{"TestB"}}},
			verdict: "FAIL", code: 2, want: result{failed: true, unrun: true, processes: map[string]int{"TestA": 1, "TestB": 1}}},
		{name: "or does not run", outcomes: []outcome{{how: wasHalted, left: []string{"TestB"}, stopped: true}, {left: []string{"TestB"}, stopped: true}},
			idle: true, want: result{stopped: true, left: 1}},
		{name: "the last coverage", outcomes: []outcome{{how: gotThrough, coverage: "coverage: 1%"}, {how: gotThrough, coverage: "coverage: 2%"}, {how: gotThrough}},
			verdict: "PASS", want: result{through: true, coverage: "coverage: 2%"}},
	} {
		got := fold(c.outcomes)
		verdict, code := got.verdict()
		if verdict != c.verdict || code != c.code || got.idle() != c.idle {
			t.Errorf("%s: %q, code %d, idle %v, want %q, %d, %v", c.name, verdict, code, got.idle(), c.verdict, c.code, c.idle)
		}
		if labels := strings.Join(got.outside.labels, " "); labels != c.outside {
			t.Errorf("%s: failures outside the tests in %q, want %q", c.name, labels, c.outside)
		}
		g, w := got, c.want
		if g.failed != w.failed || g.through != w.through || g.empty != w.empty || g.broken != w.broken || g.stopped != w.stopped ||
			g.left != w.left || g.unrun != w.unrun || g.coverage != w.coverage || !maps.Equal(g.processes, w.processes) {
			t.Errorf("%s: %+v, want %+v", c.name, g, w)
		}
	}
}

// TestCoverageLine: testing's text around the percentage of all processes.
func TestCoverageLine(t *testing.T) {
	for _, c := range []struct{ own, percent, want string }{
		{"coverage: 12.5% of statements", "80.0%", "coverage: 80.0% of statements"},
		{"coverage: 12.5% of statements in ./...", "80.0%", "coverage: 80.0% of statements in ./..."},
		{"coverage: [no statements]", "[no statements]", "coverage: [no statements]"},
		{"coverage: 12.5% of statements", "", "coverage: 12.5% of statements"},
		{"", "80.0%", ""},
	} {
		r := result{coverage: c.own}
		if got := r.coverageLine(c.percent); got != c.want {
			t.Errorf("%q, %q: %q, want %q", c.own, c.percent, got, c.want)
		}
	}
}
