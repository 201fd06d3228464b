package text

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
)

func TestObserved(t *testing.T) {
	now := time.Unix(1000, 0)
	var changes []Change
	var out bytes.Buffer
	options := Options{Observe: func(c Change) { changes = append(changes, c) }, Now: func() time.Time { return now }}
	o := NewObserver(&out, options)
	if _, ok := o.FirstRun(); ok {
		t.Error("a test has begun before all")
	}
	at := func(ms int, text string) {
		now = time.Unix(1000, 0).Add(time.Duration(ms) * time.Millisecond)
		says(t, o, text)
	}
	at(0, "init ^")
	at(5, "=== RUN   TestA\n^=== PAUSE Te")
	at(7, "stA\n^=== NAME  \n^=== RUN   TestB\n^=== RUN   TestB/sub\n=== RUN   TestNo\n--- FAIL: TestB\nPASS\n")
	at(10, "^--- SKIP: TestB/sub (0.00s)\n^=== NAME  TestB\n^--- FAIL: TestB (0.00s)\nwhy\n^=== NAME  \n^=== CONT  TestA\r\n")
	if got := o.Running(); !slices.Equal(got, []string{"TestA"}) {
		t.Errorf("Running: %q", got)
	}
	at(14, "^--- PASS: TestA (0.00s)\n")
	if got := o.Verdict(); got != "" {
		t.Errorf("Verdict: %q", got)
	}
	at(20, "^FAIL\ncoverage: 1.0% of statements\n")
	const ms = time.Millisecond
	want := []Change{
		{Action: "run", Test: "TestA"}, {Action: "pause", Test: "TestA"}, {Action: "run", Test: "TestB"}, {Action: "run", Test: "TestB/sub"},
		{Action: "skip", Test: "TestB/sub", Took: 3 * ms, Spoke: true}, {Action: "fail", Test: "TestB", Took: 3 * ms},
		{Action: "cont", Test: "TestA"}, {Action: "pass", Test: "TestA", Took: 6 * ms},
	}
	if !slices.Equal(changes, want) {
		t.Errorf("changes:\ngot  %v\nwant %v", changes, want)
	}
	if got := o.Started(); !slices.Equal(got, []string{"TestA", "TestB"}) {
		t.Errorf("Started: %q", got)
	}
	if got := o.Ended(); !maps.Equal(got, map[string]string{"TestA": "pass", "TestB": "fail"}) {
		t.Errorf("Ended: %q", got)
	}
	if got := o.Verdict(); got != "FAIL" {
		t.Errorf("Verdict: %q", got)
	}
	if first, ok := o.FirstRun(); !ok || first.Sub(time.Unix(1000, 0)) != 5*ms {
		t.Errorf("FirstRun: %v, %v", first, ok)
	}
	if last, ok := o.LastEnd(); !ok || last.Sub(time.Unix(1000, 0)) != 14*ms {
		t.Errorf("LastEnd: %v, %v", last, ok)
	}
}

func TestObserverPassesEverythingOnAtOnce(t *testing.T) {
	_, texts := recordedText(t)
	for name, text := range texts {
		var out bytes.Buffer
		o := NewObserver(&out, Options{})
		step := 1 + len(text)/20_000 // 1 except for the one with very long lines
		for end := 0; end < len(text); {
			from := end
			end = min(end+step, len(text))
			_, err := o.Write(text[from:end])
			// Part of a character or of a framing line may be held.
			held := end-out.Len() >= utf8.UTFMax && text[out.Len()] != framing.Marker
			if err != nil || held || text[end-1] == '\n' && out.Len() != end {
				t.Fatalf("%s: %d of %d bytes, %v", name, out.Len(), end, err)
			}
		}
		o.End()
		if !bytes.Equal(out.Bytes(), text) {
			t.Errorf("%s: other bytes", name)
		}
	}
}

func TestTestsThatRunTwiceAndVerdicts(t *testing.T) {
	o := NewObserver(&bytes.Buffer{}, Options{})
	says(t, o, "^=== RUN   TestA\n^--- FAIL: TestA (0.00s)\n^=== RUN   TestA\n^--- PASS: TestA (0.00s)\n^FAIL\n")
	if got := o.Started(); !slices.Equal(got, []string{"TestA", "TestA"}) {
		t.Errorf("Started: %q", got)
	}
	if got := o.Ended()["TestA"]; got != "fail" {
		t.Errorf("a test that has failed once has result %q", got)
	}
	says(t, o, "^=== RUN   TestA\n")
	if got := o.Verdict(); got != "" {
		t.Errorf("the verdict while tests run again is %q", got)
	}
}

func TestPausedTestsThatCanRunAgain(t *testing.T) {
	for said, want := range map[string][]string{
		"^=== RUN   TestA\n^=== PAUSE TestA\n^^=== RUN   TestB\n^=== PAUSE TestB\n":                                      {"TestA", "TestB"},
		"^=== RUN   TestA\n^=== RUN   TestA/b\n^=== PAUSE TestA/b\n^=== NAME  TestA\n^=== PAUSE TestA\n":                 {"TestA"},
		"^=== RUN   TestA\n^=== RUN   TestA/b\n^=== PAUSE TestA\n":                                                       nil, // b runs
		"^=== RUN   TestA\n^=== RUN   TestA/b\n^--- PASS: TestA/b (0.00s)\n^=== NAME  TestA\n^=== PAUSE TestA\n":         nil, // b would run twice
		"^=== RUN   TestA\n^=== PAUSE TestA\n^=== CONT  TestA\n":                                                         nil,
		"^=== RUN   TestA\n^=== RUN   TestA/b\n^=== PAUSE TestA/b\n^=== NAME  TestA\nwaits for b, which has not begun\n": nil,
	} {
		o := NewObserver(&bytes.Buffer{}, Options{})
		says(t, o, said)
		if got := o.Paused(); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", said, got, want)
		}
	}
}

// TestNested: a test may start a process that reports its own tests.
func TestNested(t *testing.T) {
	for _, c := range []struct {
		name, said string
		own        string // tests, of TestA to TestC
		nested     string // ends of which tests are
		inTest     bool
		failed     bool
	}{
		{"one after another", "^=== RUN   TestA\n^--- FAIL: TestA (0.00s)\n^=== RUN   TestB\n^--- PASS: TestB (0.00s)\n", "TestA TestB", "", false, true},
		{"parallel", "^=== RUN   TestA\n^=== PAUSE TestA\n^=== RUN   TestB\n^--- PASS: TestB (0.00s)\n^=== CONT  TestA\n", "TestA TestB", "", true, false},
		{"one within another", "^=== RUN   TestA\n^=== RUN   TestB\n^--- FAIL: TestB (0.00s)\n^FAIL\n^--- PASS: TestA (0.00s)\n", "TestA", "TestB", false, false},
		{"with subtests", "^=== RUN   TestA\n^=== RUN   TestB\n^=== RUN   TestB/sub\n^--- PASS: TestB/sub (0.00s)\n^--- PASS: TestB (0.00s)\n", "TestA", "TestB/sub TestB", true, false},
		{"in parallel ones", "^=== RUN   TestA\n^=== PAUSE TestA\n^=== CONT  TestA\n^=== RUN   TestB\n^=== PAUSE TestB\n^=== CONT  TestB\n^--- PASS: TestB (0.00s)\n^--- PASS: TestA (0.00s)\n",
			"TestA", "TestB", false, false},
		{"and by itself later", "^=== RUN   TestA\n^=== RUN   TestB\n^--- PASS: TestB (0.00s)\n^--- PASS: TestA (0.00s)\n^=== RUN   TestB\n^--- SKIP: TestB (0.00s)\n", "TestA TestB", "TestB", false, false},
		{"without an end", "^=== RUN   TestA\n^=== RUN   TestB\n^--- PASS: TestA (0.00s)\n^=== RUN   TestC\n^--- PASS: TestC (0.00s)\n", "TestA TestC", "", false, false},
		{"the test again that has started it", "^=== RUN   TestA\n^=== RUN   TestA\n^--- PASS: TestA (0.00s)\n^--- FAIL: TestA (0.00s)\n^=== RUN   TestB\n", "TestA TestB", "", true, true},
		{"that without an end", "^=== RUN   TestA\n^=== RUN   TestA\n^--- PASS: TestA (0.00s)\n^=== RUN   TestB\n^--- PASS: TestB (0.00s)\n", "TestA TestB", "", false, false},
	} {
		var own, nested []string
		o := NewObserver(&bytes.Buffer{}, Options{Observe: func(c Change) {
			if c.Nested && c.Action != "run" && c.Action != "pause" && c.Action != "cont" {
				nested = append(nested, c.Test)
			}
		}})
		says(t, o, c.said)
		for _, name := range []string{"TestA", "TestB", "TestC"} {
			if o.Own(name) {
				own = append(own, name)
			}
		}
		if strings.Join(own, " ") != c.own || strings.Join(nested, " ") != c.nested || o.InTest() != c.inTest || o.Failed() != c.failed {
			t.Errorf("%s: own %q, nested %q, in a test %v, failed %v", c.name, own, nested, o.InTest(), o.Failed())
		}
	}
}

// A process is silent if it prints nothing outside its tests but what package testing does.
func TestSilent(t *testing.T) {
	for _, c := range []struct {
		said   string
		silent bool
	}{
		{"", true},
		{"^=== RUN   TestA\nwords\n^--- PASS: TestA (0.00s)\n^PASS\ncoverage: 1.0% of statements\n", true},
		{"words\n", false},
		{"^=== RUN   TestA\n^--- PASS: TestA (0.00s)\n^PASS\nwords\n", false},
	} {
		o := NewObserver(&bytes.Buffer{}, Options{})
		says(t, o, c.said)
		if o.End(); o.Silent() != c.silent {
			t.Errorf("%q: %v", c.said, o.Silent())
		}
	}
}
