package split

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/text"
)

// TestNotes: each failed test has a line about running it again, and one about the tests that
// ran before it in its process, if the result is kept.
func TestNotes(t *testing.T) {
	const rerun = text.NotePrefix + "rerun: run p TestB/sub again\n"
	long := "Test" + strings.Repeat("x", 100)
	for _, c := range []struct {
		test   string
		before int
		kept   bool
		want   string
	}{
		{"TestB/sub", 0, true, rerun},
		{"TestB/sub", 1, true, rerun + text.NotePrefix + "ran after 1 other in this process: gotestshard last --same-process TestB\n"},
		{"TestB/sub", 251, true, rerun + text.NotePrefix + "ran after 251 others in this process: gotestshard last --same-process TestB\n"},
		{"TestB/sub", 251, false, rerun},
		{long[:80], 251, true, text.NotePrefix + "rerun: run p " + long[:80] + " again\n" + text.NotePrefix + "ran after 251 others: gotestshard last --same-process " + long[:80] + "\n"},
		{long, 251, true, text.NotePrefix + "rerun: run p " + long + " again\n" + text.NotePrefix + "ran after 251 others in this process\n"},
	} {
		s := suite{}
		splitter := s.splitter(t)
		splitter.Kept = c.kept
		if got := splitter.Notes(s.binary(t).Task, nil, before(c.before), c.test); got != c.want {
			t.Errorf("%s after %d: got\n%swant\n%s", c.test, c.before, got, c.want)
		}
	}
}

type before int

func (b before) Before(string) int { return int(b) }

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
		if what, next := a.crash(c.running, c.code, c.left, c.goesOn); what+next != c.want {
			t.Errorf("got %q, want %q", what+next, c.want)
		}
	}
	many := make([]string, 100)
	for i := range many {
		many[i] = fmt.Sprint("TestWithName", i)
	}
	notes := crashNote(a.crash(many, 2, 1000, true))
	if !strings.Contains(notes, "while running TestWithName0, TestWithName1, ") || !strings.Contains(notes, " more (exit status 2)\n    gotestshard: the 1000 tests of its batch") {
		t.Errorf("got %q", notes)
	}
	for line := range strings.Lines(notes) {
		if len(line) > text.LongestNote+1 {
			t.Errorf("%d bytes: %q", len(line), line)
		}
	}
}
