package split

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/text"
)

// A test that ends before the next one starts needs no number.
func TestSequence(t *testing.T) {
	for _, c := range []struct{ changes, want string }{
		{"run A, pass A, run B, run B/sub, fail B/sub, fail B", "[A B] map[]"},
		{"run A, pause A, run B, pass B, run C, pause C, cont A, pass A, cont C, fail C", "[A B C] map[A:3]"},
		{"run A, pause A, run B, fail B", "[A B] map[A:2]"},
		{"run A, pass A, run B, pass B, run A, pass A, run B, pass B", "[A B] map[A:2]"},
		{"run A, nested X, pass A, run B", "[A B] map[]"},
		{"", "[] map[]"},
	} {
		var s Sequence
		for change := range strings.SplitSeq(c.changes, ", ") {
			action, test, _ := strings.Cut(change, " ")
			if action == "nested" {
				s.Add(text.Change{Action: "run", Test: test, Nested: true})
				continue
			}
			s.Add(text.Change{Action: action, Test: test})
		}
		s.End()
		if got := fmt.Sprint(s.Tests, s.Until); got != c.want {
			t.Errorf("%s: %s, want %s", c.changes, got, c.want)
		}
	}
}

func TestUpTo(t *testing.T) {
	s := Sequence{Tests: []string{"A", "B", "C"}, Until: map[string]int{"A": 2, "B": 9}}
	for test, want := range map[string]string{"A": "[A B]", "B": "[A B C]", "C": "[A B C]", "D": "[]"} {
		if got := fmt.Sprint(s.UpTo(test)); got != want {
			t.Errorf("%s: %s, want %s", test, got, want)
		}
	}
}

func TestProcessesAreRecorded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		suite suite
		want  string
	}{
		{suite{tests: three}, "p[TestA TestB TestC] map[]"},
		{suite{tests: three, workers: 2, apart: true}, "p[TestA] map[] p[TestB] map[] p[TestC] map[]"},
		{suite{tests: "TestA:pass TestB:panics TestC:pass", restarts: 1}, "p[TestA TestB] map[] p[TestC] map[]"},
		{suite{tests: three, whole: true}, ""}, // in the order of its events
	} {
		ran := c.suite.run(t, nil).ran
		slices.Sort(ran)
		if got := strings.Join(ran, " "); got != c.want {
			t.Errorf("%+v: %s, want %s", c.suite, got, c.want)
		}
	}
}
