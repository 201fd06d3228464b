package text

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/framing/framingtest"
)

// says passes output to a process; in texts here ^ is the marker.
func says(t *testing.T, w io.Writer, text string) {
	t.Helper()
	text = strings.ReplaceAll(text, "^", "\x16")
	if n, err := w.Write([]byte(text)); n != len(text) || err != nil {
		t.Fatalf("Write: %d, %v", n, err)
	}
}

func fixedClock() time.Time { return time.Unix(1000, 0) }

// TestMerge shows what is written after each step.
func TestMerge(t *testing.T) {
	type step struct {
		process  int // 1, 2
		text     string
		want     string
		ended    bool
		failWith string
	}
	tests := map[string][]step{
		"the first lines of the first process are as they are": {
			{1, "init\n--- FAIL: x\nPASS\n^=== RUN   TestA\n", "init\n--- FAIL: x\nPASS\n^=== RUN   TestA\n", false, ""},
		},
		"the first lines of a second process are no framing": {
			{1, "init\n", "init\n", false, ""},
			{2, "--- FAIL: x\nPASS\n=== RUN   x\nhalf", "", false, ""}, // until it is known whether it runs a test
			{1, "more\n", "more\n", false, ""},
			{2, "^=== RUN   TestB\n", "^=== NAME  \n--- FAIL: x\nPASS\n=== RUN   x\nhalf^=== RUN   TestB@gw1\n", false, ""},
		},
		"a process that writes again is at its own test": {
			{1, "^=== RUN   TestA\none\n", "^=== RUN   TestA\none\n", false, ""},
			{2, "^=== RUN   TestB\n", "^=== RUN   TestB@gw1\n", false, ""},
			{1, "two\n", "^=== NAME  TestA\ntwo\n", false, ""},
			{2, "three\n", "^=== NAME  TestB@gw1\nthree\n", false, ""},
		},
		"half a line waits": {
			{1, "^=== RUN   TestA\nhal", "^=== RUN   TestA\n", false, ""},
			{2, "^=== RUN   TestB\n", "^=== RUN   TestB@gw1\n", false, ""},
			{1, "f\n", "^=== NAME  TestA\nhalf\n", false, ""},
			{1, "half", "", false, ""},
			{1, "^=== NAME  \n", "half^=== NAME  \n", false, ""},
			{1, "last", "", false, ""},
			{1, "", "last", true, ""},
		},
		"a framing line is whole": {
			{1, "^=== RUN", "", false, ""},
			{2, "^=== RUN   TestB\n", "^=== RUN   TestB@gw1\n", false, ""},
			{1, "   TestA", "", false, ""},
			{1, "\n", "^=== RUN   TestA\n", false, ""},
			{1, "^--- PASS: TestA", "", false, ""},
			{1, "", "--- PASS: TestA", true, ""},
		},
		"the end of a test stays with what it printed last": {
			{1, "^=== RUN   TestA\n^--- FAIL: TestA (0.10s)\nwhy\n", "^=== RUN   TestA\n", false, ""},
			{2, "^=== RUN   TestB\n", "^=== RUN   TestB@gw1\n", false, ""},
			{1, "also\nhalf", "", false, ""},
			{1, "^=== NAME  \n", "^--- FAIL: TestA (0.10s)\nwhy\nalso\nhalf^=== NAME  \n", false, ""},
			{2, "^--- PASS: TestB (0.00s)\nx", "", false, ""},
			{1, "y\n", "y\n", false, ""},
			{2, "", "^--- PASS: TestB@gw1 (0.00s)\nx", true, ""},
		},
		"what a process prints once is not for the merge": {
			{1, "-test.shuffle 12\n^=== RUN   TestA\n^--- PASS: TestA (0.00s)\n^=== NAME  \n",
				"-test.shuffle 12\n^=== RUN   TestA\n^--- PASS: TestA (0.00s)\n^=== NAME  \n", false, ""},
			{2, "-test.shuffle 12\n^=== RUN   TestB\nPASS\n-test.shuffle 12\ncoverage: 1.0% of statements\ntesting: warning: no tests to run\n",
				"^=== RUN   TestB@gw1\nPASS\n-test.shuffle 12\ncoverage: 1.0% of statements\ntesting: warning: no tests to run\n", false, ""},
			{1, "^PASS\ncoverage: 12.3% of statements in ./...\nafter\ncoverage: 1.0% of statements\nPASS\n",
				"^=== NAME  \nafter\ncoverage: 1.0% of statements\nPASS\n", false, ""},
			{2, "^--- PASS: TestB (0.00s)\n^PASS\ncoverage: [no statements]\n", "^--- PASS: TestB@gw1 (0.00s)\n^=== NAME  \n", false, ""},
		},
		"one process does not report that no test ran": {
			{1, "testing: warning: no tests to run\n", "", false, ""},
			{1, "^PASS\n", "", false, ""},
			{2, "testing: warning: no tests to run\n", "", false, ""},
			{2, "x\n", "", false, ""},
			{2, "testing: warning: no tests to run\n", "", false, ""},
			{2, "^=== RUN   TestB\n", "^=== NAME  \ntesting: warning: no tests to run\nx\ntesting: warning: no tests to run\n^=== RUN   TestB@gw1\n", false, ""},
		},
		"one process does not report that no subtest ran": {
			{1, "^=== RUN   TestA\n^--- PASS: TestA (0.00s)\n^=== NAME  \ntesting: warning: ", "^=== RUN   TestA\n^--- PASS: TestA (0.00s)\n^=== NAME  \n", false, ""},
			{1, "no tests to run\n^PASS\n", "", false, ""},
			{2, "^=== RUN   TestB\n^--- PASS: TestB (0.00s)\ntesting: warning: no tests to run\n", "^=== RUN   TestB@gw1\n", false, ""}, // of another Go
			{2, "^PASS\n", "^--- PASS: TestB@gw1 (0.00s)\n^=== NAME  \n", false, ""},
		},
		"but what a test prints stays": {
			{1, "^=== RUN   TestA\ntesting: warning: no tests to run\n", "^=== RUN   TestA\ntesting: warning: no tests to run\n", false, ""},
			{1, "^--- PASS: TestA (0.00s)\n^=== NAME  \ntesting: warning: no tests to run\n-test.shuffle 1\n-test.shuffle 1\n",
				"^--- PASS: TestA (0.00s)\n^=== NAME  \ntesting: warning: no tests to run\n-test.shuffle 1\n-test.shuffle 1\n", false, ""},
			{1, "testing: warning: no tests to run\n", "", false, ""},
			{1, "^=== RUN   TestC\n", "testing: warning: no tests to run\n^=== RUN   TestC\n", false, ""},
			{1, "^--- PASS: TestC (0.00s)\nx\ntesting: warning: no tests to run\n", "", false, ""},
			{1, "half^=== NAME  \n", "^--- PASS: TestC (0.00s)\nx\ntesting: warning: no tests to run\nhalf^=== NAME  \n", false, ""},
			{1, "xtesting: warning: no tests to run\ntesting: warning: no tests to run\n", "xtesting: warning: no tests to run\n", false, ""},
			{1, "", "testing: warning: no tests to run\n", true, ""},
		},
		"a long line has no line in it": {
			{1, "^PASS\n" + strings.Repeat("x", 5000), strings.Repeat("x", 5000), false, ""},
			{1, "coverage: 1.0% of statements\n", "^=== NAME  \ncoverage: 1.0% of statements\n", false, ""},
			{1, "coverage: 2.0% of statements\n", "", false, ""},
		},
		"what is wrong with all tests stays": {
			{1, "^=== RUN   TestA\n^--- PASS: TestA (0.00s)\n^=== NAME  \n^testing: race detected outside of test execution\n^FAIL\n",
				"^=== RUN   TestA\n^--- PASS: TestA (0.00s)\n^=== NAME  \ntesting: race detected outside of test execution\n", false, ""},
			{2, "^FAIL: package testing must run tests\n^FAIL\n", "^=== NAME  \nFAIL: package testing must run tests\n", false, ""},
		},
		"a suffix is in all framing lines": {
			{2, "^=== RUN   TestB/sub\n^=== ATTR  TestB/sub k v/w\n^=== ARTIFACTS TestB/sub /tmp/x y\n^=== PAUSE TestB/sub\n^=== CONT  TestB\n^=== NAME  \n" +
				"^--- SKIP: TestB/a/b (0.00s)\n^=== NAME   \n",
				"^=== RUN   TestB@gw1/sub\n^=== ATTR  TestB@gw1/sub k v/w\n^=== ARTIFACTS TestB@gw1/sub /tmp/x y\n^=== PAUSE TestB@gw1/sub\n" +
					"^=== CONT  TestB@gw1\n^=== NAME  \n^--- SKIP: TestB@gw1/a/b (0.00s)\n^=== NAME   \n", false, ""},
		},
		"tests of a process that has crashed end": {
			{1, "^=== RUN   TestA\n^=== RUN   TestA/x\n^=== RUN   TestA/y\n^=== PAUSE TestA/y\n^=== NAME  TestA/x\npanic: oh",
				"^=== RUN   TestA\n^=== RUN   TestA/x\n^=== RUN   TestA/y\n^=== PAUSE TestA/y\n^=== NAME  TestA/x\n", false, ""},
			{1, "", "panic: oh" +
				"^=== NAME  TestA/y\nkilled\n^--- FAIL: TestA/y (0.00s)\n^=== NAME  TestA/x\nkilled\n^--- FAIL: TestA/x (0.00s)\n^--- FAIL: TestA (0.00s)\n^=== NAME  \n", true, "killed"},
		},
		"a line that only looks like an end of a subtest is output": {
			{1, "^=== RUN   TestA\n^    --- FAIL: TestA/x (0.00s)\n", "^=== RUN   TestA\n    --- FAIL: TestA/x (0.00s)\n", false, ""},
		},
		"a framing line may end at a marker": {
			{1, "^^=== RUN   TestA^one\n^--- PASS: TestA^=== NAME  \n", "^=== RUN   TestA\none\n^--- PASS: TestA\n^=== NAME  \n", false, ""},
		},
		"a marker in a line begins no test": {
			{1, "^=== RUN   TestA\none^two^\n", "^=== RUN   TestA\none^=== NAME  TestA\ntwo^=== NAME  TestA\n\n", false, ""},
		},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			merge := NewMerge(&out)
			first := merge.Process(Options{Now: fixedClock})
			var second *Process
			for i, s := range steps {
				p := first
				if s.process == 2 {
					if second == nil {
						second = merge.Process(Options{Now: fixedClock, Suffix: "@gw1"})
					}
					p = second
				}
				says(t, p, s.text)
				if s.ended {
					p.End()
				}
				if s.failWith != "" {
					p.FailRunning(s.failWith)
				}
				if got := strings.ReplaceAll(out.String(), "\x16", "^"); got != s.want {
					t.Errorf("step %d:\ngot  %q\nwant %q", i, got, s.want)
				}
				out.Reset()
			}
		})
	}
}

func TestMergeFinish(t *testing.T) {
	const none = "testing: warning: no tests to run\n^PASS\n"
	const pass = "^=== RUN   TestA\n^--- PASS: TestA (0.00s)\n^=== NAME  \n"
	tests := map[string]struct {
		says     []string
		coverage string
		want     string
	}{
		"one process":                     {[]string{"^=== RUN   TestA\n^--- PASS: TestA (0.00s)\n^=== NAME  \n^PASS\n"}, "", "^PASS\n"},
		"coverage":                        {[]string{"x\n"}, "coverage: 12.3% of statements", "^PASS\ncoverage: 12.3% of statements\n"},
		"no process has tests":            {[]string{none, none}, "", "^=== NAME  \ntesting: warning: no tests to run\n^PASS\n"},
		"one has tests":                   {[]string{none, "^=== RUN   TestA\n"}, "", "^PASS\n"},
		"one stops before it prints that": {[]string{none, "x\n"}, "", "^PASS\n"},
		"tests, then none":                {[]string{"^=== RUN   TestA\n^--- PASS: TestA (0.00s)\n^PASS\n" + none}, "", "^PASS\n"},
		"no process has subtests":         {[]string{none, pass + none}, "", "^=== NAME  \ntesting: warning: no tests to run\n^PASS\n"},
		"one has subtests":                {[]string{pass + none, pass + "^PASS\n"}, "", "^PASS\n"},
		"half a line":                     {[]string{"x\n", "half"}, "", "^PASS\n"},
		"no process":                      {nil, "", "^PASS\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			merge := NewMerge(&out)
			for _, said := range test.says {
				p := merge.Process(Options{})
				says(t, p, said)
				p.End()
			}
			out.Reset()
			if err := merge.Finish("PASS", test.coverage); err != nil {
				t.Fatal(err)
			}
			if got := strings.ReplaceAll(out.String(), "\x16", "^"); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestMergeStartsAgain: tests start in a process that crashes while they are paused, and
// run or end later. Each starts and ends once.
func TestMergeStartsAgain(t *testing.T) {
	var out bytes.Buffer
	merge := NewMerge(&out)
	crashed := merge.Process(Options{Now: fixedClock})
	says(t, crashed, "^=== RUN   TestRuns\n^=== PAUSE TestRuns\n^=== NAME  \n"+
		"^=== RUN   TestSkips\n^=== RUN   TestSkips/sub\n^=== PAUSE TestSkips/sub\n^=== NAME  TestSkips\n^=== PAUSE TestSkips\n^=== NAME  \n"+
		"^=== RUN   TestHalf\n^=== RUN   TestHalf/sub\n^--- PASS: TestHalf/sub (0.00s)\n^=== NAME  TestHalf\n^=== PAUSE TestHalf\n^=== NAME  \n"+
		"^=== RUN   TestCrash\noh")
	if got, want := crashed.Paused(), []string{"TestRuns", "TestSkips"}; !slices.Equal(got, want) {
		t.Errorf("Paused: %q, want %q", got, want)
	}
	if got, want := crashed.Running(), []string{"TestCrash"}; !slices.Equal(got, want) {
		t.Errorf("Running: %q, want %q", got, want)
	}
	crashed.End()
	crashed.FailRunning("")
	if got, want := crashed.Ended(), map[string]string{"TestCrash": "fail", "TestHalf": "fail"}; !maps.Equal(got, want) {
		t.Errorf("Ended: %q, want %q", got, want)
	}
	again := merge.Process(Options{})
	out.Reset()
	says(t, again, "^=== RUN   TestRuns\nran\n^--- PASS: TestRuns (0.00s)\n^=== NAME  \n^PASS\n")
	says(t, again, "^=== RUN   TestRuns\n^--- PASS: TestRuns (0.00s)\n^=== NAME  \n")
	again.End()
	merge.Test("TestSkips", "not run \x16x", "skip")
	merge.Test("TestNever", "", "FAIL")
	merge.Line("a line")
	want := "^=== NAME  TestRuns\nran\n^--- PASS: TestRuns (0.00s)\n^=== NAME  \n" +
		"^=== RUN   TestRuns\n^--- PASS: TestRuns (0.00s)\n^=== NAME  \n" +
		"^=== NAME  TestSkips\nnot run x\n^--- SKIP: TestSkips/sub (0.00s)\n^--- SKIP: TestSkips (0.00s)\n^=== NAME  \n" +
		"^=== RUN   TestNever\n^--- FAIL: TestNever (0.00s)\n^=== NAME  \na line\n"
	if got := strings.ReplaceAll(out.String(), "\x16", "^"); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

type failing struct {
	after int
	err   error
}

func (f *failing) Write(text []byte) (int, error) {
	if f.after--; f.after < 0 {
		return 0, f.err
	}
	return len(text), nil
}

type short struct{}

func (short) Write(text []byte) (int, error) { return len(text) / 2, nil }

func TestMergeThatIsWrittenInPart(t *testing.T) {
	merge := NewMerge(short{})
	if err := merge.Finish("PASS", ""); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("Finish: %v", err)
	}
}

func TestMergeThatCannotBeWritten(t *testing.T) {
	broken := errors.New("disk full")
	out := &failing{after: 1, err: broken}
	merge := NewMerge(out)
	p := merge.Process(Options{})
	says(t, p, "^=== RUN   TestA\n")
	says(t, p, "x\n")
	says(t, p, "^--- PASS: TestA (0.00s)\n^PASS\n")
	p.End()
	merge.Line("x")
	if got := p.Ended()["TestA"]; got != "pass" {
		t.Errorf("TestA: %q", got)
	}
	if err := merge.Finish("PASS", ""); !errors.Is(err, broken) {
		t.Errorf("Finish: %v", err)
	}
	if out.after != -1 {
		t.Errorf("%d more writes after an error", -1-out.after)
	}
	o := NewObserver(&failing{err: broken}, Options{})
	says(t, o, "^=== RUN   TestA\n")
	if err := o.Err(); !errors.Is(err, broken) || len(o.Started()) != 1 {
		t.Errorf("Observer: %v, %q", err, o.Started())
	}
}

// TestMergeOfManyGoroutines is for the race detector: everything that may happen at the
// same time does.
func TestMergeOfManyGoroutines(t *testing.T) {
	var out bytes.Buffer
	merge := NewMerge(&out)
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			var p *Process
			changes := 0
			p = merge.Process(Options{Observe: func(c Change) {
				changes++
				p.Running() // no lock is held
				if c.Action == "pass" {
					merge.Line("passed: " + c.Test)
				}
			}})
			for n := range 100 {
				name := fmt.Sprintf("Test%dx%d", i, n)
				says(t, p, "^=== RUN   "+name+"\nout of "+name+"\n^--- PASS: "+name+" (0.00s)\n^=== NAME  \n")
				p.Ended()
			}
			p.End()
			if changes != 200 {
				t.Errorf("%d changes", changes)
			}
		})
	}
	group.Go(func() { merge.Test("TestNever", "x", "FAIL") })
	group.Wait()
	if err := merge.Finish("PASS", ""); err != nil {
		t.Fatal(err)
	}
	got, _ := framingtest.Histories(framingtest.Convert(t, out.Bytes()))
	for name, history := range got {
		want := []string{"run", fmt.Sprintf("%q", fmt.Sprintf("=== RUN   %s\nout of %s\n--- PASS: %s (0.00s)\n", name, name, name)), "pass"}
		if name != "TestNever" && !slices.Equal(history, want) {
			t.Errorf("%s: %q", name, history)
		}
	}
	if len(got) != 401 {
		t.Errorf("%d tests", len(got))
	}
}
