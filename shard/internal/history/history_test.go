package history

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

const ms = time.Millisecond

var today = dayOf(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))

// The estimate is the median of the last five, the upper of two in the middle.
func TestEstimate(t *testing.T) {
	for _, c := range []struct {
		name  string
		times []time.Duration
		want  time.Duration
	}{
		{"one", []time.Duration{5 * ms}, 5 * ms},
		{"of two the longer", []time.Duration{5 * ms, 9 * ms}, 9 * ms},
		{"of three the middle", []time.Duration{5 * ms, 900 * ms, 6 * ms}, 6 * ms},
		{"of four the third", []time.Duration{1 * ms, 4 * ms, 2 * ms, 3 * ms}, 3 * ms},
		{"one slow run of five", []time.Duration{5 * ms, 5 * ms, 9000 * ms, 5 * ms, 6 * ms}, 5 * ms},
		{"the sixth drops the first", []time.Duration{1 * ms, 1 * ms, 1 * ms, 7 * ms, 8 * ms, 9 * ms}, 7 * ms},
		{"rounded to a tenth", []time.Duration{1_234_567}, 1_200_000},
		{"too long to be true", []time.Duration{math.MaxInt64}, longest},
		{"nothing", []time.Duration{0}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHistory()
			for _, took := range c.times {
				r := NewRun()
				r.Test("p", "TestA", took, Passed)
				r.Package("p", took)
				h.merge(r, today)
			}
			for name, ask := range map[string]func() (time.Duration, bool){
				"test":    func() (time.Duration, bool) { return h.Test("p", "TestA") },
				"package": func() (time.Duration, bool) { return h.Package("p") },
				"median":  func() (time.Duration, bool) { return h.Median("p") },
			} {
				if got, ok := ask(); got != c.want || !ok {
					t.Errorf("%s: %v, %v, want %v", name, got, ok, c.want)
				}
			}
		})
	}
}

// For a start, the smallest value counts, within a run and of the last five, because a busy
// machine only makes it longer.
func TestEstimateOfAStart(t *testing.T) {
	for _, c := range []struct {
		name string
		runs [][]time.Duration
		want time.Duration
		of   int
	}{
		{"one", [][]time.Duration{{5 * ms}}, 5 * ms, 1},
		{"the least of a run", [][]time.Duration{{900 * ms, 7 * ms, 80 * ms}}, 7 * ms, 1},
		{"the least of the runs", [][]time.Duration{{900 * ms}, {7 * ms, 8 * ms}, {80 * ms}}, 7 * ms, 3},
		{"of the last five", [][]time.Duration{{ms}, {9 * ms}, {8 * ms}, {7 * ms}, {8 * ms}, {9 * ms}}, 7 * ms, 5},
		{"a clock that was set back", [][]time.Duration{{-ms, 4 * ms}, {-ms}}, 4 * ms, 1},
		{"too long to be true", [][]time.Duration{{math.MaxInt64}}, longest, 1},
		{"nothing", [][]time.Duration{{0}}, 0, 1},
		{"a run without one", [][]time.Duration{{5 * ms}, {}}, 5 * ms, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHistory()
			for _, run := range c.runs {
				r := NewRun()
				for _, took := range run {
					r.Start("p", took)
				}
				h.merge(r, today)
			}
			if got, of := h.Start("p"); got != c.want || of != c.of {
				t.Errorf("%v of %d runs, want %v of %d", got, of, c.want, c.of)
			}
		})
	}
}

func TestNothingIsKnownOfOthers(t *testing.T) {
	h := newHistory()
	r := NewRun()
	r.Test("p", "TestA", ms, Passed)
	h.merge(r, today)
	for name, ask := range map[string]func() (time.Duration, bool){
		"another test":               func() (time.Duration, bool) { return h.Test("p", "TestB") },
		"a test of another package":  func() (time.Duration, bool) { return h.Test("q", "TestA") },
		"the start, not recorded":    func() (time.Duration, bool) { took, runs := h.Start("p"); return took, runs > 0 },
		"the start of another":       func() (time.Duration, bool) { took, runs := h.Start("q"); return took, runs > 0 },
		"the package, not recorded":  func() (time.Duration, bool) { return h.Package("p") },
		"another package":            func() (time.Duration, bool) { return h.Package("q") },
		"the median of another":      func() (time.Duration, bool) { return h.Median("q") },
		"a subtest":                  func() (time.Duration, bool) { return h.Test("p", "TestA/sub") },
		"an empty name":              func() (time.Duration, bool) { return h.Test("", "") },
		"the median without a test":  func() (time.Duration, bool) { return newPackageTimes().median() },
		"the estimate of no samples": (&samples{}).estimate,
	} {
		if got, ok := ask(); ok || got != 0 {
			t.Errorf("%s: %v, %v", name, got, ok)
		}
	}
}

func TestFileIsWhatTheCommentShows(t *testing.T) {
	h := newHistory()
	p := newPackageTimes()
	p.seen = today
	p.start.add(3100 * time.Microsecond)
	p.whole.add(120*ms + 340*time.Microsecond)
	var a, b samples
	a.add(12*ms + 500*time.Microsecond)
	a.add(13 * ms)
	b.add(80 * ms)
	p.tests["TestA"] = testTimes{a, today, 0}
	p.tests["TestB"] = testTimes{b, today - 3, 2}
	h.packages["example.com/m/a"] = p
	want := `{
 "format": "gotestshard timings",
 "version": 1,
 "packages": {
  "example.com/m/a": {
   "seen": "2026-01-02", "start": [3.1], "package": [120.3],
   "tests": {
    "TestA": {"seen": "2026-01-02", "ms": [12.5, 13]},
    "TestB": {"seen": "2025-12-30", "missed": 2, "ms": [80]}
   }
  }
 }
}
`
	if got := string(h.encode()); got != want {
		t.Errorf("got\n%s", got)
	}
	again, err := decode([]byte(want))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(again.encode()); got != want {
		t.Errorf("read again it is\n%s", got)
	}
	if !json.Valid([]byte(want)) {
		t.Error("not JSON")
	}
}

func TestNamesThatNeedQuotes(t *testing.T) {
	h := newHistory()
	names := []string{"TestÄ", `Test"\`, "Test<&>", "Test\u2028", "Test\x7f"}
	r := NewRun()
	for _, name := range names {
		r.Test("p", name, ms, Passed)
	}
	for _, name := range []string{"Test\xff", "", "TestA/sub", strings.Repeat("x", longestName+1)} {
		r.Test("p", name, ms, Passed)
		r.Test(name, "TestA", ms, Passed)
	}
	delete(r.packages, "TestA/sub") // it may be a package
	h.merge(r, today)
	again, err := decode(h.encode())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if _, ok := again.Test("p", name); !ok {
			t.Errorf("%q was lost", name)
		}
	}
	if len(again.packages) != 1 || len(again.packages["p"].tests) != len(names) {
		t.Errorf("recorded what cannot be: %v", again.Tests())
	}
}

func TestMeasuredIsWhatThisRunTook(t *testing.T) {
	const ms = time.Millisecond
	r := NewRun()
	r.Test("b", "TestB", 5*ms, Failed)
	r.Test("a", "TestA", 10*ms, Passed)
	r.Test("a", "TestA", 30*ms, Failed) // its second run, from -count
	r.Test("a", "TestA/sub", 20*ms, Passed)
	r.Start("a", 2*ms)
	r.Start("a", 4*ms)
	r.Package("a", 50*ms)
	want := []Measured{
		{Package: "a", Start: 3 * ms, Whole: 50 * ms, Tests: map[string]time.Duration{"TestA": 40 * ms}},
		{Package: "b", Tests: map[string]time.Duration{"TestB": 5 * ms}},
	}
	if got := r.Measured(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
