package text

import (
	"bytes"
	"strings"
	"testing"
)

// A test that is to run again starts and ends once, and so do its subtests: those that have ended
// are not shown again, unless they fail now.
func TestRunAgain(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	m := NewMerge(&out)
	first := m.Process(Options{})
	const open = "\x16=== RUN   TestB\nmine\n\x16=== RUN   TestB/a\nof a\n\x16--- PASS: TestB/a (0.00s)\n\x16=== RUN   TestB/b\n\x16=== RUN   TestB/b/c\n\x16--- PASS: TestB/b/c (0.00s)\n"
	_, _ = first.Write([]byte("\x16=== RUN   TestA\n" + open))
	first.RunAgain([]string{"TestB"})
	if got := strings.Join(first.Paused(), " "); got != "TestB" {
		t.Error(got)
	}
	first.End()
	first.FailRunning(Note("over"))
	second := m.Process(Options{})
	_, _ = second.Write([]byte("before\n" + open + "\x16--- PASS: TestB/b (0.00s)\n\x16=== RUN   TestB/d\n\x16--- PASS: TestB/d (0.00s)\n\x16--- PASS: TestB (0.00s)\n\x16PASS\n"))
	second.End()
	third := m.Process(Options{}) // of -count=2, or another batch
	_, _ = third.Write([]byte("before\n\x16=== RUN   TestB\n\x16=== RUN   TestB/a\n\x16--- FAIL: TestB/a (0.00s)\n\x16--- FAIL: TestB (0.00s)\n\x16FAIL\n"))
	third.End()
	if err := m.Finish("FAIL", ""); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for line, want := range map[string]int{
		"=== RUN   TestA\n": 1, "--- FAIL: TestA (": 1, "    gotestshard: over\n": 1,
		"=== RUN   TestB\n": 2, "=== RUN   TestB/a\n": 2, "--- PASS: TestB/a (": 1, "--- FAIL: TestB/a (": 1,
		"=== RUN   TestB/b\n": 1, "--- PASS: TestB/b (": 1, "=== RUN   TestB/b/c\n": 1, "--- PASS: TestB/b/c (": 1, "=== RUN   TestB/d\n": 1,
		"--- PASS: TestB (": 1, "--- FAIL: TestB (": 1, "of a\n": 1, "mine\n": 2,
	} {
		if got := strings.Count(text, line); got != want {
			t.Errorf("%q: %d times, want %d", line, got, want)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

// A subtest that had passed and fails now is shown in the output of its test.
func TestRunAgainFails(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	m := NewMerge(&out)
	first := m.Process(Options{})
	_, _ = first.Write([]byte("\x16=== RUN   TestB\n\x16=== RUN   TestB/a\n\x16--- PASS: TestB/a (0.00s)\n"))
	first.RunAgain([]string{"TestB"})
	first.End()
	second := m.Process(Options{})
	_, _ = second.Write([]byte("\x16=== RUN   TestB\n\x16=== RUN   TestB/a\nwhy\n\x16--- FAIL: TestB/a (0.00s)\n\x16--- FAIL: TestB (0.00s)\n\x16FAIL\n"))
	second.End()
	if err := m.Finish("FAIL", ""); err != nil {
		t.Fatal(err)
	}
	want := "    gotestshard: TestB/a failed when the test ran again\nwhy\n\x16--- FAIL: TestB (0.00s)\n"
	if text := out.String(); !strings.Contains(text, want) || strings.Count(text, "TestB/a (") != 1 {
		t.Errorf("%q", text)
	}
}
