package diagnose

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/outcome"
	"github.com/gotestshard/gotestshard/shard/internal/ran"
	"github.com/gotestshard/gotestshard/shard/internal/result"
	"github.com/gotestshard/gotestshard/shard/internal/split"
	"github.com/gotestshard/gotestshard/shard/internal/verdict"
)

func TestFailuresOfAResult(t *testing.T) {
	at := func(second int) time.Time { return time.Date(2026, 1, 2, 3, 4, second, 0, time.UTC) }
	r := &results{
		ran: map[string]*ran.Package{
			"m/a": {Events: split.Sequence{Tests: []string{"TestA", "TestB", "TestC"}}, Seed: "5"},
			"m/b": {Events: split.Sequence{Tests: []string{"TestA", "TestB", "TestC"}}, Processes: []split.Sequence{{Tests: []string{"TestA", "TestC"}}, {Tests: []string{"TestB"}}}},
		},
		runs: []result.ShardRun{
			{Package: "m/a", Started: at(1), Completed: at(3)}, {Package: "m/b", Started: at(2), Completed: at(4)},
			{Package: "m/c", Started: at(3), Completed: at(5)}, {Package: "m/a", Started: at(5), Completed: at(6), Rerun: true},
		},
		end: &result.End{Interrupted: new(at(9))},
	}
	r.add([]outcome.End{
		{Package: "m/a", Test: "TestB/x", Failed: true, Message: "first"}, {Package: "m/a", Test: "TestB/y", Failed: true},
		{Package: "m/a", Test: "TestC"}, {Package: "m/b", Test: "TestC", Failed: true}, {Package: "m/b", Test: split.OutsideTests, Failed: true},
		{Package: "m/b", Test: "TestA", Failed: true, At: at(9)},
	})
	var got []string
	for _, f := range r.failures {
		got = append(got, fmt.Sprint(f.pkg, " ", f.test, " ", f.message, " ", f.before, f.others, f.seed, " ", f.elsewhere, " ", f.beside))
	}
	want := []string{
		"m/a TestB first [TestA] [TestA TestC]5 true [{m/b []}]",
		"m/b TestC  [TestA] [TestA TestB] true [{m/b [TestB]} {m/a []} {m/c []}]",
		"m/b TestMain  [] [] false [{m/b [TestA TestC]} {m/b [TestB]} {m/a []} {m/c []}]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s\nwant %s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestUnshuffle(t *testing.T) {
	for order, want := range map[string]string{"A B V": "", "B A V": "7", "A B": "7", "V B A": "7", "": "7"} {
		f := &failure{test: "V", before: []string{"A", "B"}, seed: "7"}
		if f.unshuffle(strings.Fields(order)); f.seed != want {
			t.Errorf("%q: %q, want %q", order, f.seed, want)
		}
	}
}

func TestOutcomeOf(t *testing.T) {
	fail := func(test string) option.Repeated {
		events := `{"Action":"fail","Package":"m"}` + "\n"
		if test != "" {
			events = fmt.Sprintf(`{"Action":"run","Package":"m","Test":%q}`+"\n"+`{"Action":"fail","Package":"m","Test":%[1]q}`+"\n", test) + events
		}
		return option.Repeated{Failed: true, Events: []byte(events)}
	}
	for _, c := range []struct {
		test   string
		result option.Repeated
		want   verdict.Outcome
	}{
		{"TestA", option.Repeated{Passed: []string{"TestA"}}, verdict.Passed},
		{"TestA", option.Repeated{}, verdict.NotRun},
		{"TestA", fail("TestA/sub"), verdict.Failed},
		{"TestA", fail("TestB"), verdict.NotRun},
		{split.OutsideTests, option.Repeated{}, verdict.Passed},
		{split.OutsideTests, fail(""), verdict.Failed},
		{split.OutsideTests, fail("TestB"), verdict.Passed},
	} {
		if got := outcomeOf(c.test, c.result); got != c.want {
			t.Errorf("%s %s: %v, want %v", c.test, c.result.Events, got, c.want)
		}
	}
}

func TestByTime(t *testing.T) {
	for message, want := range map[string]bool{
		"panic: test timed out after 2s": true, "Get: context deadline exceeded": true, "i/o timeout": true, "took 1.5s, want less": true,
		"not ready after 100ms": true, "it is too slow": true, "time out": true,
		"the port is taken": false, "got 3, want 4 after 2 calls": false, "the state is dirty": false, "": false, "sometime outside": false,
	} {
		if got := (&failure{message: message}).byTime(); got != want {
			t.Errorf("%q: %v", message, got)
		}
	}
}

func TestWhyOfWhatIsUnfinished(t *testing.T) {
	f := &failure{decided: true}
	f.found.Unfinished = "running it alone"
	for ended, want := range map[bool]string{false: "not done in this time: running it alone", true: "interrupted: running it alone"} {
		if got := f.why(ended); !slices.Equal(got, []string{want}) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestSubtestsOfFailures(t *testing.T) {
	f := &failure{test: "TestX", found: verdict.Result{Kind: verdict.Broken}}
	for _, test := range []string{"TestX/a/deep", "TestX/a/other", "TestX/b"} {
		f.addSubtest(outcome.End{Test: test, Message: test})
	}
	f.siblings([]string{"TestX/first"}, "TestX/a")
	f.siblings([]string{"TestX/first", "TestX/a", "TestX/b"}, "")
	var got []string
	for _, sub := range f.subtests {
		got = append(got, fmt.Sprint(sub.name, " ", sub.message, " ", sub.before))
	}
	if want := []string{"TestX/a TestX/a/deep [TestX/first]", "TestX/b TestX/b [TestX/first TestX/a]"}; !slices.Equal(got, want) || !f.refines() {
		t.Errorf("%q, want %q", got, want)
	}
	f.subtests[0].found = verdict.Result{Kind: verdict.Broken}
	if got := refined([]*failure{f}); len(got) != 1 || got[0] != f {
		t.Error("one of its subtests has no verdict, so the test stays")
	}
	f.subtests[1].found = verdict.Result{Kind: verdict.Polluted}
	if got := refined([]*failure{f}); len(got) != 2 || got[1].test != "TestX/b" {
		t.Error("all of its subtests have a verdict")
	}
	f.addSubtest(outcome.End{Test: "TestX"})
	if f.refines() {
		t.Error("it has an error of its own")
	}
}
