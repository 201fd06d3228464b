package history

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	mostTests = 200_000
	mostBytes = 20 << 20
)

// merge adds a run that ended today. The order of merging two runs matters only for which
// of more than five samples is the oldest.
func (h *History) merge(r *Run, today day) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, ran := range r.packages {
		if r.last {
			delete(r.packages, name)
		}
		p, ok := h.packages[name]
		if !ok {
			p = newPackageTimes()
			h.packages[name] = p
		}
		p.seen = max(p.seen, today)
		if ran.start.n > 0 {
			p.start.add(ran.leastStart)
		}
		ran.whole.addTo(&p.whole)
		for test, result := range ran.tests {
			p.merge(test, result, today)
		}
		p.mergeSubtests(ran, today)
		if !ran.complete {
			continue
		}
		for test, t := range p.tests {
			if isTest(test) && !t.seenIn(ran.tests[test]) {
				t.missed++
				p.tests[test] = t
			}
		}
	}
}

// seenIn reports whether a run confirms the history of a test. A test that used to pass and
// is now skipped ages, until its old durations are removed.
func (t *testTimes) seenIn(result testRun) bool {
	return result.passes.n > 0 || result.failed || result.skipped && t.n == 0
}

func (p *packageTimes) merge(test string, result testRun, today day) {
	t, known := p.tests[test]
	if !known && result.passes.n == 0 && !result.skipped {
		return // it only failed, so there is nothing to keep
	}
	if !t.seenIn(result) {
		return
	}
	result.passes.addTo(&t.samples)
	t.seen, t.missed = max(t.seen, today), 0
	p.tests[test] = t
}

// expire removes what was not seen for long. A future day, from a wrong clock, counts as
// today, or it would never expire.
func (h *History) expire(today day) {
	for name, p := range h.packages {
		p.seen = min(p.seen, today)
		for test, t := range p.tests {
			if t.seen > today {
				t.seen = today
				p.tests[test] = t
			}
			if t.missed >= missedRuns || today-t.seen > unseenDays {
				delete(p.tests, test)
			}
		}
		for entry := range p.tests {
			test, _, _ := strings.Cut(entry, "/")
			if _, ok := p.tests[test]; !ok {
				delete(p.tests, entry)
			}
		}
		if today-p.seen > unseenDays {
			delete(h.packages, name)
		}
	}
}

// bound removes tests until there are at most n, and then packages without tests.
func (h *History) bound(n int) {
	type key struct {
		pkg, test string
		seen      day
		took      time.Duration
	}
	var all []key
	for pkg, p := range h.packages {
		for test, t := range p.tests {
			took, _ := t.estimate()
			all = append(all, key{pkg, test, t.seen, took})
		}
	}
	if len(all) <= n {
		return
	}
	slices.SortFunc(all, func(a, b key) int {
		return cmp.Or(cmp.Compare(b.seen, a.seen), cmp.Compare(b.took, a.took), cmp.Compare(a.pkg, b.pkg), cmp.Compare(a.test, b.test))
	})
	for _, k := range all[n:] {
		delete(h.packages[k.pkg].tests, k.test)
	}
}

// boundPackages removes the packages that were not seen for the longest time.
func (h *History) boundPackages(n int) {
	names := slices.SortedFunc(maps.Keys(h.packages), func(a, b string) int {
		return cmp.Or(cmp.Compare(h.packages[b].seen, h.packages[a].seen), cmp.Compare(a, b))
	})
	for _, name := range names[min(n, len(names)):] {
		delete(h.packages, name)
	}
}

// encodeWithin returns the text of the file, after removing what exceeds the limits.
func (h *History) encodeWithin(tests, bytes int) []byte {
	h.bound(tests)
	text := h.encode()
	for len(text) > bytes {
		tests = 0
		for _, p := range h.packages {
			tests += len(p.tests)
		}
		// In proportion, plus a margin, because lines differ in length.
		share := float64(bytes) / float64(len(text)) * 0.95
		if tests > 0 {
			h.bound(int(float64(tests) * share))
		} else {
			h.boundPackages(int(float64(len(h.packages)) * share))
		}
		text = h.encode()
	}
	return text
}
