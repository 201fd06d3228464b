package live

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// row is what one worker does.
type row struct {
	worker, pkg, test string // test is empty between tests
	since             time.Duration
	usual             time.Duration // 0 if unknown
	others            int           // tests that run at the same time on it
	why               string        // the package runs, empty if that is not known
}

// leaf is a running test without running subtests.
type leaf struct {
	row
	lines []string // the last ones of its output
}

// rows returns what each busy worker does. s.mu is held.
func (s *State) rows(busy []Busy, now time.Time) []row {
	byWorker := map[string]*row{}
	for _, b := range busy {
		byWorker[b.Worker] = &row{worker: b.Worker, pkg: b.Package, since: now.Sub(b.Since)}
	}
	for key, r := range s.running {
		if r.paused || r.worker == "" || strings.Contains(key.name, "/") {
			continue
		}
		elapsed := r.elapsed(now)
		at := byWorker[r.worker]
		switch {
		case at == nil && s.source == nil:
			at = &row{worker: r.worker}
			byWorker[r.worker] = at
		case at == nil || s.source != nil && at.pkg != key.pkg:
			continue // its end has not arrived yet
		}
		if at.test != "" {
			at.others++
			if elapsed < at.since || elapsed == at.since && key.name > at.test {
				continue
			}
		}
		at.pkg, at.test, at.since = key.pkg, key.name, elapsed
	}
	rows := make([]row, 0, len(byWorker))
	for _, r := range byWorker {
		if r.test != "" {
			r.usual = s.usual(r.pkg, r.test)
		}
		r.why = s.reasons[r.pkg]
		rows = append(rows, *r)
	}
	slices.SortFunc(rows, s.order)
	return rows
}

// leaves returns the running tests that do not wait for a subtest, by worker, and the
// workers that are between tests.
func (s *State) leaves() []leaf {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	waiting := map[test]bool{}
	for key := range s.running {
		for at := strings.LastIndexByte(key.name, '/'); at >= 0; at = strings.LastIndexByte(key.name[:at], '/') {
			waiting[test{key.pkg, key.name[:at]}] = true
		}
	}
	var busy []Busy
	if s.source != nil {
		busy = s.source.Busy()
	}
	var leaves []leaf
	for _, r := range s.rows(busy, now) {
		if r.test == "" {
			leaves = append(leaves, leaf{row: r})
		}
	}
	for key, r := range s.running {
		if r.paused || r.worker == "" || waiting[key] {
			continue
		}
		l := leaf{row: row{worker: r.worker, pkg: key.pkg, test: key.name, since: r.elapsed(now)}, lines: lastLines(r.tail)}
		l.usual = s.usual(key.pkg, key.name)
		leaves = append(leaves, l)
	}
	slices.SortFunc(leaves, func(a, b leaf) int {
		return cmp.Or(s.order(a.row, b.row), cmp.Compare(b.since, a.since), strings.Compare(a.test, b.test))
	})
	return leaves
}

// order compares rows by their workers.
func (s *State) order(a, b row) int {
	return cmp.Or(cmp.Compare(slices.Index(s.workers, a.worker), slices.Index(s.workers, b.worker)), strings.Compare(a.worker, b.worker))
}

// usual is how long a test usually takes, 0 if that is not known.
func (s *State) usual(pkg, test string) time.Duration {
	if s.source == nil {
		return 0
	}
	took, known := s.source.Usual(pkg, test)
	if !known {
		return 0
	}
	return took
}
