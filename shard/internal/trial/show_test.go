package trial

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/diagnose"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

func TestText(t *testing.T) {
	flaky := finding("TestFlaky", diagnose.Flaky, func(f *found) {
		f.Message, f.Why, f.Command = "a\tb", []string{"it failed in 3 of 10 runs alone"}, "gotestshard stress m/p"
	})
	slow := finding("TestSlow", diagnose.Slow, notAgain)
	r := &report{mode: plan.Load, workers: 2, seeds: []int64{7, 8, 9}, args: []string{"-race"}, packages: []pkgReport{
		{name: "m/a", answer: safe, whole: 1234567 * time.Microsecond, split: 600 * time.Millisecond},
		{name: "m/b", answer: whole, reason: "b_test.go uses testing.RunTests", whole: time.Second, split: time.Second, before: baseline{fails: []failing{{"TestA", true}, {"TestMain", false}}, unseen: 2}},
		{name: "m/c", answer: unbuilt},
		{name: "m/p", answer: safe, found: []found{flaky, {difference: difference{pkg: "m/p", test: "TestSkips", when: skipped, runs: 3}}}},
		{name: "m/q", answer: directives, found: []found{slow}, directives: []directive{{Text: serial, Test: "TestSlow", File: "q/q_test.go", Line: 3}}},
		{name: "m/r", answer: keepWhole, directives: []directive{{Text: together, File: "r/r_test.go"}}},
		{name: "m/s", answer: directives, directives: []directive{{Text: group + "s", Test: "TestA"}}},
	}}
	want := `LOAD m/a, 1.23s whole, 600ms split
WHOLE m/b, 1s whole: b_test.go uses testing.RunTests
    TestA fails without splitting too
    the process outside its tests fails without splitting, and not in the split runs
    2 tests ran only in the split runs, because a failure ended the process before
NOT BUILT m/c
LOAD m/p
    FLAKY TestFlaky, in 1 of 3 split runs
        it failed: a b
        it failed in 3 of 10 runs alone
        so it fails without splitting too
        gotestshard stress m/p
    TestSkips skipped, in 3 of 3 split runs
LOAD m/q after 1 directive
    SLOW MACHINE TestSlow, in 1 of 3 split runs
    add //gotestshard:serial above TestSlow, q/q_test.go:3
WHOLE m/r after 1 directive
    add //gotestshard:together above the package clause of r/r_test.go
LOADGROUP m/s after 1 directive
    add //gotestshard:group s above TestA, a test file

TRIED 7 packages with --dist load on 2 workers, -shuffle=7, 8, 9: 2 safe, 2 safe with directives, 1 to keep whole, 1 cannot be split, 1 not built; the longest took 1.23s whole and 1s split
NEXT make the packages build that did not, then run: gotestshard trial --dist loadgroup -race
`
	if got := r.text(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if !r.differs() {
		t.Error("nothing differs")
	}
}

func TestJSON(t *testing.T) {
	gone := found{difference: difference{pkg: "m/p", test: "TestGone", when: missing, runs: 2}}
	late := found{difference: difference{pkg: "m/p", test: "TestLate", when: failed, runs: 1}}.orUnknown(false)
	r := &report{mode: plan.Load, workers: 2, seeds: []int64{7}, packages: []pkgReport{{
		name: "m/p", answer: keepWhole, whole: time.Second, split: time.Second / 2, before: baseline{fails: []failing{{"TestA", true}}},
		found: []found{gone, late}, directives: []directive{{Text: together, File: "p/p_test.go"}},
	}}}
	want := `{"version":1,"mode":"load","workers":2,"seeds":[7],"packages":[{"package":"m/p","result":"together","reason":"",` +
		`"whole_seconds":1,"split_seconds":0.5,"fail_anyway":["TestA"],"differs":[{"test":"TestGone","split":"did not run","runs":2,"diagnosis":null},` +
		`{"test":"TestLate","split":"failed","runs":1,"diagnosis":{"package":"m/p","test":"TestLate","message":"","verdict":"unknown","fails_after":[],` +
		`"passes_only_after":[],"collides_with":[],"shares":[],"why":["not done in this time"],"command":""}}],` +
		`"directives":[{"directive":"//gotestshard:together","test":"","file":"p/p_test.go","line":0}]}],` +
		`"next":"give it more time to find out why tests failed: gotestshard trial --diagnose-budget 10m"}`
	var out strings.Builder
	var compact bytes.Buffer
	if err := errors.Join(r.writeJSON(&out), json.Compact(&compact, []byte(out.String()))); err != nil || compact.String() != want {
		t.Errorf("%v\n%s\nwant\n%s", err, &compact, want)
	}
}

func TestNext(t *testing.T) {
	late := finding("TestA", diagnose.Unknown, func(f *found) { f.Again, f.Unfinished = false, true })
	flaky := finding("TestA", diagnose.Flaky, func(f *found) { f.Command = "gotestshard stress m/p" })
	long := pkgReport{answer: safe, whole: 3 * time.Second, split: 2 * time.Second}
	for _, c := range []struct {
		name string
		r    report
		want string
	}{
		{"it is faster", report{mode: plan.Load, packages: []pkgReport{long}}, `run gotestshard -n auto --dist load, or write workers = "auto" and dist = "load" to .gotestshard.toml`},
		{"it is not", report{mode: plan.Load, packages: []pkgReport{{answer: safe, whole: time.Second, split: 950 * time.Millisecond}}}, "load is safe, but splitting makes the longest package no faster: gotestshard -n auto is enough"},
		{"nothing to gain", report{mode: plan.Load, packages: []pkgReport{{answer: safe, whole: time.Millisecond, split: 1}}}, "load is safe, but splitting makes the longest package no faster: gotestshard -n auto is enough"},
		{"nothing to split", report{mode: plan.Load, packages: []pkgReport{{answer: whole, whole: time.Second}}}, "not one package can be split: stay with gotestshard -n auto"},
		{"directives", report{mode: plan.LoadFile, args: []string{"-run", "A|B"}, packages: []pkgReport{long, {answer: directives, directives: []directive{{Text: serial}}}}}, "add the 1 directive above, then run: gotestshard trial --dist loadfile -run 'A|B'"},
		{"directives for nothing", report{mode: plan.Load, packages: []pkgReport{{answer: directives, directives: []directive{{Text: serial}}}}}, "splitting makes the longest package no faster, so gotestshard -n auto is enough, without the 1 directive above; to split anyway, add them, then run: gotestshard trial"},
		{"groups", report{mode: plan.Load, packages: []pkgReport{long, {answer: directives, directives: []directive{{Text: group + "a"}, {Text: group + "a"}}}}}, "add the 2 directives above, then run: gotestshard trial --dist loadgroup"},
		{"a flaky test", report{mode: plan.Load, packages: []pkgReport{{answer: safe, found: []found{flaky}}, long}}, "mend the tests that fail without splitting too; this shows the first one: gotestshard stress m/p"},
		{"no time", report{mode: plan.Load, args: []string{"./a"}, packages: []pkgReport{{answer: keepWhole, found: []found{late}, directives: []directive{{Text: together}}}}}, "give it more time to find out why tests failed: gotestshard trial --diagnose-budget 10m ./a"},
		{"Ctrl-C", report{interrupted: true}, ""},
	} {
		if got := c.r.next(); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
