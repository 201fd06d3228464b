package history

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

const (
	keptSamples = 5
	missedRuns  = 10             // complete runs without it after which a test is removed
	unseenDays  = 90             // days after which a test or a package is removed
	longest     = 48 * time.Hour // limit for measured durations
	longestName = 1000           // bytes; longer names are not recorded
)

// History is what is known from earlier runs. Several goroutines may call its methods.
type History struct {
	packages map[string]*packageTimes
}

type packageTimes struct {
	seen         day
	start, whole samples
	tests        map[string]testTimes
	median       func() (time.Duration, bool)
	subtests     func() map[string][]string // of a history that is not changed anymore: names by test
}

// testTimes without samples is a test that was always skipped.
type testTimes struct {
	samples
	seen   day
	missed uint8 // number of complete runs of the package since it was last seen
}

func newHistory() *History { return &History{packages: map[string]*packageTimes{}} }

func newPackageTimes() *packageTimes {
	p := &packageTimes{tests: map[string]testTimes{}}
	p.median = sync.OnceValues(p.medianOfTests)
	p.subtests = sync.OnceValue(p.namesOfSubtests)
	return p
}

// Test estimates how long a top-level test, fuzz test or example takes.
func (h *History) Test(pkg, test string) (time.Duration, bool) {
	p, ok := h.packages[pkg]
	if !ok {
		return 0, false
	}
	t, ok := p.tests[test]
	if !ok {
		return 0, false
	}
	took, _ := t.estimate()
	return took, true
}

// Start estimates the cost of each process of a package's test binary in addition to its
// tests: init, and TestMain before and after them. runs is the number of runs that measured
// it, 0 if unknown.
func (h *History) Start(pkg string) (took time.Duration, runs int) {
	if p, ok := h.packages[pkg]; ok && p.start.n > 0 {
		return slices.Min(p.start.durations()), int(p.start.n)
	}
	return 0, 0
}

// Package estimates the duration of a package in one process, including its start.
func (h *History) Package(pkg string) (time.Duration, bool) {
	if p, ok := h.packages[pkg]; ok {
		return p.whole.estimate()
	}
	return 0, false
}

// Median is the median of the estimates of a package's tests that passed before. It is the
// estimate for its tests without a history.
func (h *History) Median(pkg string) (time.Duration, bool) {
	if p, ok := h.packages[pkg]; ok {
		return p.median()
	}
	return 0, false
}

func (p *packageTimes) medianOfTests() (time.Duration, bool) {
	all := make([]time.Duration, 0, len(p.tests))
	for name, t := range p.tests {
		if took, ok := t.estimate(); ok && isTest(name) {
			all = append(all, took)
		}
	}
	return median(all)
}

// TestTime is what is known of one test.
type TestTime struct {
	Package, Test string
	Estimate      time.Duration
	Samples       []time.Duration // oldest first; none for a test that was always skipped
}

// Tests lists all known tests, by package and name.
func (h *History) Tests() []TestTime {
	var all []TestTime
	for pkg, p := range h.packages {
		for name, t := range p.tests {
			if !isTest(name) {
				continue
			}
			took, _ := t.estimate()
			all = append(all, TestTime{Package: pkg, Test: name, Estimate: took, Samples: t.durations()})
		}
	}
	slices.SortFunc(all, func(a, b TestTime) int {
		if c := strings.Compare(a.Package, b.Package); c != 0 {
			return c
		}
		return strings.Compare(a.Test, b.Test)
	})
	return all
}

// Packages lists all known packages.
func (h *History) Packages() []string { return slices.Sorted(maps.Keys(h.packages)) }

// samples are the last few durations, oldest first, in tenths of a millisecond.
type samples struct {
	n     uint8
	times [keptSamples]int32
}

const tick = time.Millisecond / 10

func (s *samples) add(took time.Duration) {
	if int(s.n) == keptSamples {
		copy(s.times[:], s.times[1:])
		s.n--
	}
	s.times[s.n] = int32(min(took, longest).Round(tick) / tick)
	s.n++
}

func (s *samples) durations() []time.Duration {
	var all []time.Duration
	for _, t := range s.times[:s.n] {
		all = append(all, time.Duration(t)*tick)
	}
	return all
}

// estimate returns false if there is no sample.
func (s *samples) estimate() (time.Duration, bool) {
	sorted := s.times
	slices.Sort(sorted[:s.n])
	if s.n == 0 {
		return 0, false
	}
	return time.Duration(sorted[s.n/2]) * tick, true
}

// median sorts all and returns its median, the upper of two in the middle.
func median(all []time.Duration) (time.Duration, bool) {
	if len(all) == 0 {
		return 0, false
	}
	slices.Sort(all)
	return all[len(all)/2], true
}

// day counts from 1970-01-01, UTC.
type day int32

// dayOf returns the day of t, limited to days that the file can hold.
func dayOf(t time.Time) day { return day(min(max(t.Unix()/(24*60*60), 1), 2_932_896)) } // 9999-12-31

func (d day) String() string {
	return time.Unix(int64(d)*24*60*60, 0).UTC().Format(time.DateOnly)
}

// recordable reports whether a name can be a key of the file.
func recordable(name string) bool {
	return name != "" && len(name) <= longestName && utf8.ValidString(name)
}
