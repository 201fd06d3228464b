package text

import (
	"bytes"
	"strings"
	"testing"
)

// TestShared: a test of which several processes run parts starts once and ends once, and what it
// prints itself is shown once if it is the same.
func TestShared(t *testing.T) {
	t.Parallel()
	const (
		first  = "^=== RUN   TestX\nsetup\n^=== RUN   TestX/a\n^=== NAME  TestX/a\nin a\n^--- PASS: TestX/a (1.00s)\n^=== NAME  TestX\nteardown\n^--- PASS: TestX (1.10s)\n^=== NAME  \n^PASS\n"
		begins = "^=== RUN   TestX\nsetup\n^=== RUN   TestX/a\n^=== NAME  TestX/a\nin a\n^--- PASS: TestX/a (1.00s)\n^=== NAME  TestX\nteardown\n^=== NAME  \n"
	)
	second := strings.ReplaceAll(strings.ReplaceAll(first, "TestX/a", "TestX/b"), "in a", "in b")
	for name, c := range map[string]struct {
		steps  []string // "1 text": process 1 prints it; "repeat" is one that Repeats; "fails" ends unfinished
		result string   // of EndShared
		want   string
	}{
		"the same own text": {[]string{"1 " + first, "2 " + second}, "PASS", begins +
			"^=== RUN   TestX/b\n^=== NAME  TestX/b\nin b\n^--- PASS: TestX/b (1.00s)\n^=== NAME  \n^--- PASS: TestX (0.00s)\n^=== NAME  \n"},
		"at the same time": {[]string{"1 ^=== RUN   TestX\nsetup\n^=== RUN   TestX/a\n", "2 " + second, "1 in a\n^--- PASS: TestX/a (1.00s)\n^=== NAME  TestX\nteardown\n^--- PASS: TestX (1.00s)\n"}, "PASS",
			"^=== RUN   TestX\nsetup\n^=== RUN   TestX/a\n^=== RUN   TestX/b\n^=== NAME  TestX/b\nin b\n^--- PASS: TestX/b (1.00s)\n^=== NAME  \n^=== NAME  TestX/a\nin a\n" +
				"^--- PASS: TestX/a (1.00s)\n^=== NAME  TestX\nteardown\n^--- PASS: TestX (0.00s)\n^=== NAME  \n"},
		"another own text": {[]string{"1 " + first, "2 " + strings.Replace(second, "setup", "set up", 1)}, "PASS", begins +
			"^=== RUN   TestX/b\n^=== NAME  TestX/b\nin b\n^--- PASS: TestX/b (1.00s)\n^=== NAME  \n^=== NAME  TestX\nset up\nteardown\n^--- PASS: TestX (0.00s)\n^=== NAME  \n"},
		"the worst result": {[]string{"1 ^=== RUN   TestX\n^--- SKIP: TestX (0.00s)\n", "2 ^=== RUN   TestX\n^--- PASS: TestX (0.00s)\n"}, "PASS",
			"^=== RUN   TestX\n^--- PASS: TestX (0.00s)\n^=== NAME  \n"},
		"a failure in a subtest": {[]string{"1 ^=== RUN   TestX\n^=== RUN   TestX/a\n^--- FAIL: TestX/a (0.00s)\nwhy\n^--- FAIL: TestX (0.00s)\n", "2 ^=== RUN   TestX\n^--- PASS: TestX (0.00s)\n"}, "FAIL",
			"^=== RUN   TestX\n^=== RUN   TestX/a\n^--- FAIL: TestX/a (0.00s)\nwhy\nnotes of TestX/a\n^--- FAIL: TestX (0.00s)\n^=== NAME  \n"},
		"a failure in its own code": {[]string{"1 ^=== RUN   TestX\nno\n^--- FAIL: TestX (0.00s)\n", "2 ^=== RUN   TestX\nno\n^--- FAIL: TestX (0.00s)\n"}, "FAIL",
			"^=== RUN   TestX\nno\n^=== NAME  TestX\nnotes of TestX\n^--- FAIL: TestX (0.00s)\n^=== NAME  \n"},
		"a panic in a subtest": {[]string{"1 ^=== RUN   TestX\n^--- PASS: TestX (0.00s)\n", "2 ^=== RUN   TestX\n^=== RUN   TestX/a\n^--- FAIL: TestX/a (0.00s)\n^--- FAIL: TestX (0.00s)\npanic: x\n", "fails"}, "FAIL",
			"^=== RUN   TestX\n^=== RUN   TestX/a\n^--- FAIL: TestX/a (0.00s)\nnotes of TestX/a\n^=== NAME  TestX\npanic: x\ncrashed\n^=== NAME  TestX\nnotes of TestX\n^--- FAIL: TestX (0.00s)\n^=== NAME  \n"},
		"an exit in a subtest": {[]string{"1 ^=== RUN   TestX\n^--- PASS: TestX (0.00s)\n", "2 ^=== RUN   TestX\n^=== RUN   TestX/a\nlast\n", "fails"}, "FAIL",
			"^=== RUN   TestX\n^=== RUN   TestX/a\nlast\ncrashed\nnotes of TestX/a\n^--- FAIL: TestX/a (0.00s)\n^=== NAME  \n^--- FAIL: TestX (0.00s)\n^=== NAME  \n"},
		"an exit in its own code": {[]string{"1 ^=== RUN   TestX\nlast\n", "fails"}, "FAIL",
			"^=== RUN   TestX\nlast\ncrashed\n^=== NAME  \n^=== NAME  TestX\nnotes of TestX\n^--- FAIL: TestX (0.00s)\n^=== NAME  \n"},
		"attributes": {[]string{"1 ^=== RUN   TestX\n^=== ATTR  TestX k v\n", "2 ^=== RUN   TestX\n^=== ATTR  TestX k v\n^=== ATTR  TestX k w\n^--- PASS: TestX (0.00s)\n"}, "PASS",
			"^=== RUN   TestX\n^=== ATTR  TestX k v\n^=== ATTR  TestX k w\n^--- PASS: TestX (0.00s)\n^=== NAME  \n"},
		"a process that repeats it": {[]string{"1 " + first, "repeat ^=== RUN   TestX\nsetup\n^=== RUN   TestX/a\nin a again\n^=== RUN   TestX/a/deep\n^--- PASS: TestX/a/deep (0.00s)\n^--- PASS: TestX/a (0.00s)\n" +
			"^=== RUN   TestX/b\nin b\n^--- PASS: TestX/b (0.00s)\n^=== NAME  TestX\nteardown\n^--- PASS: TestX (0.00s)\n"}, "PASS", begins +
			"^=== RUN   TestX/b\nin b\n^--- PASS: TestX/b (0.00s)\n^--- PASS: TestX (0.00s)\n^=== NAME  \n"},
		"one that fails then": {[]string{"1 " + first, "repeat ^=== RUN   TestX\nsetup\n^=== RUN   TestX/a\nin a again\n^--- FAIL: TestX/a (0.00s)\n^=== NAME  TestX\n^--- FAIL: TestX (0.00s)\n"}, "FAIL", begins +
			"^=== NAME  TestX\nsetup\n    gotestshard: TestX/a failed when the test ran again in one process\nin a again\n^=== NAME  TestX\nnotes of TestX\n^--- FAIL: TestX (0.00s)\n^=== NAME  \n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			m := NewMerge(&out)
			m.Share("TestX")
			processes := map[string]*Process{}
			var last *Process
			for _, step := range c.steps {
				who, text, _ := strings.Cut(step, " ")
				if who == "fails" {
					if last.Panicked() != "" {
						last.Remark("crashed\n")
					}
					last.End()
					last.FailRunning("crashed\n")
					continue
				}
				if processes[who] == nil {
					processes[who] = m.Process(Options{Now: fixedClock, Repeats: who == "repeat", OnFail: func(test string) string { return "notes of " + test + "\n" }})
				}
				last = processes[who]
				says(t, last, text)
			}
			for _, p := range processes {
				p.End()
			}
			worst, _ := m.EndShared("TestX", "", "")
			if got := strings.ReplaceAll(out.String(), "\x16", "^"); got != c.want || worst != c.result {
				t.Errorf("%s\ngot\n%s\nwant\n%s", worst, got, c.want)
			}
		})
	}
}

// TestSharedThatDidNotStart leaves no trace.
func TestSharedThatDidNotStart(t *testing.T) {
	var out bytes.Buffer
	m := NewMerge(&out)
	m.Share("TestX")
	if worst, started := m.EndShared("TestX", "note", "FAIL"); worst != "" || started || out.Len() > 0 {
		t.Errorf("got %q, %v, %q", worst, started, &out)
	}
}

// TestASharedTestWithoutAnEnd still shows all that it printed.
func TestASharedTestWithoutAnEnd(t *testing.T) {
	var out bytes.Buffer
	m := NewMerge(&out)
	m.Share("TestX")
	for _, text := range []string{"one\n", "two\n"} {
		p := m.Process(Options{Now: fixedClock})
		says(t, p, "^=== RUN   TestX\n"+text)
		p.End()
	}
	if err := m.Finish("", ""); err != nil || !strings.Contains(out.String(), "TestX\none\n") || !strings.Contains(out.String(), "TestX\ntwo\n") {
		t.Errorf("got %q, %v", &out, err)
	}
}

// TestALongTextOfASharedTest is not held, and not lost.
func TestALongTextOfASharedTest(t *testing.T) {
	var out bytes.Buffer
	m := NewMerge(&out)
	m.Share("TestX")
	line := strings.Repeat("x", 1000) + "\n"
	for range 2 {
		p := m.Process(Options{Now: fixedClock})
		says(t, p, "^=== RUN   TestX\n")
		for range 100 {
			says(t, p, line)
		}
		says(t, p, "^--- PASS: TestX (0.00s)\n")
		p.End()
	}
	m.EndShared("TestX", "", "")
	if n := strings.Count(out.String(), line); n != 200 {
		t.Errorf("%d of 200 lines were written", n)
	}
}
