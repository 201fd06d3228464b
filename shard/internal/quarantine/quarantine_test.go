package quarantine

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// rulesOf returns rules on 2026-11-30, each "PATTERN DAY".
func rulesOf(t *testing.T, failFast bool, texts ...string) *Rules {
	t.Helper()
	var opts option.Options
	opts.Now = func() time.Time { return time.Date(2026, 11, 30, 23, 0, 0, 0, time.FixedZone("", -3600)) } // in UTC it is the first of December
	for _, text := range texts {
		pattern, day, _ := strings.Cut(text, " ")
		rule := option.FlakyRule{Place: "f:1:1", Reason: "the port"}
		if err := rule.Match.Set(pattern); err != nil {
			t.Fatal(err)
		}
		if err := rule.Until.Set(day); err != nil {
			t.Fatal(err)
		}
		opts.Flaky = append(opts.Flaky, rule)
	}
	return New(opts, failFast)
}

// lines returns events of a package m/p, such as "fail TestA" or "out TestA text"; without a test
// they are of the package.
func lines(events ...string) string {
	var b strings.Builder
	for _, e := range events {
		words := append(strings.SplitN(e, " ", 3), "", "")
		line := map[string]string{"Action": words[0], "Package": "m/p"}
		if words[0] == "out" {
			line["Action"], line["Output"] = "output", words[2]+"\n"
		}
		if words[1] != "" {
			line["Test"] = words[1]
		}
		text, _ := json.Marshal(line)
		b.Write(append(text, '\n'))
	}
	return b.String()
}

// ends returns the results in a stream.
func ends(t *testing.T, in io.Reader) string {
	t.Helper()
	text, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for line := range strings.Lines(string(text)) {
		var e struct {
			Action, Test string
			Quarantined  bool
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if e.Quarantined != IsMarked([]byte(line)) {
			t.Errorf("%s", line)
		}
		switch {
		case e.Quarantined:
			words = append(words, "quarantined "+e.Test)
		case e.Action == "pass" || e.Action == "fail" || e.Action == "skip":
			words = append(words, strings.TrimSpace(e.Action+" "+e.Test))
		}
	}
	return strings.Join(words, ", ")
}

func TestQuarantine(t *testing.T) {
	const rule, subtest = "p.TestA 2026-12-01", "p.TestA/a 9999-01-01"
	const verdict = "out  FAIL"
	long := "out TestA " + strings.Repeat("x", most)
	for name, test := range map[string]struct {
		rule   string
		events []string
		want   string
	}{
		"a failure":                        {rule, []string{"run TestA", "fail TestA", verdict, "fail"}, "quarantined TestA, pass"},
		"it passes":                        {rule, []string{"run TestA", "pass TestA", "out  PASS", "pass"}, "pass TestA, pass"},
		"another failure":                  {rule, []string{"run TestA", "fail TestA", "run TestB", "fail TestB", verdict, "fail"}, "quarantined TestA, fail TestB, fail"},
		"with its subtests":                {rule, []string{"run TestA", "run TestA/a", "fail TestA/a", "fail TestA", verdict, "fail"}, "quarantined TestA/a, quarantined TestA, pass"},
		"of another package":               {"q.TestA 9999-01-01", []string{"run TestA", "fail TestA", verdict, "fail"}, "fail TestA, fail"},
		"on the day after":                 {"p.TestA 2026-11-30", []string{"run TestA", "fail TestA", verdict, "fail"}, "fail TestA, fail"},
		"a subtest":                        {subtest, []string{"run TestA", "run TestA/a", "fail TestA/a", "fail TestA", verdict, "fail"}, "quarantined TestA/a, pass TestA, pass"},
		"a subtest and another one":        {subtest, []string{"run TestA", "run TestA/a", "fail TestA/a", "run TestA/b", "fail TestA/b", "fail TestA", verdict, "fail"}, "quarantined TestA/a, fail TestA/b, fail TestA, fail"},
		"a subtest and its parent":         {subtest, []string{"run TestA", "run TestA/a", "fail TestA/a", "out TestA     a_test.go:3: no", "fail TestA", verdict, "fail"}, "quarantined TestA/a, fail TestA, fail"},
		"deep in a subtest":                {subtest, []string{"run TestA", "run TestA/a", "run TestA/a/x", "fail TestA/a/x", "fail TestA/a", "fail TestA", verdict, "fail"}, "quarantined TestA/a/x, quarantined TestA/a, pass TestA, pass"},
		"the process crashed":              {rule, []string{"run TestA", "out TestA panic: no", "fail TestA", "fail"}, "quarantined TestA, fail"},
		"another test has not ended":       {rule, []string{"run TestA", "fail TestA", "run TestB", verdict, "fail"}, "quarantined TestA, fail"},
		"it did not run":                   {rule, []string{"run TestA", "out TestA     gotestshard: not run: gw0 crashed", "fail TestA", verdict, "fail"}, "fail TestA, fail"},
		"a failure outside the tests":      {"p.TestMain 9999-01-01", []string{"run TestMain", "fail TestMain", verdict, "fail"}, "fail TestMain, fail"},
		"the package failed otherwise":     {rule, []string{"run TestA", "pass TestA", "out  PASS", "fail"}, "pass TestA, fail"},
		"a process is left behind":         {rule, []string{"run TestA", "fail TestA", verdict, "out  gotestshard: leak: a process", "fail"}, "quarantined TestA, fail"},
		"a data race after the tests":      {rule, []string{"run TestA", "fail TestA", verdict, "out  WARNING: DATA RACE", "fail"}, "quarantined TestA, fail"},
		"a panic after the tests":          {rule, []string{"run TestA", "fail TestA", verdict, "out  panic: teardown", "fail"}, "quarantined TestA, fail"},
		"the process was killed":           {rule, []string{"run TestA", "fail TestA", verdict, "out  signal: killed", "fail"}, "quarantined TestA, fail"},
		"other words after the tests":      {rule, []string{"run TestA", "fail TestA", verdict, "out  stopping", "fail"}, "quarantined TestA, pass"},
		"a parent that prints much":        {subtest, []string{"run TestA", "out TestA     a_test.go:3: no", long, long, "run TestA/a", "fail TestA/a", "fail TestA", verdict, "fail"}, "quarantined TestA/a, fail TestA, fail"},
		"a parent that failed only then":   {subtest, []string{"run TestA", "run TestA/a", "fail TestA/a", "fail TestA", "run TestA", "run TestA/a", "pass TestA/a", "fail TestA", verdict, "fail"}, "quarantined TestA/a, pass TestA, pass TestA/a, fail TestA, fail"},
		"a subtest that ended the process": {subtest, []string{"run TestA", "run TestA/a", "out TestA/a === RUN", "out TestA/a     gotestshard: timed out after 2s (--test-timeout)", "fail TestA/a", "fail TestA", verdict, "fail"}, "quarantined TestA/a, fail TestA, fail"},
		"a panic in a subtest":             {subtest, []string{"run TestA", "run TestA/a", "fail TestA/a", "out TestA panic: p", "out TestA     gotestshard: the test process on gw0 crashed while running TestA", "fail TestA", verdict, "fail"}, "quarantined TestA/a, fail TestA, fail"},
		"a test that ended the process":    {rule, []string{"run TestA", "run TestA/a", "out TestA/a === RUN", "out TestA/a     gotestshard: timed out after 2s (--test-timeout)", "fail TestA/a", "fail TestA", verdict, "fail"}, "quarantined TestA/a, quarantined TestA, pass"},
		"twice":                            {rule, []string{"run TestA", "fail TestA", verdict, "fail", "run TestA", "pass TestA", "fail"}, "quarantined TestA, pass, pass TestA, fail"},
	} {
		r := rulesOf(t, false, test.rule)
		if got := ends(t, r.Reader(iotest.OneByteReader(strings.NewReader(lines(test.events...))))); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
		if want := strings.HasSuffix(test.want, ", pass") && name != "it passes"; r.Forgiven("m/p") != want || (len(r.AllForgiven()) > 0) != want {
			t.Errorf("%s: forgiven %v, %v", name, r.Forgiven("m/p"), (len(r.AllForgiven()) > 0))
		}
	}
}

// Another test may not have run, so the package does not pass.
func TestFailFast(t *testing.T) {
	r := rulesOf(t, true, "TestA 9999-01-01")
	if got := ends(t, r.Reader(strings.NewReader(lines("run TestA", "fail TestA", "out  FAIL", "fail")))); got != "quarantined TestA, fail" || (len(r.AllForgiven()) > 0) {
		t.Error(got)
	}
}

func TestNotes(t *testing.T) {
	r := rulesOf(t, false, "TestA 2026-11-30", "TestB 9999-01-01", "TestC/x 9999-01-01")
	text, err := io.ReadAll(r.Reader(strings.NewReader(lines("run TestA", "fail TestA", "run TestA", "fail TestA", "run TestB", "fail TestB", "out  FAIL", "fail"))))
	if err != nil || !strings.Contains(string(text), `"Output":"    gotestshard: quarantined until 9999-01-01: the port\n"`) {
		t.Errorf("%v, %s", err, text)
	}
	if got := fmt.Sprint(r.Ended()); got != "[f:1:1: [[flaky]] TestA ended on 2026-11-30, so its failure counts again]" {
		t.Error(got)
	}
	if got := fmt.Sprint(r.Unused()); got != "[f:1:1: [[flaky]] TestC/x names no test of this run: correct the name, or remove the entry]" {
		t.Error(got)
	}
	var none *Rules
	if in := strings.NewReader("x"); none.Reader(in) != io.Reader(in) || len(none.AllForgiven()) > 0 || none.Forgiven("p") || none.Ended() != nil || none.Unused() != nil {
		t.Error("without rules something changes")
	}
	tables := option.Configuration{Tables: option.Tables{Flaky: []option.FlakyRule{{}}}}
	for name, opts := range map[string]option.Options{
		"a merge changes the results of its nodes": {Merge: &option.Merge{}},
		"any command can end with exit code 1":     {Invocations: option.Invocations{Shards: []option.Shard{{}}}},
	} {
		opts.Configuration = tables
		if New(opts, false) != nil {
			t.Error(name)
		}
	}
}

func TestEachWorker(t *testing.T) {
	r := rulesOf(t, false, "TestA/a 9999-01-01")
	r.each = true
	events := lines("run TestA@gw1", "run TestA@gw1/a", "fail TestA@gw1/a", "fail TestA@gw1", "out  FAIL", "fail")
	if got := ends(t, r.Reader(strings.NewReader(events))); got != "quarantined TestA@gw1/a, pass TestA@gw1, pass" || len(r.Unused()) > 0 {
		t.Error(got)
	}
}

// Whatever the stream is, nothing but failures changes, and what does not match stays as it is.
func FuzzReader(f *testing.F) {
	f.Add([]byte(lines("run TestA", "fail TestA", "out  FAIL", "fail")))
	f.Add([]byte("text\n{\"Action\": \"fail\",\"Package\":\"p\",\"Test\":\"TestA\"}\nno end"))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := io.ReadAll(rulesOf(t, false, "q.TestNone 9999-01-01").Reader(strings.NewReader(string(text))))
		if err != nil || string(got) != string(text) {
			t.Errorf("%q became %q, %v", text, got, err)
		}
		if got, err := io.ReadAll(rulesOf(t, false, "* 9999-01-01").Reader(strings.NewReader(string(text)))); err != nil || len(got) < len(text) {
			t.Errorf("%q became %q, %v", text, got, err)
		}
	})
}
