package history

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// record is one line of a run: "TestA 5" passed in 5 ms, "TestA failed", "TestA
// skipped", "complete".
func record(lines ...string) *Run {
	r := NewRun()
	for _, line := range lines {
		name, how, _ := strings.Cut(line, " ")
		var n time.Duration
		switch {
		case name == "complete":
			r.Complete("p")
		case how == "failed":
			r.Test("p", name, time.Hour, Failed)
		case how == "skipped":
			r.Test("p", name, 0, Skipped)
		default:
			_, _ = fmt.Sscan(how, (*int64)(&n))
			r.Test("p", name, n*ms, Passed)
		}
	}
	return r
}

func times(n int, r *Run) []*Run { return slices.Repeat([]*Run{r}, n) }

func TestMerge(t *testing.T) {
	seen := record("TestA 5", "TestB 7", "complete")
	for _, c := range []struct {
		name string
		runs []*Run
		want string
	}{
		{"passes", []*Run{seen}, "TestA [5ms] TestB [7ms]"},
		{"several of a run are one", []*Run{record("TestA 1", "TestA 2", "TestA 6")}, "TestA [3ms]"},
		{"a failure gives no sample", []*Run{seen, record("TestA failed")}, "TestA [5ms] TestB [7ms]"},
		{"a failure alone is not kept", []*Run{record("TestA failed", "complete")}, ""},
		{"a failure and a pass of a rerun", []*Run{record("TestA failed", "TestA 4")}, "TestA [4ms]"},
		{"a skipped test is none that is unknown", []*Run{record("TestA skipped")}, "TestA []"},
		{"a skip does not change what passed", []*Run{seen, record("TestA skipped")}, "TestA [5ms] TestB [7ms]"},
		{"a pass counts more than a skip", []*Run{record("TestA skipped"), record("TestA 4")}, "TestA [4ms]"},
		{"a clock that went back", []*Run{record("TestA 4"), record("TestA -4")}, "TestA [4ms]"},
		{"runs of others age nothing", append(times(20, record("TestA 5")), seen), "TestA [5ms 5ms 5ms 5ms 5ms] TestB [7ms]"},
		{"nine complete runs without it", append([]*Run{seen}, times(9, record("complete"))...), "TestA [5ms] TestB [7ms]"},
		{"ten", append([]*Run{seen}, times(10, record("complete"))...), ""},
		{"ten partial runs", append([]*Run{seen}, times(10, record("TestC failed"))...), "TestA [5ms] TestB [7ms]"},
		{"a failure keeps it", append([]*Run{seen}, times(10, record("TestA failed", "complete"))...), "TestA [5ms]"},
		{"seen again in time", slices.Concat([]*Run{seen}, times(9, record("complete")), []*Run{seen}, times(9, record("complete"))),
			"TestA [5ms 5ms] TestB [7ms 7ms]"},
		{"skipped for long, it is quick", append([]*Run{seen}, times(11, record("TestA skipped", "TestB 7", "complete"))...),
			"TestA [] TestB [7ms 7ms 7ms 7ms 7ms]"},
		{"always skipped, it stays", times(30, record("TestA skipped", "complete")), "TestA []"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHistory()
			for _, r := range c.runs {
				h.merge(r, today)
				h.expire(today)
				if again, err := decode(h.encode()); err != nil {
					t.Fatal(err)
				} else {
					h = again
				}
			}
			var got []string
			for _, known := range h.Tests() {
				got = append(got, fmt.Sprint(known.Test, " ", known.Samples))
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestASkippedTestIsQuickAndNotInTheMedian(t *testing.T) {
	h := newHistory()
	h.merge(record("TestA skipped", "TestB skipped", "TestC 9"), today)
	if took, ok := h.Test("p", "TestA"); took != 0 || !ok {
		t.Errorf("%v, %v", took, ok)
	}
	if took, ok := h.Median("p"); took != 9*ms || !ok {
		t.Errorf("the median is %v, %v", took, ok)
	}
}

func TestExpireByDays(t *testing.T) {
	for _, c := range []struct {
		later day
		want  string
	}{
		{unseenDays, "old new"},
		{unseenDays + 1, "new"},
		{unseenDays + 30, "new"},
		{unseenDays + 31, ""},
		{-30, "old new"}, // a clock that was set back
	} {
		h := newHistory()
		h.merge(record("old 1"), today)
		h.merge(record("new 1"), today+30)
		h.expire(today + c.later)
		var got []string
		for _, known := range h.Tests() {
			got = append(got, known.Test)
		}
		slices.SortFunc(got, func(a, b string) int { return strings.Compare(b, a) })
		if strings.Join(got, " ") != c.want || (len(h.packages) == 0) != (c.want == "") {
			t.Errorf("%d days later: %q in %d packages, want %q", c.later, got, len(h.packages), c.want)
		}
		for _, p := range h.packages {
			for name, known := range p.tests {
				if known.seen > today+c.later || p.seen > today+c.later {
					t.Errorf("%d days later %s was seen on %v", c.later, name, known.seen)
				}
			}
		}
	}
}

func TestBoundKeepsWhatWasSeenLastAndTakesLong(t *testing.T) {
	h := newHistory()
	h.merge(record("OldLong 900", "OldShort 1"), today-1)
	h.merge(record("NewLong 800", "NewShort 2"), today)
	for n, want := range []string{"", "NewLong", "NewLong NewShort", "NewLong NewShort OldLong", "NewLong NewShort OldLong OldShort"} {
		again, err := decode(h.encode())
		if err != nil {
			t.Fatal(err)
		}
		text := again.encodeWithin(n, mostBytes)
		again, err = decode(text)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, known := range again.Tests() {
			got = append(got, known.Test)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%d tests are %q, want %q", n, got, want)
		}
	}
}

func TestBoundInBytes(t *testing.T) {
	for _, limit := range []int{100, 1000, 10_000, 100_000} {
		h := history(3000)
		for i := range 300 { // packages alone can be too many
			r := NewRun()
			r.Package(fmt.Sprintf("example.com/%d/%s", i, strings.Repeat("x", 500)), ms)
			h.merge(r, today-1)
		}
		text := h.encodeWithin(mostTests, limit)
		again, err := decode(text)
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > limit || limit > 1000 && len(text) < limit/20 {
			t.Errorf("%d bytes of at most %d", len(text), limit)
		}
		_ = again
	}
}

func TestARunIsRecordedByManyAtOnce(t *testing.T) {
	r := NewRun()
	done := make(chan bool)
	for i := range 50 {
		go func() {
			for k := range 20 {
				r.Test("p", fmt.Sprintf("Test%d", k), time.Duration(i)*ms, Passed)
				r.Start("p", ms)
				r.Package(fmt.Sprintf("p%d", i), ms)
				r.Complete("p")
				r.Counts()
			}
			done <- true
		}()
	}
	for range 50 {
		<-done
	}
	if tests, packages := r.Counts(); tests != 20 || packages != 1 {
		t.Errorf("%d tests of %d packages", tests, packages)
	}
	h := newHistory()
	h.merge(r, today)
	if took, _ := h.Test("p", "Test3"); took != 24500*time.Microsecond {
		t.Errorf("the mean is %v", took)
	}
	if len(h.packages) != 51 {
		t.Errorf("%d packages", len(h.packages))
	}
}

// Any runs merged in any order: no passed test is lost, and with at most five samples the
// estimates are the same.
func FuzzMerge(f *testing.F) {
	f.Add(uint64(1), uint8(3))
	f.Add(uint64(2), uint8(5))
	f.Add(uint64(3), uint8(12))
	f.Fuzz(func(t *testing.T, seed uint64, n uint8) {
		random := rand.New(rand.NewPCG(seed, 0))
		var runs []*Run
		passed := map[[2]string]int{}
		for range n % 16 {
			r := NewRun()
			inRun := map[[2]string]bool{}
			for range random.IntN(20) {
				pkg, test := fmt.Sprint("p", random.IntN(3)), fmt.Sprint("Test", random.IntN(5))
				outcome := Outcome(random.IntN(3))
				r.Test(pkg, test, time.Duration(random.Int64N(int64(time.Minute)))-time.Second*time.Duration(random.IntN(2)), outcome)
				if outcome == Passed && r.packages[pkg].tests[test].passes.n > 0 {
					inRun[[2]string{pkg, test}] = true
				}
				r.Start(pkg, time.Duration(random.Int64()))
				r.Package(pkg, time.Duration(random.Int64()))
			}
			for key := range inRun {
				passed[key]++
			}
			runs = append(runs, r)
		}
		merged := func(runs []*Run) *History {
			h := newHistory()
			for _, r := range runs {
				h.merge(r, today)
				h.expire(today)
				again, err := decode(h.encodeWithin(mostTests, mostBytes))
				if err != nil {
					t.Fatal(err)
				}
				h = again
			}
			return h
		}
		one := merged(runs)
		shuffled := slices.Clone(runs)
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		other := merged(shuffled)
		for key, count := range passed {
			a, b := one.packages[key[0]].tests[key[1]], other.packages[key[0]].tests[key[1]]
			if int(a.n) != min(count, keptSamples) || a.n != b.n {
				t.Fatalf("%v passed in %d runs and has %d and %d samples", key, count, a.n, b.n)
			}
			ofA, _ := a.estimate()
			if ofB, _ := b.estimate(); count <= keptSamples && ofA != ofB {
				t.Fatalf("%v: %v, in another order %v", key, ofA, ofB)
			}
		}
		if len(runs) <= keptSamples {
			sortSamples(one)
			sortSamples(other)
			if !bytes.Equal(one.encode(), other.encode()) {
				t.Fatalf("in another order it is\n%s\nnot\n%s", other.encode(), one.encode())
			}
		}
	})
}

func sortSamples(h *History) {
	for _, p := range h.packages {
		slices.Sort(p.start.times[:p.start.n])
		slices.Sort(p.whole.times[:p.whole.n])
		for name, t := range p.tests {
			slices.Sort(t.times[:t.n])
			p.tests[name] = t
		}
	}
}
