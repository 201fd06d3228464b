package split

import (
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

// TestRepro: each failed test shows the command, but a long command is shown only once.
func TestRepro(t *testing.T) {
	for _, c := range []struct {
		name    string
		command string
		all     bool
		others  string
		want    [3]string // of two tests and a subtest
	}{
		{"a short command", "go test", false, "", [3]string{"go test", "go test", ""}},
		{"a long one", strings.Repeat("x", longRepro+1), false, "", [3]string{strings.Repeat("x", longRepro+1), "see TestA", ""}},
		{"everything", "go test", true, "", [3]string{}},
		{"everything of a part", "go test", true, "TestC", [3]string{"go test", "go test", ""}},
	} {
		s := suite{tests: "TestA TestB", others: c.others}
		r := newRun(t, s.splitter(t), s, newHook())
		r.Repro = func(string, []string) string { return c.command }
		a := attempt{run: r, batch: plan.Batch{All: c.all}}
		for i, name := range []string{"TestA", "TestB", "TestB/sub"} {
			want := c.want[i]
			if want != "" {
				want = "    gotestshard: to run the same tests in one process: " + want + "\n"
			}
			if got := a.repro(name); got != want {
				t.Errorf("%s: %s shows %q, want %q", c.name, name, got, want)
			}
		}
	}
}

func TestWhatIsSaidOfACrash(t *testing.T) {
	r := newRun(t, suite{}.splitter(t), suite{}, newHook())
	a := attempt{run: r, batch: plan.Batch{Worker: 3}}
	for _, c := range []struct {
		running    []string
		code, left int
		goesOn     bool
		want       string
	}{
		{[]string{"TestA/sub", "TestA"}, 2, 5, true,
			"the test process on gw3 crashed while running TestA/sub, TestA (exit status 2); the 5 tests of its batch that had not started run in a new process"},
		{[]string{"TestA"}, 0, 5, false, "the test process on gw3 crashed while running TestA (exit status 0)"},
		{nil, 1, 0, false, "the test process on gw3 crashed"}, // by a signal, which the output shows
	} {
		if got := a.crash(c.running, c.code, c.left, c.goesOn); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
