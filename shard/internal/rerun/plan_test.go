package rerun

import (
	"fmt"
	"strings"
	"testing"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/engine"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/observe/observetest"
)

func TestStrictUnits(t *testing.T) {
	tests := map[string]struct {
		events     []string
		incomplete bool
		together   bool
		run        string   // the user's own
		want       []string // pkg run skip tests
	}{
		"each failed test alone": {
			events: []string{"run A", "fail A", "run B", "run B/x y", "fail B/x y", "fail B", "run C", "pass C", "fail"},
			want:   []string{"p run=^A$ skip= A", "p run=^B$ skip= B/x y"},
		},
		"a name that is a pattern": {
			events: []string{"run A", "run A/(a|b).c", "fail A/(a|b).c", "fail A", "fail"},
			want:   []string{`p run=^A$ skip= A/(a|b).c`},
		},
		"a subtest without its siblings that have run": {
			events: []string{
				"run A", "run A/a", "pass A/a", "run A/b", "run A/b/1", "fail A/b/1", "run A/b/2.0", "skip A/b/2.0", "fail A/b",
				"run A/c", "fail A/c", "fail A", "run B", "pass B", "fail",
			},
			want: []string{`p run=^A$ skip=^A$/^(a|c)$|^A$/^b$/^2\.0$ A/b/1`, `p run=^A$ skip=^A$/^(a|b)$ A/c`},
		},
		"subtests with slashes in their names": {
			events: []string{
				"run A", "run A/GET_/ok", "pass A/GET_/ok", "run A/GET_/bad", "fail A/GET_/bad", "run A/p", "fail A/p", "fail A", "fail",
			},
			want: []string{`p run=^A$ skip=^A$/^p$|^A$/^GET_$/^ok$ A/GET_/bad`, `p run=^A$ skip=^A$/^GET_$ A/p`},
		},
		"all in one process": {
			events: []string{
				"run A", "run A/a", "pass A/a", "run A/b", "fail A/b", "run A/c", "fail A/c", "fail A",
				"run B", "run B/x", "pass B/x", "fail B", "run C", "pass C", "fail",
			},
			together: true,
			want:     []string{`p run=^(A|B)$ skip=^A$/^a$ A/b A/c B`},
		},
		"a package that failed without a test": {
			events: []string{"run A", "pass A", "fail"},
			want:   []string{"p run= skip="},
		},
		"a process that ended in a test": {
			events:     []string{"run A", "pass A", "run S", "skip S", "run F", "fail F", "run C", "run A.b", "pass A.b", "fail"},
			incomplete: true,
			want:       []string{`p run= skip= F C`},
		},
		"a process that ended after a subtest failed": {
			events:     []string{"run A", "run A/s", "fail A/s", "fail A", "run C", "fail"},
			incomplete: true,
			want:       []string{`p run= skip= A A/s C`},
		},
		"subtests that the user selected": {
			events: []string{"run A", "run A/a", "fail A/a", "run A/b", "pass A/b", "fail A", "run B", "run B/a", "pass B/a", "pass B", "fail"},
			run:    "A|B/a|b",
			want:   []string{`p run= skip=^A$/^b$|^B$ A/a`},
		},
		"a benchmark": {
			events: []string{"run A", "fail A", "run BenchmarkB", "fail BenchmarkB", "fail"},
			want:   []string{`p run=^A$ skip= A`, `p run=^$ skip= bench=^BenchmarkB$ BenchmarkB`},
		},
		"a process that ended at once": {
			events:     []string{"fail"},
			incomplete: true,
			want:       []string{"p run= skip="},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			exec := observetest.Scan(t, nil, 0, test.events...)
			failed := testjson.FilterFailedUnique(exec.Failed())
			plan := strictPlan{exec: exec, complete: func(string) bool { return !test.incomplete }, together: test.together}
			plan.user.Run = test.run
			var got []string
			for _, unit := range plan.units(failed) {
				text := fmt.Sprintf("%s run=%s skip=%s", unit.Package, unit.Run, unit.Skip)
				if unit.Bench != "" {
					text += " bench=" + unit.Bench
				}
				for _, tc := range unit.Tests {
					text += " " + tc.Test.Name()
				}
				got = append(got, text)
			}
			if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

// TestStrictUnitsOfManyTests: if a -skip would have too many names, the whole top-level
// tests run. If a -run would be too long, the whole package runs.
func TestStrictUnitsOfManyTests(t *testing.T) {
	events := []string{"run A"}
	for i := range mostSkipped + 1 {
		events = append(events, fmt.Sprintf("run A/%d", i), fmt.Sprintf("pass A/%d", i))
	}
	exec := observetest.Scan(t, nil, 0, append(events, "run A/x", "fail A/x", "fail A", "fail")...)
	plan := strictPlan{exec: exec, complete: func(string) bool { return true }}
	units := plan.units(testjson.FilterFailedUnique(exec.Failed()))
	if len(units) != 1 || units[0].Run != "^A$" || units[0].Skip != "" || len(units[0].Tests) != 1 {
		t.Errorf("got %+v", units)
	}

	events = nil
	for i := range 20_000 {
		events = append(events, fmt.Sprintf("run Test%d", i), fmt.Sprintf("fail Test%d", i))
	}
	exec = observetest.Scan(t, nil, 0, append(events, "fail")...)
	plan = strictPlan{exec: exec, complete: func(string) bool { return true }, together: true}
	units = plan.units(exec.Failed())
	if len(units) != 1 || units[0].Run != "" || units[0].Skip != "" || len(units[0].Tests) != 20_000 {
		t.Errorf("%d units, a run of %d bytes", len(units), len(units[0].Run))
	}
}

// TestUntested: a failure stands unless its test passed again, whatever the process says.
func TestUntested(t *testing.T) {
	const skip, pass, fail = testjson.ActionSkip, testjson.ActionPass, testjson.ActionFail
	for name, test := range map[string]struct {
		ends       map[string]testjson.Action
		unrun      bool // A has not run before
		incomplete bool
		want       string // which tests, and why
	}{
		"all passed or failed":      {ends: map[string]testjson.Action{"A": pass, "A/b": fail}},
		"skipped now":               {ends: map[string]testjson.Action{"A": skip, "A/b": pass}, want: "A: A was skipped"},
		"skipped at the first time": {ends: map[string]testjson.Action{"A": skip, "A/b": pass}, unrun: true},
		"with another name now":     {ends: map[string]testjson.Action{"A": pass, "A/c": pass}, want: "A/b: A/b did not run again"},
		"both":                      {ends: map[string]testjson.Action{"A": skip}, want: "A A/b: A was skipped, A/b did not run again"},
		"nothing ran":               {incomplete: true, want: "A A/b: A did not run again"},
		"ended before it was over":  {ends: map[string]testjson.Action{"A": pass, "A/b": pass}, incomplete: true, want: ": the test process ended before its tests had finished"},
		"failed before it was over": {ends: map[string]testjson.Action{"A": fail, "A/b": fail}, incomplete: true, want: ": the test process ended before its tests had finished"},
	} {
		r := Reruns{Handler: &observe.Handler{Complete: map[string]bool{"p": !test.incomplete}}}
		unit := engine.Unit{Rerun: gotest.Rerun{Package: "p"}, Unrun: map[string]bool{"A": test.unrun}}
		for _, name := range []string{"A", "A/b"} {
			unit.Tests = append(unit.Tests, testjson.TestCase{Package: "p", Test: testjson.TestName(name)})
		}
		tests, err := r.untested(unit, test.ends)
		var names []string
		for _, tc := range tests {
			names = append(names, tc.Test.Name())
		}
		wantNames, wantWhy, stands := strings.Cut(test.want, ": ")
		got := strings.Join(names, " ")
		if got != wantNames || (err != nil) != stands || stands && !strings.HasPrefix(err.Error(), "rerun of p: the failure stands: "+wantWhy) {
			t.Errorf("%s: %q, %v, want %q", name, got, err, test.want)
		}
	}
}
