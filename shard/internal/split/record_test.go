package split

import (
	"slices"
	"strings"
	"testing"
)

// TestWholeIsRecorded: packages that stay whole, by how they ended.
func TestWholeIsRecorded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		suite    suite
		complete bool
		measured string // tests, and whether there is a start and a whole
	}{
		{"it passes", suite{tests: three}, true, "TestA TestB TestC start whole"},
		{"a test fails", suite{tests: "TestA:pass TestB:fail"}, true, "TestA TestB"},
		{"it crashes", suite{tests: "TestA:pass TestB:panics TestC:pass"}, false, "TestA"},
		{"it exits 0 without its tests", suite{tests: three, main: "runs-nothing"}, false, ""},
		{"a selection", suite{tests: three, args: "-test.run=TestA"}, false, "TestA start whole"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.suite.whole = true
			o := c.suite.run(t, nil)
			if got := measured(o); o.complete != c.complete || got != c.measured {
				t.Errorf("complete %v, %q, want %v, %q", o.complete, got, c.complete, c.measured)
			}
		})
	}
}

// measured is what the history receives.
func measured(o ended) string {
	var words []string
	for _, m := range o.record.Measured() {
		for name := range m.Tests {
			words = append(words, name)
		}
		slices.Sort(words)
		if m.Start > 0 {
			words = append(words, "start")
		}
		if m.Whole > 0 {
			words = append(words, "whole")
		}
	}
	return strings.Join(words, " ")
}

// TestSplitIsRecorded: starts are recorded from processes that finished.
func TestSplitIsRecorded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		suite suite
		want  string
	}{
		{suite{tests: three, workers: 2, apart: true}, "TestA TestB TestC start"},
		{suite{tests: "TestA:panics TestB:pass", restarts: 1}, "TestA TestB start"},
		{suite{tests: "TestA:panics"}, "TestA"},
		{suite{tests: three, workers: 2, each: true}, ""},
	} {
		if got := measured(c.suite.run(t, nil)); got != c.want {
			t.Errorf("%+v: %q, want %q", c.suite, got, c.want)
		}
	}
}
