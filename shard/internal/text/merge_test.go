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

	"github.com/gotestshard/gotestshard/shard/internal/framing"
	"github.com/gotestshard/gotestshard/shard/internal/framing/framingtest"
)

// says feeds a process with what it prints; in texts here ^ is the marker.
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
		"that no test ran is not said by one process": {
			{1, "testing: warning: no tests to run\n", "", false, ""},
			{1, "^PASS\n", "", false, ""},
			{2, "testing: warning: no tests to run\n", "", false, ""},
			{2, "x\n", "", false, ""},
			{2, "testing: warning: no tests to run\n", "", false, ""},
			{2, "^=== RUN   TestB\n", "^=== NAME  \ntesting: warning: no tests to run\nx\ntesting: warning: no tests to run\n^=== RUN   TestB@gw1\n", false, ""},
		},
		"that no subtest ran is not said by one process": {
			{1, "^=== RUN   TestA\n^--- PASS: TestA (0.00s)\n^=== NAME  \ntesting: warning: ", "^=== RUN   TestA\n^--- PASS: TestA (0.00s)\n^=== NAME  \n", false, ""},
			{1, "no tests to run\n^PASS\n", "", false, ""},
			{2, "^=== RUN   TestB\n^--- PASS: TestB (0.00s)\ntesting: warning: no tests to run\n", "^=== RUN   TestB@gw1\n", false, ""}, // of another Go
			{2, "^PASS\n", "^--- PASS: TestB@gw1 (0.00s)\n^=== NAME  \n", false, ""},
		},
		"but what a test says stays": {
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
				"^=== NAME  TestA/y\nkilled\n^--- FAIL: TestA/y (0.00s)\n^--- FAIL: TestA/x (0.00s)\n^--- FAIL: TestA (0.00s)\n^=== NAME  \n", true, "killed"},
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

// TestMergeSaysOnce what several processes say that end before their first test, as
// where TestMain panics.
func TestMergeSaysOnce(t *testing.T) {
	long := strings.Repeat("a long line\n", maxHeldEnd/12+1)
	for _, c := range []struct {
		name string
		says [3]string // of three processes, each to its end
		want string
	}{
		{"the same", [3]string{"panic: x\n", "panic: x\n", "panic: x\n"}, "^=== NAME  \npanic: x\n"},
		{"without a newline", [3]string{"panic: x", "panic: x", "panic: x"}, "^=== NAME  \npanic: x"},
		{"other addresses", [3]string{"init\nf(0xc01)\n", "init\nf(0xc02)\n", "init\nf(0xc03)\n"}, "^=== NAME  \ninit\nf(0xc01)\n"},
		{"traces", [3]string{
			"panic: x\n\ngoroutine 1 gp=0xc0 m=0 [running]:\nf(0xc1?, 0x1)\n\ngoroutine 2 [idle]:\ng()\n",
			"panic: x\n\ngoroutine 7 gp=0xc1 m=3 [running]:\nf(0xc2, 0x1)\n\ngoroutine 3 [GC]:\ng()\n",
			"panic: x\n\ngoroutine 7 gp=0xc1 m=3 [running]:\nother(0xc2, 0x1)\n",
		}, "^=== NAME  \npanic: x\n\ngoroutine 1 gp=0xc0 m=0 [running]:\nf(0xc1?, 0x1)\n\ngoroutine 2 [idle]:\ng()\n" +
			"^=== NAME  \npanic: x\n\ngoroutine 7 gp=0xc1 m=3 [running]:\nother(0xc2, 0x1)\n"},
		{"others", [3]string{"panic: x\n", "panic: y\n", "panic: x\n"}, "^=== NAME  \npanic: x\n^=== NAME  \npanic: y\n"},
		{"the first says nothing", [3]string{"", "panic: x\n", "panic: x\n"}, "^=== NAME  \npanic: x\n"},
		{"nothing", [3]string{}, ""},
		{"one runs a test", [3]string{"init\n", "init\n^=== RUN   TestA\n", "init\n"}, "^=== NAME  \ninit\n^=== RUN   TestA\n"},
		{"the first runs a test", [3]string{"init\n^=== RUN   TestA\n", "init\n", "init\n"}, "^=== NAME  \ninit\n^=== RUN   TestA\n"},
		{"so much is not kept", [3]string{"", long, long}, "^=== NAME  \n" + long + "^=== NAME  \n" + long},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			merge := NewMerge(&out)
			var processes []*Process
			for range c.says {
				processes = append(processes, merge.Process(Options{Now: fixedClock}))
			}
			says(t, processes[0], c.says[0]) // as it comes
			for i, p := range processes {
				if i > 0 {
					says(t, p, c.says[i])
				}
				p.End()
			}
			got := strings.ReplaceAll(out.String(), "\x16", "^")
			if got != c.want {
				t.Errorf("got  %.200q\nwant %.200q", got, c.want)
			}
		})
	}
}

// TestMergeWaitsForTheFirst: what a later process says that ends without a test is
// written when it is known whether the first says the same.
func TestMergeWaitsForTheFirst(t *testing.T) {
	for name, c := range map[string]struct {
		decide func(t *testing.T, merge *Merge, first *Process)
		want   string
	}{
		"it says the same":    {func(t *testing.T, _ *Merge, first *Process) { says(t, first, " x\n"); first.End() }, "^=== NAME  \npanic: x\n"},
		"it says more":        {func(t *testing.T, _ *Merge, first *Process) { says(t, first, " y\n"); first.End() }, "^=== NAME  \npanic: y\n^=== NAME  \npanic: x\n"},
		"it runs a test":      {func(t *testing.T, _ *Merge, first *Process) { says(t, first, "\n^=== RUN   TestA\n") }, "^=== NAME  \npanic:\n^=== NAME  \npanic: x\n^=== RUN   TestA\n"},
		"it has a verdict":    {func(t *testing.T, _ *Merge, first *Process) { says(t, first, "\n^PASS\n") }, "^=== NAME  \npanic:\n^=== NAME  \npanic: x\n"},
		"nobody waits longer": {func(_ *testing.T, merge *Merge, _ *Process) { merge.Line("a line") }, "^=== NAME  \npanic: x\n^=== NAME  \na line\n"},
		"a test is reported":  {func(_ *testing.T, merge *Merge, _ *Process) { merge.Test("TestB", "", "FAIL") }, "^=== NAME  \npanic: x\n^=== RUN   TestB\n^--- FAIL: TestB (0.00s)\n^=== NAME  \n"},
		"the end":             {func(_ *testing.T, merge *Merge, _ *Process) { _ = merge.Finish("FAIL", "") }, "^=== NAME  \npanic: x\n^FAIL\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			merge := NewMerge(&out)
			first, second := merge.Process(Options{Now: fixedClock}), merge.Process(Options{Now: fixedClock})
			says(t, first, "panic:")
			says(t, second, "panic: x\n")
			second.End()
			if out.Len() > 0 {
				t.Errorf("it does not wait: %q", out.String())
			}
			c.decide(t, merge, first)
			if got := strings.ReplaceAll(out.String(), "\x16", "^"); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// TestMergeSaysEarlyWordsOnce is what processes say before their first tests, whoever comes
// first to what: the same text is written once, and at the end stands how many said it.
func TestMergeSaysEarlyWordsOnce(t *testing.T) {
	const (
		a, b, c = "^=== RUN   TestA\n", "^=== RUN   TestB\n", "^=== RUN   TestC\n"
		name    = "^=== NAME  \n"
		end     = "\x00" // of the process
	)
	note := func(count int, what string) string {
		return fmt.Sprintf("gotestshard: %d test processes printed this before their first test, and it is shown once: %s\n", count, what)
	}
	long, kept := strings.Repeat("a long line\n", maxHeldEnd/12+1), strings.Repeat("a long line\n", maxHeldEnd/12)
	for what, test := range map[string]struct {
		says []string // each with the number of its process in front
		want string
	}{
		"one after another": {[]string{"1seed: 42\n" + a, "2seed: 42\n" + b, "3seed: 42\n" + c},
			name + "seed: 42\n" + a + b + c + name + note(3, `"seed: 42"`)},
		"the others first": {[]string{"2seed: 42\n" + b, "3seed: 42\n" + c, "1seed: ", "142\n", "1" + a},
			b + c + name + "seed: 42\n" + a + name + note(3, `"seed: 42"`)},
		"another between": {[]string{"1seed: 42\n", "2seed: 42\n" + b, "1" + a}, name + "seed: 42\n" + b + a + name + note(2, `"seed: 42"`)},
		"the first says more": {[]string{"1seed: 42\n", "2seed: 42\n" + b, "1ready\n", "1" + a},
			name + "seed: 42\n" + b + name + "seed: 42\n" + name + "ready\n" + a},
		"the first says less":    {[]string{"1seed: ", "2seed: 42\n" + b, "1" + a}, b + name + "seed: " + name + "seed: 42\n" + a},
		"the first says nothing": {[]string{"2seed: 42\n" + b, "1" + a}, b + name + "seed: 42\n" + a},
		"something else": {[]string{"1seed: 1\n", "2seed: 2\n" + b, "3seed: 2\n" + c, "1" + a},
			name + "seed: 1\n" + name + "seed: 2\n" + b + c + name[:0] + a + name + note(2, `"seed: 2"`)},
		"two texts": {[]string{"1x\n" + a, "2y\n" + b, "3x\n" + c, "4y\nz\n" + a, "5y\n" + a, "6y\nz\n" + a},
			name + "x\n" + a + name + "y\n" + b + c + name + "y\nz\n" + a + a + a + name +
				note(2, `"x"`) + note(2, `"y"`) + note(2, `"y" to "z", 2 lines`)},
		"many lines":             {[]string{"1\n\n  x \ny\n" + a, "2\n\n  x \ny\n" + b}, name + "\n\n  x \ny\n" + a + b + name + note(2, `"x" to "y", 4 lines`)},
		"half a line":            {[]string{"1x" + a, "2x" + b, "3x\n" + c}, name + "x" + a + b + name + "x\n" + c + name + note(2, `"x"`)},
		"half a line that waits": {[]string{"2x" + b, "1y\n" + a}, b + name + "x" + name + "y\n" + a},
		"blank lines":            {[]string{"1\n" + a, "2\n" + b}, name + "\n" + a + b},
		"nothing":                {[]string{"1" + a, "2" + b}, a + b},
		"escapes":                {[]string{"1\x1b[31m::x::\n" + a, "2\x1b[31m::x::\n" + b}, name + "\x1b[31m::x::\n" + a + b + name + note(2, `"\x1b[31m::x::"`)},
		"a long line":            {[]string{"1" + long[:900] + a, "2" + long[:900] + b}, name + long[:900] + a + b + name + note(2, `"a long line" to "a long line", 75 lines`)},
		"a seed": {[]string{"2x\n-test.shuffle 7\n" + b, "1x\n-test.shuffle 7\n" + a, "3x\n-test.shuffle 7\n" + c},
			name + "-test.shuffle 7\n" + b + name + "x\n" + a + c + name + note(3, `"x"`)},
		"a verdict":                {[]string{"1x\n" + a, "2x\ntesting: warning: no tests to run\n^PASS\n"}, name + "x\n" + a + name + note(2, `"x"`)},
		"without a test":           {[]string{"1x\n" + a, "2x\n" + end, "3x\n" + b}, name + "x\n" + a + b + name + note(3, `"x"`)},
		"the first without a test": {[]string{"2x\n" + b, "1x\n" + end, "3x\n" + end}, b + name + "x\n" + name + note(3, `"x"`)},
		"none with a test":         {[]string{"1x\n" + end, "2x\n" + end, "3x\n" + end}, name + "x\n"},
		"the first never says it":  {[]string{"2x\n" + b, "1" + end}, b + name + "x\n"},
		"the first has ended":      {[]string{"1x\n" + end, "2x\ny\n" + b, "3x\n"}, name + "x\n" + name + "x\ny\n" + b},
		"more comes after its end": {[]string{"2x\n" + b, "1" + end, "2more\n"}, b + name + "x\n^=== NAME  TestB\nmore\n"},
		"the end":                  {[]string{"2x\n" + b}, b + name + "x\n"},
		"so much is not kept":      {[]string{"1" + long, "2" + long + b, "1" + a}, name + long + name + long + b + a},
		"so much is":               {[]string{"1" + kept, "2" + kept + b, "1" + a}, name + kept + b + a + name + note(2, fmt.Sprintf(`"a long line" to "a long line", %d lines`, maxHeldEnd/12))},
		"more than waits":          {[]string{"2" + kept + b, "3y\n" + kept[12:] + c, "1" + a}, b + name + "y\n" + kept[12:] + c + name + kept + a},
	} {
		t.Run(what, func(t *testing.T) {
			var out bytes.Buffer
			merge := NewMerge(&out)
			var processes []*Process
			for range 6 {
				processes = append(processes, merge.Process(Options{Now: fixedClock}))
			}
			for _, said := range test.says {
				p := processes[said[0]-'1']
				said, ends := strings.CutSuffix(said[1:], end)
				says(t, p, said)
				if ends {
					p.End()
				}
			}
			if err := merge.Finish("", ""); err != nil {
				t.Fatal(err)
			}
			if got := strings.ReplaceAll(out.String(), "\x16", "^"); got != test.want {
				t.Errorf("got  %.800q\nwant %.800q", got, test.want)
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
		"one process":                 {[]string{"^=== RUN   TestA\n^--- PASS: TestA (0.00s)\n^=== NAME  \n^PASS\n"}, "", "^PASS\n"},
		"coverage":                    {[]string{"x\n"}, "coverage: 12.3% of statements", "^PASS\ncoverage: 12.3% of statements\n"},
		"nobody has tests":            {[]string{none, none}, "", "^=== NAME  \ntesting: warning: no tests to run\n^PASS\n"},
		"one has tests":               {[]string{none, "^=== RUN   TestA\n"}, "", "^PASS\n"},
		"one stops before it says so": {[]string{none, "x\n"}, "", "^PASS\n"},
		"tests, then none":            {[]string{"^=== RUN   TestA\n^--- PASS: TestA (0.00s)\n^PASS\n" + none}, "", "^PASS\n"},
		"nobody has subtests":         {[]string{none, pass + none}, "", "^=== NAME  \ntesting: warning: no tests to run\n^PASS\n"},
		"one has subtests":            {[]string{pass + none, pass + "^PASS\n"}, "", "^PASS\n"},
		"half a line":                 {[]string{"x\n", "half"}, "", "^PASS\n"},
		"no process":                  {nil, "", "^PASS\n"},
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

// TestMergeStartsAgain has tests start in a process that crashes while they are
// paused, and run or end later: each starts and ends once.
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

// TestMergeBeforeMarkers has lines without an end that test2json would join with
// a framing line of another process, through test2json.
func TestMergeBeforeMarkers(t *testing.T) {
	halves := map[string]string{
		"a full buffer":    strings.Repeat("x", framing.MaxLine),
		"two full buffers": strings.Repeat("x", 2*framing.MaxLine),
		"long runes":       strings.Repeat("€", framing.MaxLine),
		"many of them":     strings.Repeat("x", 50000),
		"almost a buffer":  strings.Repeat("x", framing.MaxLine-1),
		"more than one":    strings.Repeat("x", framing.MaxLine+1),
		"benchmark":        "BenchmarkX\t",
		"cut rune":         strings.Repeat("x", framing.MaxLine-1) + "€",
	}
	for name, half := range halves {
		for _, held := range []bool{false, true} {
			for _, mixed := range []bool{false, true} {
				t.Run(fmt.Sprint(name, " ", held, " ", mixed), func(t *testing.T) {
					var out bytes.Buffer
					merge := NewMerge(&out)
					a, b := merge.Process(Options{}), merge.Process(Options{})
					says(t, b, "^=== RUN   TestB\n")
					says(t, a, "^=== RUN   TestA\n")
					wantA, wantB := []string{"run", "=== RUN   TestA\n" + half + "x\n"}, "=== RUN   TestB\n"
					if held {
						says(t, a, "^--- PASS: TestA (0.00s)\n")
						wantA = []string{"run", "=== RUN   TestA\n--- PASS: TestA (0.00s)\n" + half, "pass", "x\n"}
					}
					for rest := []byte(half); len(rest) > 0; {
						n := min(framing.MaxLine, len(rest))
						says(t, a, string(rest[:n]))
						rest = rest[n:]
						if mixed {
							says(t, b, "b\n")
							wantB += "b\n"
						}
					}
					says(t, a, "^=== NAME  TestA\nx\n^=== NAME  \n")
					a.End()
					b.End()
					got, _ := framingtest.Histories(framingtest.Convert(t, out.Bytes()))
					for i, want := range wantA {
						if i%2 == 1 {
							wantA[i] = fmt.Sprintf("%q", want)
						}
					}
					if !slices.Equal(got["TestA"], wantA) {
						t.Errorf("TestA:\n%s", framingtest.Difference(got["TestA"], wantA))
					}
					if want := []string{"run", fmt.Sprintf("%q", wantB)}; !slices.Equal(got["TestB"], want) {
						t.Errorf("TestB:\n%s", framingtest.Difference(got["TestB"], want))
					}
				})
			}
		}
	}
}

// TestMergeLongNames has framing lines about as long as test2json reads them.
func TestMergeLongNames(t *testing.T) {
	for length := framing.MaxLine - 6; length < framing.MaxLine+3; length++ {
		for _, suffix := range []string{"", "@g"} {
			for _, end := range []string{"\n", "^--- PASS: TestA\n"} {
				t.Run(fmt.Sprintf("%d%s %q", length, suffix, end), func(t *testing.T) {
					const start = "^=== RUN   TestA/"
					said := "^=== RUN   TestA\n" + start + strings.Repeat("n", length-len(start)) + end + "x\n^=== NAME  \n"
					var out bytes.Buffer
					merge := NewMerge(&out)
					runs := 0
					p := merge.Process(Options{Suffix: suffix, Observe: func(c Change) {
						if c.Action == "run" {
							runs++
						}
					}})
					says(t, p, said)
					p.End()
					got, _ := framingtest.Histories(framingtest.Convert(t, out.Bytes()))
					if len(got) != runs {
						t.Errorf("%d tests started, and test2json says %d", runs, len(got))
					}
					if suffix != "" {
						return
					}
					if want, _ := framingtest.Histories(framingtest.Convert(t, []byte(strings.ReplaceAll(said, "^", "\x16")))); len(got) != len(want) {
						t.Errorf("%d tests, alone %d", len(got), len(want))
					}
				})
			}
		}
	}
}

func TestMergeHoldsLittle(t *testing.T) {
	for name, said := range map[string]string{
		"a line without an end":     "x",
		"a framing line":            "^=== RUN   Test",
		"after the end of a test":   "^=== RUN   TestA\n^--- PASS: TestA (0.00s)\n",
		"half, after the end":       "^=== RUN   TestA\n^--- PASS: TestA (0.00s)\nx",
		"lines before any test":     "\n",
		"a warning that is no such": noTestsWarning,
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			merge := NewMerge(&out)
			p := merge.Process(Options{})
			says(t, p, said)
			for range 1000 {
				says(t, p, strings.Repeat("y", 1000))
				if held := cap(p.pending) + cap(p.held); held > 128<<10 {
					t.Fatalf("%d bytes are held", held)
				}
			}
			p.End()
			if got := strings.Count(out.String(), "y"); got != 1000*1000 {
				t.Errorf("%d of a million bytes were written", got)
			}
		})
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

// TestMergeOfManyGoroutines is for the race detector: everything that may happen
// at once does.
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
