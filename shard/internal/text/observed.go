package text

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
)

// Change is a change of a test's state, as reported by a framing line.
type Change struct {
	// Action is run, pause or cont; or pass, fail or skip at the test's end.
	Action string
	// Test is the full name of the test as the process writes it, without a suffix.
	Test string
	// Took is the test's duration, set at its end: from run to end by the reader's clock,
	// without the time between pause and cont. It is finer than the 10 ms that a test
	// binary prints, and unlike there it includes the test's parallel subtests.
	Took time.Duration
	// Nested is whether the test began while another top-level test was running. A
	// process does not do that by itself. It is printed by a process that a test started,
	// with the same output and arguments.
	Nested bool
	// Inside is whether a subtest of the test has failed, and Spoke whether the test printed
	// something itself.
	Inside, Spoke bool
}

// Observed is the state of the tests of one process according to its framing lines so
// far. Any goroutine may call its methods at any time.
type Observed struct {
	observe func(Change)
	now     func() time.Time

	changes []Change  // not passed to observe yet; used by the writing goroutine
	current *openTest // that prints now, nil for none; used by the writing goroutine

	mu       sync.Mutex
	open     map[string]*openTest // tests that have started and not ended
	runs     int                  // tests that have started
	started  []string
	own      map[string]bool // tests in started that were not nested every time
	before   map[string]int  // for each test in own, how many others were there before it
	running  map[string]bool // top-level tests that are open, not paused and not nested
	ended    map[string]string
	verdict  string
	firstRun time.Time
	lastEnd  time.Time
}

// openTest is a test that has started and has not ended.
type openTest struct {
	number int       // by order of start
	since  time.Time // when it started or continued
	took   time.Duration
	paused bool
	ended  []string // the subtests that have ended
	again  bool     // see RunAgain
	nested bool     // see Change
	inside bool     // see Change
	spoke  bool     // see Change; used by the writing goroutine
}

func newObserved(observe func(Change), now func() time.Time) Observed {
	if now == nil {
		now = time.Now
	}
	return Observed{observe: observe, now: now, open: map[string]*openTest{}, own: map[string]bool{}, before: map[string]int{}, running: map[string]bool{}, ended: map[string]string{}}
}

// see handles a framing line, and returns the change.
func (o *Observed) see(f framing.Line) (change Change) {
	o.mu.Lock()
	defer o.mu.Unlock()
	defer func() { o.current = o.open[string(f.Name)] }()
	switch f.Action {
	case "name", "attr", "artifacts", "bench", "reset":
		return change
	}
	if f.Action == "PASS" || f.Action == "FAIL" {
		o.verdict = f.Action
		return change
	}
	if len(f.Name) == 0 {
		return change
	}
	o.verdict = "" // TestMain may call m.Run again
	now := o.now()
	change.Action = f.Action
	test := o.open[string(f.Name)]
	switch f.Action {
	case "run":
		change.Test = string(f.Name)
		if o.runs == 0 {
			o.firstRun = now
		}
		o.runs++
		change.Nested = o.beginsNested(change.Test)
		o.open[change.Test] = &openTest{number: o.runs, since: now, nested: change.Nested}
		if framing.Root(change.Test) == change.Test {
			o.started = append(o.started, change.Test)
			if !change.Nested {
				if !o.own[change.Test] {
					o.before[change.Test] = len(o.own)
				}
				o.own[change.Test], o.running[change.Test] = true, true
			}
		}
	case "pause":
		change.Test = string(f.Name)
		if test != nil && !test.paused {
			test.paused = true
			test.took += now.Sub(test.since)
			if !test.nested {
				delete(o.running, change.Test)
			}
		}
	case "cont":
		change.Test = string(f.Name)
		if test != nil && test.paused {
			test.paused = false
			test.since = now
			if !test.nested && framing.Root(change.Test) == change.Test {
				o.running[change.Test] = true
			}
		}
	default:
		change = o.end(string(f.Name), f.Action, now)
	}
	if o.observe != nil {
		o.changes = append(o.changes, change)
	}
	return change
}

// prints notes that the process prints something that is no framing line.
func (o *Observed) prints() {
	if o.current != nil {
		o.current.spoke = true
	}
}

// beginsNested reports whether a test that begins now is nested. A test that is already
// running is not: it may have started a process that runs it again. o.mu is held.
func (o *Observed) beginsNested(name string) bool {
	if root := framing.Root(name); root != name {
		test := o.open[root]
		return test != nil && test.nested
	}
	return len(o.running) > 0 && !(len(o.running) == 1 && o.running[name])
}

// end ends a test with a result. o.mu is held.
func (o *Observed) end(name, result string, now time.Time) Change {
	change := Change{Action: result, Test: name}
	if test := o.open[name]; test != nil {
		change.Took = test.runFor(now)
		change.Nested, change.Inside, change.Spoke = test.nested, test.inside, test.spoke
		delete(o.open, name)
	}
	for at := strings.LastIndexByte(name, '/'); at >= 0 && result == "fail"; at = strings.LastIndexByte(name[:at], '/') {
		if parent := o.open[name[:at]]; parent != nil {
			parent.inside = true
			break // its end is the failure of its own parent
		}
	}
	o.lastEnd = now
	if !change.Nested {
		delete(o.running, name)
	}
	root := framing.Root(name)
	if root != name {
		if test := o.open[root]; test != nil {
			test.ended = append(test.ended, name)
		}
	} else if o.ended[root] != "fail" && !change.Nested { // it may run several times (-test.count)
		o.ended[root] = result
	}
	return change
}

// close ends a test on behalf of the process, which did not reach its end.
func (o *Observed) close(name, result string) time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	change := o.end(name, result, o.now())
	if o.observe != nil {
		o.changes = append(o.changes, change)
	}
	return change.Took
}

func (t *openTest) runFor(now time.Time) time.Duration {
	if t.paused {
		return t.took
	}
	return t.took + now.Sub(t.since)
}

// tell calls the observer with the changes. No lock is held, so the observer may call
// anything.
func (o *Observed) tell() {
	for _, change := range o.changes {
		o.observe(change)
	}
	o.changes = o.changes[:0]
}

// isOpen reports whether a test has started and not ended.
func (o *Observed) isOpen(name string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.open[name] != nil
}

// Started returns the top-level tests that have started, in that order. A test that runs
// several times (-test.count, -test.cpu) is listed several times.
func (o *Observed) Started() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.started)
}

// Own reports whether a top-level test has started that was not nested.
func (o *Observed) Own(name string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.own[name]
}

// Before returns how many other top-level tests the process had started before it first
// started the named one.
func (o *Observed) Before(name string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.before[name]
}

// InTest reports whether a top-level test that is not nested is running.
func (o *Observed) InTest() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.running) > 0
}

// Ended returns the top-level tests that have ended and were not nested, with their
// results: pass, fail or skip. A test that has failed once stays failed.
func (o *Observed) Ended() map[string]string {
	o.mu.Lock()
	defer o.mu.Unlock()
	ended := make(map[string]string, len(o.ended))
	maps.Copy(ended, o.ended)
	return ended
}

// Failed reports whether a top-level test that was not nested has failed.
func (o *Observed) Failed() bool {
	for _, result := range o.Ended() {
		if result == "fail" {
			return true
		}
	}
	return false
}

// Verdict returns PASS or FAIL, the last line of m.Run, or nothing if m.Run has not
// finished. While InTest is true, it is the verdict of a process that a test started.
func (o *Observed) Verdict() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.verdict
}

// FirstRun returns when the first test began, and false if none has.
func (o *Observed) FirstRun() (time.Time, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.firstRun, !o.firstRun.IsZero()
}

// LastEnd returns when the last test so far ended, and false if none has.
func (o *Observed) LastEnd() (time.Time, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.lastEnd, !o.lastEnd.IsZero()
}
