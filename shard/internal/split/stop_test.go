package split

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

// TestHalt: running tests end as skipped when the run is halted.
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
			[]string{"    gotestshard: stopped: enough\n", "gotestshard: stopped: enough; 1 test of this package did not run\n", "FAIL\n"}},
		{"of --dist loadfile", suite{tests: "TestA:pass TestB:hangs TestC:pass", mode: plan.LoadFile}, "TestA=PASS TestB=SKIP TestB/sub=SKIP",
			[]string{"gotestshard: stopped: enough; 1 test of this package did not run\n"}},
		{"of --dist loadgroup", suite{tests: "TestA:pass TestB:hangs TestC:pass", mode: plan.LoadGroup}, "TestA=PASS TestB=SKIP TestB/sub=SKIP",
			[]string{"gotestshard: stopped: enough; 1 test of this package did not run\n"}},
		{"of --dist worksteal", suite{tests: "TestA:pass TestB:hangs TestC:pass", mode: plan.WorkSteal}, "TestA=PASS TestB=SKIP TestB/sub=SKIP",
			[]string{"gotestshard: stopped: enough; 1 test of this package did not run\n"}},
		{"with a paused test", suite{tests: "TestA:parallel TestB:hangs TestC:pass"}, "TestA=SKIP TestB=SKIP TestB/sub=SKIP",
			[]string{"gotestshard: stopped: enough; 2 tests of this package did not run\n"}},
		{"a whole package", suite{tests: "TestA:parallel TestB:hangs TestC:pass", whole: true}, "TestA=SKIP TestB=SKIP TestB/sub=SKIP",
			[]string{"    gotestshard: stopped: enough\n", "gotestshard: stopped: enough; 2 tests of this package did not run\n"}},
		{"a whole package with unknown tests", suite{tests: "TestB:hangs", listed: " ", whole: true}, "TestB=SKIP TestB/sub=SKIP",
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
					t.Errorf("the text does not contain %q", want)
				}
			}
			if t.Failed() {
				t.Log(o.text)
			}
		})
	}
}

// TestHaltBeforeAnythingRan: then nothing is started.
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

// TestNoFurtherProcess: a batch may need several processes. None of them starts after the
// run was halted or interrupted.
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
			if left := fold(r.outcomes.list()).left; h.started != 0 || left != 2 {
				t.Errorf("%d processes started, %d tests are left, want 0 and 2: %q", h.started, left, h.text.String())
			}
		})
	}
}

// TestNoFurtherProcessAfterAFailureOutsideTheTests: a failure or hang there would happen
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
		if h.started != 1 || !r.outcomes.broken() {
			t.Errorf("%s: %d processes started, want 1: %q", main, h.started, h.text.String())
		}
	}
}

// TestHaltAfterEverythingRan: a package with nothing left to run keeps its result.
func TestHaltAfterEverythingRan(t *testing.T) {
	t.Parallel()
	s := suite{tests: three}
	splitter, h := s.splitter(t), newHook()
	r := newRun(t, splitter, s, h)
	r.outcomes.add(outcome{how: gotThrough, ran: []string{"TestA", "TestB", "TestC"}})
	splitter.Halt(errors.New("enough"))
	code, err := r.finish(nil)
	if text := h.text.String(); code != 0 || err != nil || text != "\x16PASS\n" {
		t.Errorf("code %d, %v, %q", code, err, text)
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

// TestAnInterruptedRun: tests without a worker are reported as not run, running tests fail.
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
