package history

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// Subtests are entries like tests, with names that no test has: versions that know nothing of
// them read them, and remove them after ten runs.
//
//	TestX/case     the subtests TestX/case and TestX/case/…
//	TestX/         the test's own code around its subtests
//	TestX//order   it stays whole: it failed when it ran in several processes
//	TestX//names   it stays whole for ten runs: known subtests were missing
//
// Subtests of a test are known if it takes a second or more, the longest 500 of them.
const (
	worthKnowing = time.Second
	mostSubtests = 500
	ownCode      = "/"
	orderMark    = "//order"
	namesMark    = "//names"
)

// Subtests are the durations of the subtests of one test.
type Subtests struct {
	// Own is the duration of the test's own code, which runs in each process that runs some
	// of its subtests.
	Own time.Duration
	// Times are the durations of its subtests, by the first part of their names after that
	// of the test. Not all of them need be known.
	Times map[string]time.Duration
}

// Total is the duration of the test if its subtests run one after another.
func (s Subtests) Total() time.Duration {
	total := s.Own
	for _, took := range s.Times {
		total += took
	}
	return total
}

// Whole is why a test must not run in several processes.
type Whole int

// The reasons.
const (
	Divisible    Whole = iota // it may
	NamesChanged              // subtests were missing
	FailedApart               // it failed when it ran in several processes
)

// Subtests returns what is known of the subtests of a test, and why it stays whole.
func (h *History) Subtests(pkg, test string) (s Subtests, whole Whole) {
	p, ok := h.packages[pkg]
	if !ok {
		return s, Divisible
	}
	own := p.tests[test+ownCode]
	s.Own, _ = own.estimate()
	for _, name := range p.subtests()[test] {
		times := p.tests[test+"/"+name]
		if took, ok := times.estimate(); ok {
			if s.Times == nil {
				s.Times = map[string]time.Duration{}
			}
			s.Times[name] = took
		}
	}
	if _, ok := p.tests[test+orderMark]; ok {
		return s, FailedApart
	}
	if _, ok := p.tests[test+namesMark]; ok {
		return s, NamesChanged
	}
	return s, Divisible
}

// isTest reports whether an entry is one of a test.
func isTest(name string) bool { return !strings.Contains(name, "/") }

// namesOfSubtests returns the names of the known subtests by test.
func (p *packageTimes) namesOfSubtests() map[string][]string {
	names := map[string][]string{}
	for entry := range p.tests {
		if test, name, ok := strings.Cut(entry, "/"); ok && name != "" && name[0] != '/' {
			names[test] = append(names[test], name)
		}
	}
	return names
}

// subtestsRun is what one run recorded of the subtests of one test.
type subtestsRun struct {
	Subtests
	measured bool          // whether Subtests is set
	apart    bool          // whether it ran in several processes
	longest  time.Duration // the longest of these
	whole    Whole         // why it must not do so again
}

// Subtests records the durations of all subtests of a test that passed. longest is the duration of
// the longest of the processes that ran it, if there were several, and 0 otherwise.
func (r *Run) Subtests(pkg, test string, s Subtests, longest time.Duration) {
	apart := longest > 0
	if !apart && (s.Total() < worthKnowing || len(s.Times) < 2) || !recordable(test) {
		return
	}
	r.in(pkg, func(p *packageRun) {
		ran := p.subtestsOf(test)
		ran.Subtests, ran.measured, ran.apart, ran.longest = s, true, apart, longest
	})
}

// StaysWhole records that a test must not run in several processes again, although this run
// did that.
func (r *Run) StaysWhole(pkg, test string, why Whole) {
	if !recordable(test) {
		return
	}
	r.in(pkg, func(p *packageRun) {
		s := p.subtestsOf(test)
		s.apart, s.whole = true, max(s.whole, why)
	})
}

func (p *packageRun) subtestsOf(test string) *subtestsRun {
	if p.subtests == nil {
		p.subtests = map[string]*subtestsRun{}
	}
	if p.subtests[test] == nil {
		p.subtests[test] = &subtestsRun{}
	}
	return p.subtests[test]
}

// mergeSubtests adds what a run recorded of the subtests of a package.
func (p *packageTimes) mergeSubtests(ran *packageRun, today day) {
	for test, result := range ran.tests {
		if s := ran.subtests[test]; result.failed && (s == nil || !s.apart) {
			delete(p.tests, test+orderMark) // it fails in one process too
		}
	}
	if len(ran.subtests) == 0 {
		return
	}
	known := p.namesOfSubtests()
	for test, s := range ran.subtests {
		switch s.whole {
		case FailedApart:
			p.tests[test+orderMark] = testTimes{seen: today}
		case NamesChanged:
			p.tests[test+namesMark] = testTimes{seen: today}
		case Divisible:
			if mark, ok := p.tests[test+namesMark]; ok && !s.apart {
				if mark.missed++; mark.missed < missedRuns {
					p.tests[test+namesMark] = mark
				} else {
					delete(p.tests, test+namesMark)
				}
			}
		}
		if s.measured {
			p.replaceSubtests(test, known[test], s.Subtests, today)
		}
	}
}

// worth returns the names of the subtests of a test that are kept, the longest first.
func (s Subtests) worth(test string) []string {
	names := slices.SortedFunc(maps.Keys(s.Times), func(a, b string) int {
		return cmp.Or(cmp.Compare(s.Times[b], s.Times[a]), cmp.Compare(a, b))
	})
	names = slices.DeleteFunc(names, func(name string) bool {
		return name == "" || name[0] == '/' || s.Times[name] < tick || !recordable(test+"/"+name)
	})
	return names[:min(len(names), mostSubtests)]
}

// replaceSubtests adds samples of the subtests that a test has now, and removes others.
func (p *packageTimes) replaceSubtests(test string, known []string, s Subtests, today day) {
	names := s.worth(test)
	now := map[string]bool{}
	for _, name := range names {
		now[name] = true
		p.addSample(test+"/"+name, s.Times[name], today)
	}
	for _, name := range known {
		if !now[name] {
			delete(p.tests, test+"/"+name)
		}
	}
	p.addSample(test+ownCode, s.Own, today)
}

func (p *packageTimes) addSample(entry string, took time.Duration, today day) {
	t := p.tests[entry]
	t.add(max(took, 0))
	t.seen, t.missed = today, 0
	p.tests[entry] = t
}
