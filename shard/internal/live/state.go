package live

import (
	"strings"
	"sync"
	"time"

	"gotest.tools/gotestsum/testjson"
)

// Source is an engine that knows more about a run than its events show. All methods may be
// called at any time by several goroutines, and return at once.
type Source interface {
	// Busy returns the workers that run a test process now.
	Busy() []Busy
	// Usual estimates how long a top-level test takes, from earlier runs of it if it is known
	// and otherwise of others.
	Usual(pkg, test string) (took time.Duration, known bool)
	// Expected returns what the run consists of, by import path, nil as long as that is
	// not known. The result is not changed any more.
	Expected() map[string]Package
}

// Busy is a worker that runs a test process.
type Busy struct {
	Worker, Package string
	Since           time.Time
}

// Package is what is expected of a package that has tests.
type Package struct {
	// Tests is how many top-level tests run, and Known how many of them have a history.
	Tests, Known int
	// Took is how long they take, one after another.
	Took time.Duration
	// Whole is whether one process runs them all. Took is then the duration of the process.
	Whole bool
}

// State is what is known of a run while it goes on. It reads no terminal and starts nothing.
// A nil State notes nothing. Several goroutines may call its methods.
type State struct {
	workers []string          // all of them, in order
	keys    bool              // whether keys are read
	heading []string          // the first line, in pieces, empty for none
	reasons map[string]string // why packages run, by import path

	mu       sync.Mutex
	began    time.Time
	source   Source             // nil for none
	running  map[test]*running  // including subtests
	spare    []byte             // the memory of a tail, for reuse
	packages map[string]*inside // those that have started
	failing  map[test]bool      // top-level tests, or packages, whose last result is a failure
	done     int                // top-level tests that have ended, without reruns
	flaky    int                // tests that failed and passed in a rerun
	rerun    int                // the current attempt, 0 for the first
	idle     time.Time          // since when a worker has waited for a test binary, zero for none
}

type test struct{ pkg, name string }

// running is a test that has started and has not ended.
type running struct {
	worker string
	since  time.Time     // when it started or continued
	took   time.Duration // before that
	paused bool
	tail   []byte // the end of its output
}

func (r *running) elapsed(now time.Time) time.Duration {
	if r.paused {
		return r.took
	}
	return r.took + now.Sub(r.since)
}

// inside is the state of a package.
type inside struct {
	ended  bool
	failed bool          // whether a test of it has failed in this attempt
	spent  time.Duration // what was expected of the tests that have ended
}

// NewState returns the state of a run that begins now on workers.
func NewState(workers []string) *State {
	return &State{
		workers: workers, began: time.Now(),
		running: map[test]*running{}, packages: map[string]*inside{}, failing: map[test]bool{},
	}
}

// Follow makes s use what a source knows.
func (s *State) Follow(source Source) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.source = source
}

// actionStart is the action of a package's first event, which testjson has no name for. The
// go command writes it when the test binary is built.
const actionStart testjson.Action = "start"

// mostTail is how much of a test's output is kept, in bytes.
const mostTail = 2 << 10

// Note records an event and its worker.
func (s *State) Note(event testjson.TestEvent, worker string) {
	if s == nil || event.Package == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if event.Test == "" {
		s.notePackage(event)
		return
	}
	key := test{event.Package, event.Test}
	r := s.running[key]
	switch {
	case event.Action == testjson.ActionRun:
		s.running[key] = &running{worker: worker, since: time.Now()}
	case event.Action.IsTerminal():
		if r != nil && r.tail != nil {
			s.spare = r.tail[:0]
		}
		delete(s.running, key)
		if !strings.Contains(event.Test, "/") {
			s.end(key, event)
		}
	case r == nil:
	case event.Action == testjson.ActionPause && !r.paused:
		r.took, r.paused = r.elapsed(time.Now()), true
	case event.Action == testjson.ActionCont && r.paused:
		r.since, r.paused = time.Now(), false
	case event.Action == testjson.ActionOutput && !strings.HasPrefix(event.Output, "=== "):
		if r.tail == nil {
			r.tail, s.spare = s.spare, nil
		}
		text := event.Output[max(0, len(event.Output)-mostTail):]
		if r.tail = append(r.tail, text...); len(r.tail) > 2*mostTail {
			r.tail = append(r.tail[:0], r.tail[len(r.tail)-mostTail:]...)
		}
	}
}

// notePackage records an event of a package itself. s.mu is held.
func (s *State) notePackage(event testjson.TestEvent) {
	p := s.inside(event.Package)
	switch {
	case event.Action == actionStart:
		p.ended, p.failed = false, false
		s.rerun = max(s.rerun, event.RunID)
	case event.Action.IsTerminal():
		p.ended = true
		for key := range s.running {
			if key.pkg == event.Package { // it was interrupted
				delete(s.running, key)
			}
		}
		outside := test{pkg: event.Package}
		switch {
		case event.Action == testjson.ActionFail && !p.failed:
			s.failing[outside] = true
		case s.failing[outside]:
			delete(s.failing, outside)
			s.flaky++
		}
	}
}

func (s *State) inside(pkg string) *inside {
	p := s.packages[pkg]
	if p == nil {
		p = &inside{}
		s.packages[pkg] = p
	}
	return p
}

// end records the end of a top-level test. s.mu is held.
func (s *State) end(key test, event testjson.TestEvent) {
	p := s.inside(key.pkg)
	switch {
	case event.Action == testjson.ActionFail:
		p.failed, s.failing[key] = true, true
	case event.RunID > 0 && event.Action == testjson.ActionPass && s.failing[key]:
		delete(s.failing, key)
		s.flaky++
	}
	if event.RunID == 0 {
		s.done++
		if s.source != nil {
			took, _ := s.source.Usual(key.pkg, key.name)
			p.spent += took
		}
	}
}

// snapshot is what the area shows.
type snapshot struct {
	elapsed       time.Duration
	done, total   int // total is 0 if unknown
	failed, flaky int
	ready, of     int // test binaries, of is 0 if unknown
	building      bool
	left          time.Duration
	rerun         int
	keys          bool  // whether keys are read
	rows          []row // in the order of the workers
	heading       []string
}

// aWhile is how long a worker waits for a test binary before that is shown.
const aWhile = 500 * time.Millisecond

// waits reports whether a worker waits for the go command to build. While all of them are
// busy, the go command does not start what it has built. s.mu is held.
func (s *State) waits(n snapshot, now time.Time) bool {
	if n.of == 0 { // not known
		return n.ready == 0 && n.done == 0 && len(n.rows) == 0
	}
	if n.rerun > 0 || n.ready >= n.of || len(n.rows) >= len(s.workers) {
		s.idle = time.Time{}
		return false
	}
	if s.idle.IsZero() {
		s.idle = now
	}
	return n.ready == 0 || now.Sub(s.idle) >= aWhile
}

// snapshot returns the current state.
func (s *State) snapshot() snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	var busy []Busy
	var expected map[string]Package
	if s.source != nil {
		busy, expected = s.source.Busy(), s.source.Expected()
	}
	n := snapshot{
		elapsed: now.Sub(s.began), done: s.done, failed: len(s.failing), flaky: s.flaky, rerun: s.rerun, keys: s.keys,
		rows: s.rows(busy, now), heading: s.heading,
	}
	known := 0
	for _, p := range expected {
		n.total += p.Tests
		known += p.Known
	}
	n.of = len(expected)
	for pkg := range s.packages {
		if _, ok := expected[pkg]; ok || expected == nil {
			n.ready++
		}
	}
	n.building = s.waits(n, now)
	if n.done > n.total {
		n.total = 0 // more tests than the source shows
	}
	// A test without a history has the median of its package, so a few of them do not matter.
	if n.total > 0 && known*5 >= n.total*4 && !n.building && n.rerun == 0 {
		n.left = s.left(expected, busy, n.rows, now)
	}
	return n
}

// left estimates how long the run still takes. s.mu is held.
func (s *State) left(expected map[string]Package, busy []Busy, rows []row, now time.Time) time.Duration {
	processes := map[string]time.Duration{} // how long the process of a package has run
	for _, b := range busy {
		processes[b.Package] = now.Sub(b.Since)
	}
	var sum, longest time.Duration
	for name, pkg := range expected {
		rest := pkg.Took
		switch p := s.packages[name]; {
		case p != nil && p.ended:
			continue
		case pkg.Whole:
			rest = max(0, rest-processes[name])
			longest = max(longest, rest)
		case p != nil:
			rest = max(0, rest-p.spent)
		}
		sum += rest
	}
	for _, r := range rows {
		longest = max(longest, r.usual-r.since)
	}
	return max(longest, sum/time.Duration(max(1, len(s.workers))))
}
