package reports

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// A test of a random stream: its results in the first attempt that ran it, several with
// -count, and those in later attempts.
type randomTest struct {
	first  []string
	later  []string
	failed bool // ever
}

// randomRun is a run with random results: the events of each attempt, and what they mean.
type randomRun struct {
	*rand.Rand
	attempts []string
	tests    map[string]*randomTest // by package and name
	order    []string
	outside  int // packages that failed without a failed test
	broken   int // packages that were not built
	cached   int // tests without a worker
}

func newRandomRun(seed uint64) *randomRun {
	r := &randomRun{Rand: rand.New(rand.NewPCG(seed, 1)), tests: map[string]*randomTest{}}
	var b strings.Builder
	for p := range 1 + r.IntN(4) {
		r.first(&b, fmt.Sprintf("m/p%d", p))
	}
	r.attempts = append(r.attempts, b.String())
	for range r.IntN(3) {
		b.Reset()
		r.again(&b)
		r.attempts = append(r.attempts, b.String())
	}
	return r
}

func (r *randomRun) any(of ...string) string { return of[r.IntN(len(of))] }

func (r *randomRun) event(b *strings.Builder, action, pkg, test, worker, more string) {
	fmt.Fprintf(b, `{"Time":"2026-01-02T03:04:05Z","Action":%q,"Package":%q`, action, pkg)
	if test != "" {
		fmt.Fprintf(b, `,"Test":%q`, test)
	}
	b.WriteString(more)
	if worker != "" {
		fmt.Fprintf(b, `,"Worker":%q`, worker)
	}
	b.WriteString("}\n")
}

// run writes one run of a test and returns its result. One without an end fails.
func (r *randomRun) run(b *strings.Builder, pkg, test, worker string, results ...string) string {
	result := r.any(results...)
	r.event(b, "run", pkg, test, worker, "")
	r.event(b, "output", pkg, test, worker, `,"Output":"    x_test.go:1: text\n"`)
	if result == "unended" {
		return "fail"
	}
	r.event(b, result, pkg, test, worker, `,"Elapsed":0.1`)
	return result
}

func (r *randomRun) first(b *strings.Builder, pkg string) {
	kind := r.any("tests", "tests", "tests", "cached", "outside", "broken")
	worker, result := r.any("gw0", "gw1"), "pass"
	switch kind {
	case "broken":
		r.broken++
		r.event(b, "output", pkg, "", "", `,"Output":"FAIL\t`+pkg+` [build failed]\n"`)
		r.event(b, "fail", pkg, "", "", "")
		return
	case "outside":
		r.outside++
		r.event(b, "output", pkg, "", worker, `,"Output":"exit status 3\n"`)
		r.event(b, "fail", pkg, "", worker, "")
		return
	case "cached":
		worker = ""
	}
	count := 1 + r.IntN(2)
	for i := range count {
		for n := range 1 + r.IntN(4) {
			name := fmt.Sprintf("Test%d", n)
			results := []string{"pass", "skip", "fail"}
			if i == count-1 { // a test runs once at a time
				results = append(results, "unended")
			}
			if kind == "cached" {
				results = results[:2]
				r.cached++
			}
			got := r.run(b, pkg, name, worker, results...)
			if got == "fail" {
				result = "fail"
			}
			key := pkg + " " + name
			if r.tests[key] == nil {
				r.tests[key] = &randomTest{}
				r.order = append(r.order, key)
			}
			test := r.tests[key]
			test.first, test.failed = append(test.first, got), test.failed || got == "fail"
		}
	}
	r.event(b, result, pkg, "", worker, "")
}

// again writes a rerun: of failed tests, of others beside them, and of tests that have not
// run before.
func (r *randomRun) again(b *strings.Builder) {
	order := r.order
	for _, key := range order {
		test := r.tests[key]
		pkg, name, _ := strings.Cut(key, " ")
		if !r.failing(pkg) || r.IntN(3) == 0 {
			continue
		}
		got := r.run(b, pkg, name, r.any("gw0", "gw1"), "pass", "pass", "fail", "skip")
		test.later, test.failed = append(test.later, got), test.failed || got == "fail"
		if key += "New"; r.tests[key] == nil && r.IntN(4) == 0 {
			got := r.run(b, pkg, name+"New", "gw1", "pass", "fail", "skip")
			r.tests[key] = &randomTest{later: []string{got}, failed: got == "fail"}
			r.order = append(r.order, key)
		}
	}
}

// failing reports whether a test of a package failed at first: nothing of others runs again.
func (r *randomRun) failing(pkg string) bool {
	for key, test := range r.tests {
		if strings.HasPrefix(key, pkg+" ") && strings.Contains(strings.Join(test.first, " "), "fail") {
			return true
		}
	}
	return false
}

// want returns what the events mean.
func (r *randomRun) want() report.Figures {
	f := report.Figures{Tests: r.outside, Failed: r.outside}
	for _, test := range r.tests {
		results := test.first
		if n := len(test.later); n > 0 {
			results = test.later[n-1:]
		}
		for _, result := range results {
			f.Tests++
			switch {
			case result == "fail":
				f.Failed++
			case result == "skip":
				f.Skipped++
			case test.failed && len(test.later) > 0:
				f.Flaky++
			}
		}
	}
	return f
}

// checkFigures checks that everything that shows figures has those of a run.
func checkFigures(t *testing.T, r *randomRun, opts option.Options) {
	opts.HTML, opts.JUnit = "x", option.JUnit{File: "x", Style: option.JUnitSurefire}
	if opts.Merge != nil { // which does not keep all tests
		opts.JUnit = option.JUnit{}
	}
	h := noting(t, opts, io.Discard)
	var exec *testjson.Execution
	for attempt, text := range r.attempts {
		h.Keep = h.Keep || attempt > 0
		var err error
		exec, err = h.Scan(testjson.ScanConfig{RunID: attempt, Execution: exec, Stdout: strings.NewReader(text)})
		if err != nil {
			t.Fatal(err)
		}
	}
	want, counted := r.want(), h.Count(exec)
	if counted.All != want {
		t.Fatalf("counted %+v, want %+v in\n%s", counted.All, want, strings.Join(r.attempts, "again\n"))
	}
	if sum := want.Passed() + want.Failed + want.Flaky + want.Skipped; sum != want.Tests || want.Passed() < 0 {
		t.Errorf("%+v does not add up", want)
	}
	table := h.Tally.Report(counted, []report.Shard{{Worker: "gw0"}, {Worker: "gw1"}}, report.Shards{})
	var rows, packages report.Figures
	for _, shard := range table.Shards {
		row := report.Figures{Tests: shard.Tests, Failed: shard.Failed, Flaky: shard.Flaky, Skipped: shard.Skipped}
		if row.Passed() < 0 {
			t.Errorf("the row of %s is %+v", shard.Worker, row)
		}
		rows.Add(row)
	}
	for _, pkg := range counted.ByPackage {
		packages.Add(pkg)
	}
	rows.Tests += r.cached
	if rows.Tests != want.Tests || rows.Failed != want.Failed || rows.Flaky != want.Flaky || packages != want {
		t.Errorf("the table has %+v, the packages %+v, want %+v", rows, packages, want)
	}
	if opts.Merge == nil {
		checkJUnit(t, r, exec, want)
	}
	s := summary{Outcome: Outcome{Execution: exec, Noted: h, Counted: counted}, opts: opts}
	people := s.collect(exec, table, s.places(exec).failures())
	if people.Tests != want.Tests || people.Passed != want.Passed() || people.Failed != want.Failed || people.FlakyTests != want.Flaky || people.Skipped != want.Skipped {
		t.Errorf("the summary for people has %+v, want %+v", people, want)
	}
}

// checkJUnit checks a JUnit file, where a package that was not built is one more test.
func checkJUnit(t *testing.T, r *randomRun, exec *testjson.Execution, want report.Figures) {
	var file bytes.Buffer
	junit := report.JUnit{BuildErrors: map[string]string{}, Failures: func(testjson.TestCase) report.FailureNote { return report.FailureNote{} }}
	if err := junit.WriteSurefire(&file, exec); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Suites   []struct {
			Cases []struct {
				Skipped *struct{}  `xml:"skipped"`
				Flaky   []struct{} `xml:"flakyFailure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(file.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	have := report.Figures{Tests: got.Tests - r.broken, Failed: got.Failures + got.Errors - r.broken}
	for _, suite := range got.Suites {
		for _, c := range suite.Cases {
			switch {
			case c.Skipped != nil:
				have.Skipped++
			case len(c.Flaky) > 0:
				have.Flaky++
			}
		}
	}
	if have != want {
		t.Errorf("the JUnit file has %+v, want %+v", have, want)
	}
}

// TestFiguresAgree: for random results, tests = passed + failed + flaky + skipped, and they
// are the same everywhere.
func TestFiguresAgree(t *testing.T) {
	for seed := range uint64(60) {
		r := newRandomRun(seed)
		checkFigures(t, r, option.Options{Distribution: option.Distribution{Workers: 2}, Reruns: option.Reruns{RerunFails: 2, RerunFailsStrict: true}})
		checkFigures(t, r, option.Options{Merge: &option.Merge{Workers: []string{"gw0", "gw1"}}})
		if t.Failed() {
			t.Fatalf("seed %d\n%s", seed, strings.Join(r.attempts, "again\n"))
		}
	}
}

func FuzzFiguresAgree(f *testing.F) {
	f.Add(uint64(0))
	f.Fuzz(func(t *testing.T, seed uint64) {
		checkFigures(t, newRandomRun(seed), option.Options{Distribution: option.Distribution{Workers: 2}, Reruns: option.Reruns{RerunFails: 2, RerunFailsStrict: true}})
	})
}
