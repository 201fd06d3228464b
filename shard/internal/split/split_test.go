package split

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

const three = "TestA:pass TestB:pass TestC:pass"

// TestASplitPackageEndsAsOneProcessWould, or says by name what did not run.
func TestASplitPackageEndsAsOneProcessWould(t *testing.T) {
	t.Parallel()
	const allPass = "TestA=PASS TestB=PASS TestC=PASS"
	for _, c := range []struct {
		name     string
		suite    suite
		code     int
		results  string
		complete bool
		says     []string // lines, or parts of them
		never    []string
	}{
		{"one process", suite{tests: three}, 0, allPass, true, []string{"PASS\n", "before the tests\n", "text of TestB\n"}, []string{"gotestshard"}},
		{"several", suite{tests: three, workers: 3, apart: true}, 0, allPass, true, []string{"PASS\n"}, []string{"gotestshard", "FAIL"}},
		{"a failure and a skip", suite{tests: "TestA:fail TestB:skip TestC:pass", workers: 2, apart: true}, 1, "TestA=FAIL TestB=SKIP TestC=PASS", true,
			[]string{"FAIL\n", "the same tests in one process: run p again"}, []string{"\nPASS\n"}},
		{"a failure of a process that ran everything", suite{tests: "TestA:fail TestB:pass"}, 1, "TestA=FAIL TestB=PASS", true, []string{"FAIL\n"}, []string{"run p again"}},
		{"every worker runs everything", suite{tests: "TestA:pass TestB:pass", workers: 2, each: true}, 0,
			"TestA@gw0=PASS TestA@gw1=PASS TestB@gw0=PASS TestB@gw1=PASS", false, nil, nil},
		{"a selection", suite{tests: three, listed: "TestA TestC", args: "-test.run=TestA|TestC", workers: 2, apart: true}, 0, "TestA=PASS TestC=PASS", false, nil, nil},

		// What ran is compared with what was listed.
		{"a test that the binary does not have", suite{tests: three, listed: "TestA TestB TestC TestD", workers: 2, apart: true}, 1, allPass + " TestD=FAIL", false,
			[]string{"not run: the source lists it, but the test binary did not come to it", "//gotestshard:together"}, nil},
		{"the same in one process", suite{tests: three, listed: "TestA TestB TestC TestD"}, 1, allPass + " TestD=FAIL", false, nil, nil},
		{"on one of two workers", suite{tests: "TestA:pass", listed: "TestA TestD", workers: 2, each: true}, 1,
			"TestA@gw0=PASS TestA@gw1=PASS TestD@gw0=FAIL TestD@gw1=FAIL", false, nil, nil},
		{"every worker has no more restarts", suite{tests: "TestA:panics TestB:pass", workers: 2, each: true}, 2,
			"TestA@gw0=FAIL TestA@gw1=FAIL TestB@gw0=FAIL TestB@gw1=FAIL", false, []string{"not run: gw1 crashed more than 0 times"}, []string{"the source lists it", "ran in"}},
		{"TestMain chooses", suite{tests: three, main: "only TestA", workers: 2, apart: true}, 1, "TestA=PASS,PASS,PASS TestB=FAIL TestC=FAIL TestMain=FAIL", false,
			[]string{"TestA ran in 3 test processes"}, nil},
		{"TestMain runs all each time", suite{tests: three, main: "deaf", workers: 3, apart: true}, 1,
			"TestA=PASS,PASS,PASS TestB=PASS,PASS,PASS TestC=PASS,PASS,PASS TestMain=FAIL", true, []string{"TestA ran in 3 test processes", "TestB ran in 3", "TestC ran in 3"}, nil},
		{"a test twice in one process is the binary's own matter", suite{tests: "TestA:pass TestA:pass TestB:pass", listed: "TestA TestB", workers: 2, apart: true}, 0,
			"TestA=PASS,PASS TestB=PASS", true, nil, []string{"gotestshard"}},
		{"what the source does not show runs with the last", suite{tests: three + " TestD:pass", listed: "TestA TestB TestC", hides: true, workers: 2, apart: true}, 0,
			allPass + " TestD=PASS", true, nil, []string{"gotestshard"}},

		// A part of a package.
		{"a part", suite{tests: three, listed: "TestA", others: "TestB TestC"}, 0, "TestA=PASS", false, []string{"PASS\n"}, []string{"gotestshard"}},
		{"a part on two workers", suite{tests: three + " TestD:pass", listed: "TestA TestB", others: "TestC TestD", workers: 2, apart: true}, 0, "TestA=PASS TestB=PASS", false,
			nil, []string{"gotestshard"}},
		{"a part with what the source does not show", suite{tests: three + " TestD:pass", listed: "TestA TestB", others: "TestC", hides: true}, 0,
			"TestA=PASS TestB=PASS TestD=PASS", false, nil, []string{"gotestshard"}},
		{"the same on two workers", suite{tests: three + " TestD:pass", listed: "TestA TestB", others: "TestC", hides: true, workers: 2, apart: true}, 0,
			"TestA=PASS TestB=PASS TestD=PASS", false, nil, []string{"gotestshard"}},
		{"a failure in a part", suite{tests: "TestA:fail TestB:pass TestC:pass", listed: "TestA TestB", others: "TestC"}, 1, "TestA=FAIL TestB=PASS", false,
			[]string{"the same tests in one process: run p again"}, nil},
		{"a crash in a part", suite{tests: "TestA:panics TestB:pass TestC:pass", listed: "TestA TestB", others: "TestC", restarts: 1}, 2, "TestA=FAIL TestB=PASS", false, nil, nil},
		{"TestMain runs more than a part", suite{tests: three, main: "deaf", listed: "TestA", others: "TestB TestC"}, 1, allPass + " TestMain=FAIL", false,
			[]string{"gotestshard: TestB belongs to another part but ran here; if TestMain chooses", "gotestshard: TestC belongs"}, []string{"TestA ran"}},

		// Processes that end well without a test.
		{"TestMain is content without the tests", suite{tests: three, main: "content", workers: 3, apart: true}, 0, "", false,
			[]string{"TestMain exited 0 without running any of the 3 listed tests\n"}, []string{"PASS", "FAIL"}},
		{"the binary finds none of those it is told to run", suite{tests: "TestX:pass", listed: "TestA TestB", workers: 2, apart: true}, 1, "TestA=FAIL TestB=FAIL", false,
			[]string{"not run: the source lists it"}, []string{"exited 0 without"}},
		{"it finds none and has no verdict", suite{tests: three, main: "empty", workers: 2, apart: true}, 1, "TestA=FAIL TestB=FAIL TestC=FAIL", false,
			[]string{"not run: the source lists it"}, []string{"exited 0 without"}},

		// Crashes.
		{"before the first test", suite{tests: three, main: "exits3"}, 3, "", false,
			[]string{"none of the 3 tests of this package ran\n", "gotestshard: the test process on gw0 ended before its first test (exit status 3)\n", "FAIL\n"}, nil},
		{"of a program that cannot start", suite{tests: three, command: "/nowhere/p.test"}, 1, "", false, []string{"none of the 3 tests of this package ran\n", "FAIL\n"}, nil},
		{"of one process before its first test", suite{tests: three, main: "second-exits3", workers: 2, apart: true}, 3, "TestA=PASS TestB=FAIL TestC=FAIL TestMain=FAIL", false,
			[]string{"=== RUN   TestMain\nbefore the tests\n", "ended before its first test (exit status 3)\n", "not run: a test process of this package failed outside its tests"}, nil},
		{"after the last test", suite{tests: three, main: "fails-after 3"}, 3, "TestA=PASS TestB=PASS TestC=PASS TestMain=FAIL", false,
			[]string{"after the tests\n    gotestshard: the test process on gw0 failed after its tests had passed (exit status 3)\n--- FAIL: TestMain"}, nil},
		{"after a test that failed", suite{tests: "TestA:fail TestB:pass", main: "fails-after 0"}, 1, "TestA=FAIL TestB=PASS", true, []string{"FAIL\n"}, []string{"TestMain"}},
		{"without a failed test", suite{tests: "TestA:pass TestB:pass", main: "finds-race"}, 1, "TestA=PASS TestB=PASS TestMain=FAIL", false,
			[]string{"the test process on gw0 failed, though none of its tests did"}, nil},
		{"the others go on", suite{tests: "TestA:pass TestB:panics TestC:pass", restarts: 1}, 2, "TestA=PASS TestB=FAIL TestC=PASS", true,
			[]string{"the test process on gw0 crashed while running TestB (exit status 2); the one test of its batch that had not started goes on in a new process", "panic: boom"}, nil},
		{"a paused test is run again", suite{tests: "TestA:parallel TestB:panics TestC:pass", restarts: 1}, 2, "TestA=PASS TestB=FAIL TestC=PASS", true,
			[]string{"the 2 tests of its batch"}, nil},
		{"exit 0 in the middle is one", suite{tests: "TestA:exits0 TestB:pass", restarts: 1}, 1, "TestA=FAIL TestB=PASS", true, []string{"crashed while running TestA (exit status 0)"}, nil},
		{"no more restarts", suite{tests: "TestA:panics TestB:panics TestC:pass TestD:pass", restarts: 1}, 2, "TestA=FAIL TestB=FAIL TestC=FAIL TestD=FAIL", false,
			[]string{"not run: gw0 crashed more than 1 times (--max-worker-restart)"}, []string{"the 2 tests of its batch"}},
		{"the last test", suite{tests: "TestA:pass TestB:panics"}, 2, "TestA=PASS TestB=FAIL", false, []string{"crashed while running TestB"}, []string{"go on"}},

		{"between two tests", suite{tests: "TestA:parallel TestB:dies TestC:pass", restarts: 1}, 2, "TestA=PASS TestB=PASS TestC=PASS TestMain=FAIL", true,
			[]string{"the test process on gw0 crashed (exit status 2); the 2 tests of its batch"}, nil},
		{"between two tests with 0", suite{tests: "TestA:leaves TestB:pass", restarts: 1}, 1, "TestA=PASS TestB=PASS TestMain=FAIL", true,
			[]string{"the test process on gw0 crashed (exit status 0); the one test of its batch"}, nil},

		// A test that sets os.Stdout takes what is printed after all tests with it.
		{"without a verdict", suite{tests: "TestA:mute TestB:pass"}, 0, "TestA=PASS TestB=PASS", true, []string{"PASS\n"}, []string{"gotestshard"}},
		{"without a verdict, on several workers", suite{tests: three + " TestD:mute", workers: 4, apart: true}, 0, "TestA=PASS TestB=PASS TestC=PASS TestD=PASS", true,
			[]string{"PASS\n"}, []string{"gotestshard"}},
		{"without a verdict beside parallel tests", suite{tests: "TestA:parallel TestB:mute TestC:parallel"}, 0, "TestA=PASS TestB=PASS TestC=PASS", true, nil, []string{"gotestshard"}},
		{"without a verdict after a failure", suite{tests: "TestA:mute TestB:fail TestC:pass"}, 1, "TestA=PASS TestB=FAIL TestC=PASS", true, []string{"FAIL\n"}, []string{"crashed"}},
		{"without a verdict after a failure with -failfast", suite{tests: "TestA:mute TestB:fail TestC:pass", failFast: true}, 1, "TestA=PASS TestB=FAIL", false,
			[]string{"stopped: TestB of p failed (-failfast); 1 tests of this package did not run\n"}, []string{"crashed"}},
		{"fuzz tests and examples that nobody sees", suite{tests: "TestA:mute TestB:pass FuzzC:pass ExampleD:pass"}, 0,
			"ExampleD=PASS FuzzC=PASS TestA=PASS TestB=PASS", true, []string{"PASS\n"}, []string{"gotestshard"}},
		{"a crash without a verdict", suite{tests: "TestA:mute TestB:panics TestC:pass", restarts: 1}, 2, "TestA=PASS TestB=FAIL TestC=PASS", true,
			[]string{"crashed while running TestB (exit status 2)"}, nil},
		{"an end with 0 in a test without a verdict", suite{tests: "TestA:mute TestB:exits0 TestC:pass", restarts: 1}, 1, "TestA=PASS TestB=FAIL TestC=PASS", true,
			[]string{"crashed while running TestB (exit status 0)"}, nil},

		// A test that starts a process with its own arguments and output.
		{"a test within another", suite{tests: "TestA:pass TestB:starts TestC:pass", workers: 3, apart: true}, 0, "TestA=PASS,PASS TestB=PASS TestC=PASS", true,
			[]string{"PASS\n"}, []string{"gotestshard"}},
		{"a test within another of the same process", suite{tests: "TestB:starts TestA:pass"}, 0, "TestA=PASS,PASS TestB=PASS", true, nil, []string{"gotestshard"}},
		{"a test within another that crashes", suite{tests: "TestB:startspanics TestA:pass", restarts: 1}, 3, "TestA=PASS,PASS TestB=FAIL", true,
			[]string{"crashed while running TestB (exit status 3); the one test of its batch"}, nil},
		{"a test of another part within one", suite{tests: "TestA:pass TestB:starts TestC:pass", listed: "TestB TestC", others: "TestA"}, 0, "TestA=PASS TestB=PASS TestC=PASS", false,
			nil, []string{"gotestshard"}},
		{"a test that fails within another", suite{tests: "TestB:startsfails TestC:pass", failFast: true}, 0, "TestA=FAIL TestB=PASS TestC=PASS", false, nil, []string{"gotestshard"}},
		{"a test that TestMain adds, within another that crashes", suite{tests: "TestB:startspanics TestC:pass TestA:pass", listed: "TestB TestC", hides: true, restarts: 1}, 3,
			"TestA=PASS,PASS TestB=FAIL TestC=PASS", true, nil, nil},

		// The first failure stops everything.
		{"-failfast", suite{tests: "TestA:fail TestB:pass TestC:pass", failFast: true}, 1, "TestA=FAIL", false,
			[]string{"stopped: TestA of p failed (-failfast); 2 tests of this package did not run\n"}, nil},
		{"-failfast and the last test", suite{tests: "TestA:pass TestB:fail", failFast: true}, 1, "TestA=PASS TestB=FAIL", false, nil, []string{"did not run"}},
		{"-failfast and a crash", suite{tests: "TestA:panics TestB:pass TestC:pass", failFast: true, restarts: 4}, 2, "TestA=FAIL", false,
			[]string{"stopped: TestA of p failed (-failfast); 2 tests of this package did not run\n"}, []string{"go on"}},
		{"-failfast and a crash between two tests", suite{tests: "TestA:parallel TestB:dies TestC:pass", failFast: true, restarts: 4}, 2, "TestA=SKIP TestB=PASS TestMain=FAIL", false,
			[]string{"stopped: a test process of p crashed (-failfast); 2 tests of this package did not run\n"}, []string{"go on"}},
		{"-failfast and a crash beside a paused test", suite{tests: "TestA:parallel TestB:panics TestC:pass", failFast: true, restarts: 4}, 2, "TestA=SKIP TestB=FAIL", false,
			[]string{"stopped: TestB of p failed (-failfast); 2 tests of this package did not run\n"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := c.suite.run(t, nil)
			if o.err != nil {
				t.Error(o.err)
			}
			if o.code != c.code || o.results != c.results || o.complete != c.complete {
				t.Errorf("code %d, %q, complete %v; want %d, %q, %v", o.code, o.results, o.complete, c.code, c.results, c.complete)
			}
			for _, want := range c.says {
				if !strings.Contains(o.text, want) {
					t.Errorf("it does not say %q", want)
				}
			}
			for _, not := range c.never {
				if strings.Contains(o.text, not) {
					t.Errorf("it says %q", not)
				}
			}
			if t.Failed() {
				t.Log(o.text)
			}
		})
	}
}

// TestHalt: what runs when the run is halted ends as skipped.
func TestHalt(t *testing.T) {
	t.Parallel()
	halts := func(s *Splitter, h *hook) {
		h.await("=== RUN   TestB/sub")
		s.Halt(errors.New("enough"))
	}
	for _, c := range []struct {
		name    string
		suite   suite
		results string
		says    []string
	}{
		{"in the middle of a process", suite{tests: "TestA:pass TestB:hangs TestC:pass"}, "TestA=PASS TestB=SKIP TestB/sub=SKIP",
			[]string{"    gotestshard: stopped: enough\n", "gotestshard: stopped: enough; 1 tests of this package did not run\n", "FAIL\n"}},
		{"beside a paused test", suite{tests: "TestA:parallel TestB:hangs TestC:pass"}, "TestA=SKIP TestB=SKIP TestB/sub=SKIP",
			[]string{"gotestshard: stopped: enough; 2 tests of this package did not run\n"}},
		{"a whole package", suite{tests: "TestA:parallel TestB:hangs TestC:pass", whole: true}, "TestA=SKIP TestB=SKIP TestB/sub=SKIP",
			[]string{"    gotestshard: stopped: enough\n", "gotestshard: stopped: enough; 2 tests of this package did not run\n"}},
		{"a whole package whose tests nobody knows", suite{tests: "TestB:hangs", listed: " ", whole: true}, "TestB=SKIP TestB/sub=SKIP",
			[]string{"gotestshard: stopped: enough; the other tests of this package did not run\n"}},
		{"every worker runs everything", suite{tests: "TestB:hangs", each: true, workers: 1}, "TestB@gw0=SKIP TestB@gw0/sub=SKIP",
			[]string{"gotestshard: stopped: enough; 0 tests of this package did not run\n"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			await := halts
			if c.suite.each {
				await = func(s *Splitter, h *hook) { h.await("=== RUN   TestB@gw0/sub"); s.Halt(errors.New("enough")) }
			}
			o := c.suite.run(t, await)
			if o.code != 1 || o.results != c.results || o.complete || o.err != nil {
				t.Errorf("code %d, %q, complete %v, %v; want %q", o.code, o.results, o.complete, o.err, c.results)
			}
			for _, m := range o.record.Measured() {
				for test := range m.Tests {
					if test != "TestA" || !strings.Contains(c.results, "TestA=PASS") {
						t.Errorf("%s is in the history", test)
					}
				}
			}
			for _, want := range c.says {
				if !strings.Contains(o.text, want) {
					t.Errorf("it does not say %q", want)
				}
			}
			if t.Failed() {
				t.Log(o.text)
			}
		})
	}
}

// TestHaltBeforeAnythingRan: nothing is started then.
func TestHaltBeforeAnythingRan(t *testing.T) {
	t.Parallel()
	for _, whole := range []bool{false, true} {
		s := suite{tests: three, whole: whole}
		splitter, h := s.splitter(t), newHook()
		splitter.Halt(errors.New("enough"))
		splitter.Halt(errors.New("the second reason"))
		code, err := splitter.Run(t.Context(), s.binary(t), h, func(int, []string) {})
		text := strings.ReplaceAll(h.text.String(), "\x16", "")
		want := "gotestshard: stopped: enough; 3 tests of this package did not run\nFAIL\n"
		if whole {
			want = "gotestshard: not run: enough\n"
		}
		if code != 1 || err != nil || text != want || h.started != 0 {
			t.Errorf("whole %v: code %d, %v, %q, want %q", whole, code, err, text, want)
		}
	}
}

// TestNoFurtherProcess: a batch may take several, of which none starts when the run is
// halted or interrupted meanwhile.
func TestNoFurtherProcess(t *testing.T) {
	t.Parallel()
	for name, stop := range map[string]func(*Splitter){
		"halted":      func(s *Splitter) { s.Halt(errors.New("enough")) },
		"interrupted": func(s *Splitter) { s.Stop.Interrupt() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := suite{tests: three}
			splitter, h := s.splitter(t), newHook()
			r := newRun(t, splitter, s, h)
			stop(splitter)
			r.batch(t.Context(), plan.Batch{Tests: r.Package.Tests[:2]})
			if h.started != 0 || r.left != 2 {
				t.Errorf("%d processes started, %d tests are left, want 0 and 2: %q", h.started, r.left, h.text.String())
			}
		})
	}
}

// TestNoFurtherProcessAfterAFailureOutsideTheTests: what hangs or fails there does so
// in each process.
func TestNoFurtherProcessAfterAFailureOutsideTheTests(t *testing.T) {
	t.Parallel()
	for _, main := range []string{"exits3", "fails-after 1", "finds-race"} {
		s := suite{tests: three, main: main}
		h := newHook()
		r := newRun(t, s.splitter(t), s, h)
		job := plan.New(plan.Load, 1).Add(r.Package)
		r.batch(t.Context(), plan.Batch{Job: job, Tests: r.Package.Tests[:1]})
		r.batch(t.Context(), plan.Batch{Job: job, Tests: r.Package.Tests[1:]})
		if h.started != 1 || !r.broken {
			t.Errorf("%s: %d processes started, want 1: %q", main, h.started, h.text.String())
		}
	}
}

// TestHaltAfterEverythingRan: a package of which nothing is left has its own result.
func TestHaltAfterEverythingRan(t *testing.T) {
	t.Parallel()
	s := suite{tests: three}
	splitter, h := s.splitter(t), newHook()
	r := newRun(t, splitter, s, h)
	r.count([]string{"TestA", "TestB", "TestC"})
	r.through = true
	splitter.Halt(errors.New("enough"))
	code, err := r.finish(nil)
	if text := h.text.String(); code != 0 || err != nil || text != "\x16PASS\n" {
		t.Errorf("code %d, %v, %q", code, err, text)
	}
}

// newRun is a run of which nothing has run.
func newRun(t *testing.T, splitter *Splitter, s suite, h *hook) *run {
	t.Helper()
	b := s.binary(t)
	r := splitter.newRun(t.Context(), b, h, func(int, []string) {})
	var err error
	if r.parts, err = gotest.NewParts(r.args, b.Task.Dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.parts.Close() })
	return r
}

// TestCompare is the comparison of what ran with what was listed.
func TestCompare(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		each    int
		ran     string // names, one for each process that ran it
		broken  bool
		failed  bool
		results string
		says    string
	}{
		{"each once", 0, "TestA TestB TestC", false, false, "", ""},
		{"one is missing", 0, "TestA TestC", false, true, "TestB=FAIL", "not run: the source lists it"},
		{"all are", 0, "", false, true, "TestA=FAIL TestB=FAIL TestC=FAIL", ""},
		{"one twice", 0, "TestA TestB TestB TestC", false, true, "TestMain=FAIL", "gotestshard: TestB ran in 2 test processes; "},
		{"one missing, one thrice", 0, "TestB TestB TestB TestC", false, true, "TestA=FAIL TestMain=FAIL", "gotestshard: TestB ran in 3 test processes; "},
		{"one that the source does not show", 0, "TestA TestB TestC TestX", false, false, "", ""},
		{"that one twice", 0, "TestA TestB TestC TestX TestX", false, true, "TestMain=FAIL", "TestX ran in 2"},
		{"missing after a failed start", 0, "TestA", true, true, "TestB=FAIL TestC=FAIL", "not run: a test process of this package failed outside its tests"},
		{"nothing missing after a failed start", 0, "TestA TestB TestC", true, false, "", ""},
		{"on each of two", 2, "TestA@gw0 TestA@gw1 TestB@gw1 TestB@gw0 TestC@gw0 TestC@gw1", false, false, "", ""},
		{"on one of two", 2, "TestA@gw0 TestA@gw1 TestB@gw1 TestC@gw0 TestC@gw1", false, true, "TestB@gw0=FAIL", ""},
		{"none on one of two", 2, "TestA@gw0 TestB@gw0 TestC@gw0", false, true, "TestA@gw1=FAIL TestB@gw1=FAIL TestC@gw1=FAIL", ""},
		{"twice on one of two", 2, "TestA@gw0 TestA@gw1 TestA@gw1 TestB@gw0 TestB@gw1 TestC@gw0 TestC@gw1", false, true, "TestMain@gw0=FAIL", "TestA@gw1 ran in 2"},
		{"none on one after a failed start", 2, "TestA@gw0 TestB@gw0 TestC@gw0", true, true, "TestA@gw1=FAIL TestB@gw1=FAIL TestC@gw1=FAIL", "not run: a test process"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHook()
			s := suite{tests: three}
			r := newRun(t, s.splitter(t), s, h)
			r.Each, r.broken = c.each, c.broken
			r.count(strings.Fields(c.ran))
			r.compare()
			r.outside.write(r.merge)
			text := h.text.String()
			if r.failed != c.failed || results(text) != c.results || !strings.Contains(text, c.says) || c.says == "" && c.results == "" && text != "" {
				t.Errorf("failed %v, %q", r.failed, text)
			}
		})
	}
}

// TestArguments are those of the process of a batch.
func TestArguments(t *testing.T) {
	t.Parallel()
	common := []string{"-test.paniconexit0", "-test.v=test2json"}
	for _, c := range []struct {
		name  string
		suite suite
		batch plan.Batch
		names []string
		want  []string
		ok    bool
	}{
		{"all tests as the user selects them", suite{tests: three}, plan.Batch{All: true, Last: true}, []string{"TestA", "TestB", "TestC"}, common, true},
		{"a whole package", suite{tests: three, whole: true}, plan.Batch{}, nil, common, true},
		{"some", suite{tests: three}, plan.Batch{}, []string{"TestA"}, nil, false},
		{"the last", suite{tests: three}, plan.Batch{Last: true}, []string{"TestA"}, nil, false},
		{"the last where there may be more", suite{tests: three, hides: true}, plan.Batch{Last: true}, []string{"TestA"},
			append([]string{"-test.skip=^(TestB|TestC)$"}, common...), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRun(t, c.suite.splitter(t), c.suite, newHook())
			args, ok := r.allArguments(c.batch, c.names)
			if ok != c.ok || !slices.Equal(args, c.want) {
				t.Errorf("%q, %v, want %q", args, ok, c.want)
			}
		})
	}
}

// TestAlone: what a rerun of all that is here is given.
func TestAlone(t *testing.T) {
	t.Parallel()
	long := "Test" + strings.Repeat("x", gotest.LongestPattern)
	for _, c := range []struct {
		name  string
		suite suite
		want  string // in front of the other arguments
	}{
		{"all of a package", suite{tests: three}, ""},
		{"a part", suite{tests: "TestA TestB", others: "TestC"}, "-test.run=^(TestA|TestB)$"},
		{"with a selection", suite{tests: "TestA TestB", others: "TestC", args: "-test.run=Test[AC]"}, "-test.run=^TestA$"},
		{"with the rest", suite{tests: "TestA TestB", others: "TestC", hides: true}, "-test.skip=^TestC$"},
		{"with too long a rest", suite{tests: "TestA", others: long, hides: true}, "-test.run=^TestA$"},
		{"too long", suite{tests: long, others: "TestC"}, "-test.skip=^TestC$"},
	} {
		b := c.suite.binary(t)
		before := strings.Join(b.Task.Command, " ")
		common := b.Task.Command[1:3]
		got := b.Alone(b.Task).Command
		want := slices.Concat(b.Task.Command[:1], strings.Fields(c.want), common)
		if !slices.Equal(got, want) || strings.Join(b.Task.Command, " ") != before {
			t.Errorf("%s: %.200q, want %.200q", c.name, got[1:], want[1:])
		}
	}
}

func TestFramed(t *testing.T) {
	for _, c := range [][2]string{
		{"-test.v=true -test.run=^TestV$", "-test.v=test2json -test.run=^TestV$"},
		{"-test.v=false", "-test.v=test2json"},
		{"-test.v=test2json", "-test.v=test2json"},
		{"-test.vet=off", "-test.vet=off"},
		{"", ""},
	} {
		before := strings.Fields(c[0])
		if got := strings.Join(framed(before), " "); got != c[1] || strings.Join(before, " ") != c[0] {
			t.Errorf("%q became %q", c[0], got)
		}
	}
}

func TestSelectsAll(t *testing.T) {
	for args, want := range map[string]bool{
		"": true, "-test.v=test2json -test.count=2": true, "-test.run=A": false, "-test.skip=A": false, "-test.list=A": false,
		"-test.failfast=true": false, "-test.runs=1": true,
	} {
		if got := selectsAll(strings.Fields(args)); got != want {
			t.Errorf("%q: %v", args, got)
		}
	}
}

// TestRepro: each failed test is told the command, but not again when it is long.
func TestRepro(t *testing.T) {
	for _, c := range []struct {
		name    string
		command string
		all     bool
		others  string
		want    [3]string // of two tests and a subtest
	}{
		{"a short command", "go test", false, "", [3]string{"go test", "go test", ""}},
		{"a long one", strings.Repeat("x", longRepro+1), false, "", [3]string{strings.Repeat("x", longRepro+1), "as with TestA", ""}},
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
				want = "    gotestshard: the same tests in one process: " + want + "\n"
			}
			if got := a.repro(name); got != want {
				t.Errorf("%s: %s is told %q, want %q", c.name, name, got, want)
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
			"the test process on gw3 crashed while running TestA/sub, TestA (exit status 2); the 5 tests of its batch that had not started go on in a new process"},
		{[]string{"TestA"}, 0, 5, false, "the test process on gw3 crashed while running TestA (exit status 0)"},
		{nil, 1, 0, false, "the test process on gw3 crashed"}, // by a signal, of which the output tells
	} {
		if got := a.crash(c.running, c.code, c.left, c.goesOn); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// TestCoverageLine: testing's own words around the percentage of all processes.
func TestCoverageLine(t *testing.T) {
	for _, c := range []struct{ own, percent, want string }{
		{"coverage: 12.5% of statements", "80.0%", "coverage: 80.0% of statements"},
		{"coverage: 12.5% of statements in ./...", "80.0%", "coverage: 80.0% of statements in ./..."},
		{"coverage: [no statements]", "[no statements]", "coverage: [no statements]"},
		{"coverage: 12.5% of statements", "", "coverage: 12.5% of statements"},
		{"", "80.0%", ""},
	} {
		r := run{coverage: c.own}
		if got := r.coverageLine(c.percent); got != c.want {
			t.Errorf("%q, %q: %q, want %q", c.own, c.percent, got, c.want)
		}
	}
}

// TestAHookThatHasGone ends what runs for it.
func TestAHookThatHasGone(t *testing.T) {
	t.Parallel()
	for _, whole := range []bool{false, true} {
		s := suite{tests: "TestA:hangs TestB:pass", whole: whole}
		splitter, h := s.splitter(t), newHook()
		ctx, cancel := context.WithCancel(t.Context())
		var beside sync.WaitGroup
		beside.Go(func() {
			h.await("=== RUN   TestA/sub")
			cancel()
		})
		if code, err := splitter.Run(ctx, s.binary(t), h, func(int, []string) {}); code != 1 || err != nil {
			t.Errorf("whole %v: code %d, %v", whole, code, err)
		}
		h.finish()
		beside.Wait()
	}
}

// TestAnInterruptedRun: what had no worker says so, what ran fails.
func TestAnInterruptedRun(t *testing.T) {
	t.Parallel()
	for _, whole := range []bool{false, true} {
		s := suite{tests: three, whole: whole}
		splitter, h := s.splitter(t), newHook()
		splitter.Stop.Interrupt()
		code, err := splitter.Run(t.Context(), s.binary(t), h, func(int, []string) {})
		if want := "gotestshard: not run: the run was interrupted before a worker was free\n"; code != 1 || err != nil || h.text.String() != want {
			t.Errorf("whole %v: code %d, %v, %q", whole, code, err, h.text.String())
		}
		s = suite{tests: "TestA:pass TestB:hangs TestC:pass", whole: whole}
		o := s.run(t, func(s *Splitter, h *hook) {
			h.await("=== RUN   TestB/sub")
			s.Stop.Kill()
		})
		if o.code == 0 || o.complete || !strings.HasPrefix(o.results, "TestA=PASS TestB=") || strings.Contains(o.results, "TestC") {
			t.Errorf("whole %v: code %d, %q, complete %v", whole, o.code, o.results, o.complete)
		}
	}
}

// TestWholeIsRecorded: a package that stays whole, by how it ended.
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
		{"it is content without its tests", suite{tests: three, main: "content"}, false, ""},
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

// measured is what the history gets.
func measured(o outcome) string {
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

// TestSplitIsRecorded: starts are those of processes that got through.
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

// TestAnOutputThatCannotBeWritten fails the package.
func TestAnOutputThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	s := suite{tests: three}
	splitter, h := s.splitter(t), newHook()
	h.err = errors.New("broken pipe")
	if _, err := splitter.Run(t.Context(), s.binary(t), h, func(int, []string) {}); !errors.Is(err, h.err) {
		t.Errorf("got %v", err)
	}
}

// TestLongNames: names that do not fit on one command line have several processes,
// and one that never does fails.
func TestLongNames(t *testing.T) {
	t.Parallel()
	var names []string
	for i := range 4 {
		names = append(names, fmt.Sprintf("Test%d%s", i, strings.Repeat("x", gotest.LongestPattern*2/5)))
	}
	h := newHook()
	s := suite{tests: "TestA:pass", main: "content"}
	r := newRun(t, s.splitter(t), s, h)
	job := plan.New(plan.Load, 1).Add(r.Package)
	r.some(plan.Batch{Job: job}, names)
	if h.started != 2 || r.failed {
		t.Errorf("%d processes, failed %v: %s", h.started, r.failed, h.text.String())
	}
	r.some(plan.Batch{Job: job}, []string{strings.Repeat("x", gotest.LongestPattern)})
	if h.started != 2 || !r.failed || !strings.Contains(strings.Join(r.outside.notes, ""), "is too long for a command line") {
		t.Errorf("%d processes, failed %v", h.started, r.failed)
	}
}
