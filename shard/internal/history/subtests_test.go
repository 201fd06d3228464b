package history

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// subtestsOf writes down what is known of TestX.
func subtestsOf(h *History) string {
	s, whole := h.Subtests("p", "TestX")
	var all []string
	for name, took := range s.Times {
		all = append(all, fmt.Sprint(name, "=", took))
	}
	slices.Sort(all)
	return fmt.Sprint(strings.Join(all, " "), " own=", s.Own, " ", whole)
}

// ranWhole is a run of TestX in one process, with subtests of these seconds.
func ranWhole(own time.Duration, subtests ...string) *Run { return ranIn(false, own, subtests) }

func ranApart(own time.Duration, subtests ...string) *Run { return ranIn(true, own, subtests) }

func ranIn(apart bool, own time.Duration, subtests []string) *Run {
	r, s := NewRun(), Subtests{Own: own, Times: map[string]time.Duration{}}
	for _, subtest := range subtests {
		name, took, _ := strings.Cut(subtest, "=")
		s.Times[name], _ = time.ParseDuration(took)
	}
	r.Test("p", "TestX", s.Total(), Passed)
	r.Complete("p")
	longest := time.Duration(0)
	if apart {
		longest = time.Second
	}
	r.Subtests("p", "TestX", s, longest)
	if m := r.Measured()[0]; apart && m.Tests["TestX"] != longest {
		panic("the duration of a test is not that of its longest process")
	}
	return r
}

func stays(why Whole) *Run {
	r := NewRun()
	r.Test("p", "TestX", time.Second, Failed)
	r.StaysWhole("p", "TestX", why)
	return r
}

func TestSubtests(t *testing.T) {
	ab := ranWhole(100*ms, "a=1s", "b=2s")
	failed := NewRun()
	failed.Test("p", "TestX", time.Second, Failed)
	for _, c := range []struct {
		name string
		runs []*Run
		want string
	}{
		{"none", nil, " own=0s 0"},
		{"one run", []*Run{ab}, "a=1s b=2s own=100ms 0"},
		{"two runs", []*Run{ab, ranWhole(300*ms, "a=3s", "b=2s")}, "a=3s b=2s own=300ms 0"},
		{"a short test", []*Run{ranWhole(100*ms, "a=10ms", "b=20ms")}, " own=0s 0"},
		{"a test with one subtest", []*Run{ranWhole(100*ms, "a=5s")}, " own=0s 0"},
		{"names that no entry can have", []*Run{ranWhole(0, "a=1s", "/=2s", "=3s", "\xff=3s", strings.Repeat("x", 1000)+"=1s")}, "a=1s own=0s 0"},
		{"other subtests", []*Run{ab, ranApart(100*ms, "b=2s", "c=10ms")}, "b=2s c=10ms own=100ms 0"},
		{"missing ones", []*Run{ab, stays(NamesChanged)}, "a=1s b=2s own=100ms 1"},
		{"nine whole runs after that", append([]*Run{ab, stays(NamesChanged)}, times(9, ab)...), "a=1s b=2s own=100ms 1"},
		{"ten whole runs after that", append([]*Run{ab, stays(NamesChanged)}, times(10, ab)...), "a=1s b=2s own=100ms 0"},
		{"a failure apart", append([]*Run{ab, stays(FailedApart)}, times(20, ab)...), "a=1s b=2s own=100ms 2"},
		{"that fails whole too", []*Run{ab, stays(FailedApart), failed}, "a=1s b=2s own=100ms 0"},
		{"the test is gone", append([]*Run{ab}, times(10, record("complete"))...), " own=0s 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHistory()
			for _, r := range c.runs {
				h.merge(r, today)
				h.expire(today)
				again, err := decode(h.encode())
				if err != nil {
					t.Fatal(err)
				}
				h = again
			}
			if got := subtestsOf(h); got != c.want {
				t.Errorf("got %s\nwant %s", got, c.want)
			}
			if tests := h.Tests(); len(tests) > 1 {
				t.Errorf("subtests are listed as tests: %v", tests)
			}
		})
	}
}

// A test has no more than the longest of its subtests.
func TestSubtestsAreBounded(t *testing.T) {
	var all []string
	for i := range mostSubtests + 100 {
		all = append(all, fmt.Sprintf("%d=%dms", i, 100+i))
	}
	h := newHistory()
	h.merge(ranWhole(0, all...), today)
	s, _ := h.Subtests("p", "TestX")
	if _, short := s.Times["0"]; len(s.Times) != mostSubtests || short {
		t.Errorf("%d subtests are kept, the shortest: %v", len(s.Times), short)
	}
	if took, _ := h.Median("p"); took < 100*time.Second {
		t.Errorf("the median of the tests is %v: it includes subtests", took)
	}
}
