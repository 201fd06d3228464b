package text

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/framing/framingtest"
)

// TestSkipRunning: unfinished tests of a process end as skipped, by an Observer in a
// package that stays whole, and by a Process in a split package. In the latter, paused
// tests that can run again have no end yet.
func TestSkipRunning(t *testing.T) {
	const note = "    why\n"
	for _, c := range []struct {
		name  string
		says  string
		whole string // what follows in the text
		split string
		tests string // their ends according to test2json, in order: for the whole one
	}{
		{"nothing has started", "init\n", "", "", ""},
		{"all have ended", "^=== RUN   TestA\n^--- PASS: TestA (0.00s)\n^=== NAME  \n", "", "", "pass TestA"},
		{"one runs", "^=== RUN   TestA\nhalf a line\n",
			"^=== NAME  TestA\n    why\n^--- SKIP: TestA (0.00s)\n^=== NAME  \n",
			"    why\n^--- SKIP: TestA (0.00s)\n^=== NAME  \n", "skip TestA"},
		{"in the middle of a line", "^=== RUN   TestA\nhalf",
			"\n^=== NAME  TestA\n    why\n^--- SKIP: TestA (0.00s)\n^=== NAME  \n",
			"half\n    why\n^--- SKIP: TestA (0.00s)\n^=== NAME  \n", "skip TestA"},
		{"a subtest, the deepest first", "^=== RUN   TestA\n^=== RUN   TestA/b\n^=== RUN   TestA/b/c\n",
			"^=== NAME  TestA/b/c\n    why\n^--- SKIP: TestA/b/c (0.00s)\n^=== NAME  TestA/b\n^--- SKIP: TestA/b (0.00s)\n^=== NAME  TestA\n^--- SKIP: TestA (0.00s)\n^=== NAME  \n",
			"    why\n^--- SKIP: TestA/b/c (0.00s)\n^--- SKIP: TestA/b (0.00s)\n^--- SKIP: TestA (0.00s)\n^=== NAME  \n",
			"skip TestA/b/c, skip TestA/b, skip TestA"},
		{"a paused one at the same time", "^=== RUN   TestP\n^=== PAUSE TestP\n^=== NAME  \n^=== RUN   TestA\n",
			"^=== NAME  TestA\n    why\n^--- SKIP: TestA (0.00s)\n^=== NAME  TestP\n    why\n^--- SKIP: TestP (0.00s)\n^=== NAME  \n",
			"    why\n^--- SKIP: TestA (0.00s)\n^=== NAME  \n", "skip TestA, skip TestP"},
		{"only a paused one", "^=== RUN   TestP\n^=== PAUSE TestP\n^=== NAME  \n",
			"^=== NAME  TestP\n    why\n^--- SKIP: TestP (0.00s)\n^=== NAME  \n", "", "skip TestP"},
		{"a paused one of which a subtest has ended", "^=== RUN   TestP\n^=== RUN   TestP/a\n^--- PASS: TestP/a (0.00s)\n^=== NAME  TestP\n^=== PAUSE TestP\n^=== NAME  \n",
			"^=== NAME  TestP\n    why\n^--- SKIP: TestP (0.00s)\n^=== NAME  \n",
			"^=== NAME  TestP\n    why\n^--- SKIP: TestP (0.00s)\n^=== NAME  \n", "pass TestP/a, skip TestP"},
		{"one that runs for the second time", "^=== RUN   TestA\n^--- PASS: TestA (0.00s)\n^=== NAME  \n^=== RUN   TestA\n",
			"^=== NAME  TestA\n    why\n^--- SKIP: TestA (0.00s)\n^=== NAME  \n",
			"    why\n^--- SKIP: TestA (0.00s)\n^=== NAME  \n", "pass TestA, skip TestA"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var changes []Change
			options := Options{Now: fixedClock, Observe: func(change Change) { changes = append(changes, change) }}
			var out bytes.Buffer
			o := NewObserver(&out, options)
			says(t, o, c.says)
			o.SkipRunning(note)
			if got := strings.ReplaceAll(out.String(), "\x16", "^"); got != c.says+c.whole {
				t.Errorf("whole:\ngot  %q\nwant %q", got, c.says+c.whole)
			}
			if len(o.Running())+len(o.Paused()) > 0 {
				t.Errorf("whole: %q run and %q are paused", o.Running(), o.Paused())
			}
			var ends []string
			for _, e := range framingtest.Convert(t, out.Bytes()) {
				if slices.Contains([]string{"pass", "fail", "skip"}, e.Action) && e.Test != "" {
					ends = append(ends, e.Action+" "+e.Test)
				}
			}
			if got := strings.Join(ends, ", "); got != c.tests {
				t.Errorf("test2json: %s, want %s", got, c.tests)
			}
			var told []string
			for _, change := range changes {
				if slices.Contains([]string{"pass", "fail", "skip"}, change.Action) {
					told = append(told, change.Action+" "+change.Test)
				}
			}
			if got := strings.Join(told, ", "); got != c.tests {
				t.Errorf("got %s, want %s", got, c.tests)
			}
			said := out.Len()
			if o.SkipRunning(note); out.Len() != said {
				t.Error("whole: the second call writes more")
			}

			out.Reset()
			merge := NewMerge(&out)
			p := merge.Process(Options{Now: fixedClock})
			says(t, p, c.says)
			before := out.Len()
			p.End()
			p.SkipRunning(note)
			if got := strings.ReplaceAll(out.String()[before:], "\x16", "^"); got != c.split {
				t.Errorf("split: got %q, want %q", got, c.split)
			}
			if len(p.Running()) > 0 {
				t.Errorf("split: %q run", p.Running())
			}
		})
	}
}

func TestSkipRunningThatCannotBeWritten(t *testing.T) {
	broken := errors.New("broken")
	for after := range 2 {
		o := NewObserver(&failing{err: broken, after: after}, Options{})
		says(t, o, "^=== RUN   TestA\n")
		o.SkipRunning("why\n")
		if err := o.Err(); !errors.Is(err, broken) || len(o.Running()) > 0 {
			t.Errorf("after %d writes: %v, %q run", after, err, o.Running())
		}
	}
}

// TestNoTests tests the warning of package testing.
func TestNoTests(t *testing.T) {
	const warning = "testing: warning: no tests to run\n"
	for said, want := range map[string]bool{
		"":                   false,
		"^PASS\n":            false,
		warning + "^PASS\n":  true,
		"init\n" + warning:   true,
		warning + "more\n":   true,
		"x" + warning:        false,
		warning[:10]:         false,
		"^=== RUN   TestA\n": false,
		"^=== RUN   TestA\n" + warning + "^--- PASS: TestA (0.00s)\n^PASS\n":                          false,
		"^=== RUN   TestA\n^--- PASS: TestA (0.00s)\n^PASS\n" + warning:                               false,
		warning + "^PASS\n" + "^=== RUN   TestA\n^--- PASS: TestA (0.00s)\n^=== NAME  \n" + "^PASS\n": false, // m.Run twice
	} {
		p := NewMerge(&bytes.Buffer{}).Process(Options{})
		says(t, p, said)
		p.End()
		if got := p.NoTests(); got != want {
			t.Errorf("%q: %v", said, got)
		}
	}
}

// TestRemark: a note about a panic is written after it, before the end of the test,
// regardless of what was printed last and which other process writes.
func TestRemark(t *testing.T) {
	const begin, example = "^=== RUN   TestA\n^--- FAIL: TestA (0.00s)\n", "^=== RUN   ExampleA\n^--- FAIL: ExampleA (0.00s)\n"
	for _, c := range []struct {
		name, says, panicked, want string
	}{
		{"a panic", begin + "panic: x\n", "TestA", begin + "panic: x\n    why\n"},
		{"with a subtest", "^=== RUN   TestA\n^=== RUN   TestA/b\n^--- FAIL: TestA/b (0.00s)\n^--- FAIL: TestA (0.00s)\npanic: x\n", "TestA",
			"^=== RUN   TestA\n^=== RUN   TestA/b\n^--- FAIL: TestA/b (0.00s)\n^--- FAIL: TestA (0.00s)\npanic: x\n    why\n"},
		{"half a line", begin + "panic: x\nexit", "TestA", begin + "panic: x\nexit\n    why\n"},
		{"more than is held", begin + "panic: x\n" + strings.Repeat("y", maxHeldEnd-9) + "\n", "", ""},
		{"almost more than is held", begin + "panic: x\n" + strings.Repeat("y", maxHeldEnd-len(begin)-10-len("    why\n")) + "\n", "TestA",
			begin + "panic: x\n" + strings.Repeat("y", maxHeldEnd-len(begin)-10-len("    why\n")) + "\n    why\n"},
		{"no panic", begin + "killed\n", "", ""},
		{"one that was caught", begin + "panic: x\n^=== RUN   TestB\n", "", ""},
		{"a test that passed", "^=== RUN   TestA\n^--- PASS: TestA (0.00s)\npanic: x\n", "", ""},
		{"nothing", "panic: x\n", "", ""},
		{"an example", example + "^=== NAME   \npanic: x\n", "ExampleA", example + "panic: x\n    why\n"},
		{"an example and half a line", example + "half^=== NAME   \npanic: x\n", "", ""},
		{"an example that has only failed", example + "got:\n1\n^=== NAME   \nkilled\n", "", ""},
		{"after an example", example + "^=== NAME   \n^FAIL\npanic: x\n", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			merge := NewMerge(&out)
			p, other := merge.Process(Options{}), merge.Process(Options{})
			says(t, p, c.says)
			if got := p.Panicked(); got != c.panicked {
				t.Fatalf("%q panicked, want %q", got, c.panicked)
			}
			if c.panicked == "" {
				return
			}
			p.Remark("    why\n")
			p.End()
			says(t, other, "^=== RUN   TestO\n")
			if got := strings.ReplaceAll(out.String(), "\x16", "^"); got != c.want+"^=== RUN   TestO\n" {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// TestExamplesThatFail and do not panic keep their own output only.
func TestExamplesThatFail(t *testing.T) {
	const example = "^=== RUN   ExampleA\n^--- FAIL: ExampleA (0.00s)\n"
	for said, want := range map[string]string{
		"^=== NAME   \n": "^=== NAME  \n",
		"got:\n1\n^=== NAME   \n^=== RUN   ExampleB\n":        "got:\n1\n^=== NAME  \n^=== RUN   ExampleB\n",
		"got:\n1\n^=== NAME   \nof the package\n^FAIL\n":      "got:\n1\n^=== NAME  \nof the package\n",
		"half^=== NAME   \nof the package\n":                  "half^=== NAME  \nof the package\n",
		"half^=== NAME   \nhalf of the package":               "half^=== NAME  \nhalf of the package",
		"^=== NAME   \nof the package\n^=== NAME  \nand more": "^=== NAME  \nof the package\n^=== NAME  \nand more",
		"^=== NAME   \n" + strings.Repeat("x\n", maxHeldEnd):  "^=== NAME  \n" + strings.Repeat("x\n", maxHeldEnd),
	} {
		for _, chunk := range []int{1, len(example + said)} {
			var out bytes.Buffer
			p := NewMerge(&out).Process(Options{})
			for part := range slices.Chunk([]byte(example+said), chunk) {
				says(t, p, string(part))
			}
			p.End()
			if got := strings.ReplaceAll(out.String(), "\x16", "^"); got != example+want {
				t.Errorf("%.80q by %d: got  %.100q\nwant %.100q", said, chunk, got, example+want)
			}
		}
	}
}
