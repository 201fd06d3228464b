package text

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestNotesComeLast: what a test prints is complete and in order before the notes about its
// failure, also what comes after its end, as a panic does.
func TestNotesComeLast(t *testing.T) {
	const fail = "^=== RUN   TestA\nwords\n^--- FAIL: TestA (0.00s)\n"
	for _, c := range []struct{ name, says, merged, whole string }{
		{"a failure", fail + "^=== NAME  \n", fail + "note TestA\n^=== NAME  \n", fail + "note TestA\n^=== NAME  \n"},
		{"the last one", fail, fail + "note TestA\n", fail + "note TestA\n"},
		{"before the verdict", fail + "^FAIL\n", fail + "note TestA\n^=== NAME  \n", fail + "note TestA\n^FAIL\n"},
		{"a panic", fail + "panic: x\n", fail + "panic: x\nnote TestA\n", fail + "panic: x\nnote TestA\n"},
		{"half a line", fail + "panic: x", fail + "panic: x\nnote TestA\n", fail + "panic: x\nnote TestA\n"},
		{"more than is held", fail + strings.Repeat("x\n", maxHeldEnd), fail + strings.Repeat("x\n", maxHeldEnd) + "note TestA\n", fail + strings.Repeat("x\n", maxHeldEnd) + "note TestA\n"},
		{"an example", "^=== RUN   ExampleA\n^--- FAIL: ExampleA (0.00s)\ngot:\n1\n^=== NAME  \nx\n",
			"^=== RUN   ExampleA\n^--- FAIL: ExampleA (0.00s)\ngot:\n1\nnote ExampleA\n^=== NAME  \nx\n", "^=== RUN   ExampleA\n^--- FAIL: ExampleA (0.00s)\ngot:\n1\nnote ExampleA\n^=== NAME  \nx\n"},
		{"only with the subtest", "^=== RUN   TestA\n^=== RUN   TestA/b\n^--- FAIL: TestA/b (0.00s)\n^--- FAIL: TestA (0.00s)\n",
			"^=== RUN   TestA\n^=== RUN   TestA/b\n^--- FAIL: TestA/b (0.00s)\nnote TestA/b\n^=== NAME  TestA\n^--- FAIL: TestA (0.00s)\n", "^=== RUN   TestA\n^=== RUN   TestA/b\n^--- FAIL: TestA/b (0.00s)\nnote TestA/b\n^--- FAIL: TestA (0.00s)\n"},
		{"with the test too, as it printed something", "^=== RUN   TestA\n^=== RUN   TestA/b\n^--- FAIL: TestA/b (0.00s)\n^=== NAME  TestA\nwords\n^--- FAIL: TestA (0.00s)\n",
			"^=== RUN   TestA\n^=== RUN   TestA/b\n^--- FAIL: TestA/b (0.00s)\nnote TestA/b\n^=== NAME  TestA\nwords\n^--- FAIL: TestA (0.00s)\nnote TestA\n", "^=== RUN   TestA\n^=== RUN   TestA/b\n^--- FAIL: TestA/b (0.00s)\nnote TestA/b\n^=== NAME  TestA\nwords\n^--- FAIL: TestA (0.00s)\nnote TestA\n"},
		{"not of another process", "^=== RUN   TestA\n^=== RUN   TestB\n^--- FAIL: TestB (0.00s)\n^--- PASS: TestA (0.00s)\n",
			"^=== RUN   TestA\n^=== RUN   TestB\n^--- FAIL: TestB (0.00s)\n^--- PASS: TestA (0.00s)\n", "^=== RUN   TestA\n^=== RUN   TestB\n^--- FAIL: TestB (0.00s)\n^--- PASS: TestA (0.00s)\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			options := Options{OnFail: func(test string) string { return "note " + test + "\n" }}
			for _, size := range []int{1, 3, 1 << 20} {
				var merged, whole bytes.Buffer
				p, o := NewMerge(&merged).Process(options), NewObserver(&whole, options)
				for part := range slices.Chunk([]byte(strings.ReplaceAll(c.says, "^", "\x16")), size) {
					says(t, p, string(part))
					says(t, o, string(part))
				}
				p.End()
				o.End()
				if got := strings.ReplaceAll(whole.String(), "\x16", "^"); got != c.whole {
					t.Errorf("in parts of %d, whole:\ngot  %q\nwant %q", size, got, c.whole)
				}
				if got := strings.ReplaceAll(merged.String(), "\x16", "^"); strings.ReplaceAll(got, "^=== NAME  TestA\n", "") != strings.ReplaceAll(c.merged, "^=== NAME  TestA\n", "") {
					t.Errorf("in parts of %d, split:\ngot  %q\nwant %q", size, got, c.merged)
				}
			}
		})
	}
}

// TestNotesOfRunningTests: a process that ends within its tests leaves each of them a note.
func TestNotesOfRunningTests(t *testing.T) {
	const said = "^=== RUN   TestA\n^=== RUN   TestA/b\n^=== PAUSE TestA/b\n^=== RUN   TestA/c\nhalf"
	options := Options{Now: fixedClock, OnFail: func(test string) string { return "note " + test + "\n" }}
	var merged, whole bytes.Buffer
	p, o := NewMerge(&merged).Process(options), NewObserver(&whole, options)
	says(t, p, said)
	says(t, o, said)
	p.End()
	p.FailRunning("why\n")
	o.NoteRunning()
	if got, want := strings.ReplaceAll(whole.String(), "\x16", "^"), said+"\n^=== NAME  TestA/c\nnote TestA/c\n"; got != want {
		t.Errorf("whole:\ngot  %q\nwant %q", got, want)
	}
	want := said + "\nwhy\nnote TestA/c\n^--- FAIL: TestA/c (0.00s)\n^=== NAME  TestA/b\nwhy\nnote TestA/b\n" +
		"^--- FAIL: TestA/b (0.00s)\n^--- FAIL: TestA (0.00s)\n^=== NAME  \n"
	if got := strings.ReplaceAll(merged.String(), "\x16", "^"); got != want {
		t.Errorf("split:\ngot  %q\nwant %q", got, want)
	}
}

// TestSubtestsOutliveTheirTest: after a panic in a subtest, the top-level test has an end and the
// subtests beside it get none.
func TestSubtestsOutliveTheirTest(t *testing.T) {
	const said = "^=== RUN   TestA\n^=== RUN   TestA/b\n^=== PAUSE TestA/b\n^=== RUN   TestA/c\n^--- FAIL: TestA/c (0.00s)\n^--- FAIL: TestA (0.00s)\npanic: x\n"
	for result, end := range map[string]string{"fail": "", "skip": "^--- SKIP: TestA/b (0.00s)\n"} {
		var merged bytes.Buffer
		p := NewMerge(&merged).Process(Options{Now: fixedClock, Suffix: "#gw1"})
		says(t, p, said)
		p.End()
		p.endRunning(result, "why\n")
		want := strings.ReplaceAll(said+"^=== NAME  TestA/b\nwhy\n"+end+"^=== NAME  \n", "TestA", "TestA#gw1")
		if got := strings.ReplaceAll(merged.String(), "\x16", "^"); got != want {
			t.Errorf("%s:\ngot  %q\nwant %q", result, got, want)
		}
		if len(p.Running()) > 0 {
			t.Errorf("%s: %q run", result, p.Running())
		}
	}
}

func TestBefore(t *testing.T) {
	o := NewObserver(&bytes.Buffer{}, Options{})
	says(t, o, "^=== RUN   TestA\n^=== RUN   TestA/b\n^=== RUN   TestNested\n^--- PASS: TestA (0.00s)\n^=== RUN   TestB\n^--- PASS: TestB (0.00s)\n^=== RUN   TestA\n")
	for name, want := range map[string]int{"TestA": 0, "TestB": 1} {
		if got := o.Before(name); got != want {
			t.Errorf("%d tests before %s, want %d", got, name, want)
		}
	}
}

func TestNote(t *testing.T) {
	if got := Note("two\nlines \x1b[1m"); got != NotePrefix+"two\ufffdlines \ufffd[1m\n" {
		t.Errorf("got %q", got)
	}
	for _, note := range []string{Note(strings.Repeat("ä", NoteRoom)), PackageNote(strings.Repeat("ä", 300)), Note(strings.Repeat("ä", 300))} {
		if got := utf8.RuneCountInString(strings.TrimSuffix(note, "\n")); got != LongestNote {
			t.Errorf("%d characters: %q", got, note)
		}
	}
	if !IsNote(Note("x")) || IsNote("    x_test.go:3: gotestshard: x") {
		t.Error("a note is not distinguished")
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct {
		names string
		room  int
		want  string
	}{
		{"", 9, ""},
		{"TestA", 5, "TestA"},
		{"TestA", 4, "1 test"},
		{"TestA TestB", 12, "TestA, TestB"},
		{"TestA TestB", 11, "2 tests"},
		{"TestA TestB TestC", 16, "TestA and 2 more"},
		{"TestA TestB TestC", 18, "TestA and 2 more"},
		{"TestA TestB TestC", 19, "TestA, TestB, TestC"},
		{"TestÄ TestB TestC TestD", 20, "TestÄ and 3 more"},
	} {
		if got := Names(strings.Fields(c.names), c.room); got != c.want {
			t.Errorf("%s in %d: %q, want %q", c.names, c.room, got, c.want)
		}
	}
}
