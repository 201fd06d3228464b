package text

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
)

// Change is what a framing line of a test process says about a test.
type Change struct {
	// Action is run, pause or cont; or pass, fail or skip at the test's end.
	Action string
	// Test is the test's full name as the process writes it, without a suffix.
	Test string
	// Took is how long the test took, at its end: from run to end by the clock
	// of who reads the text, without the time between pause and cont. It is
	// finer than the 10 ms that a test binary prints, and other than there a
	// test's parallel subtests count.
	Took time.Duration
	// Nested is whether the test began while another top-level one was running. No
	// process does that by itself, so one that a test has started says it, on the same
	// output and with the arguments of its own.
	Nested bool
}

// Observed is what the framing lines of one test process have said so far. Its
// methods may be called by any goroutine at any time.
type Observed struct {
	observe func(Change)
	now     func() time.Time

	changes []Change // not handed to observe yet; of the writing goroutine

	mu       sync.Mutex
	open     map[string]*openTest // tests that have started and not ended
	runs     int                  // tests that have started
	started  []string
	own      map[string]bool // those of started that were not nested each time
	running  map[string]bool // top-level tests that are open, not paused and not nested
	ended    map[string]string
	verdict  string
	firstRun time.Time
	lastEnd  time.Time
}

// openTest is a test that has started and not ended.
type openTest struct {
	number  int       // in the order of the starts
	since   time.Time // it started or was continued then
	took    time.Duration
	paused  bool
	partial bool // a subtest has ended
	nested  bool // see Change
}

func newObserved(observe func(Change), now func() time.Time) Observed {
	if now == nil {
		now = time.Now
	}
	return Observed{observe: observe, now: now, open: map[string]*openTest{}, own: map[string]bool{}, running: map[string]bool{}, ended: map[string]string{}}
}

// see takes in a framing line.
func (o *Observed) see(f framing.Line) {
	switch f.Action {
	case "name", "attr", "artifacts", "bench", "reset":
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if f.Action == "PASS" || f.Action == "FAIL" {
		o.verdict = f.Action
		return
	}
	if len(f.Name) == 0 {
		return
	}
	o.verdict = "" // TestMain may call m.Run again
	now := o.now()
	change := Change{Action: f.Action}
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
}

// beginsNested is whether a test that begins now is nested: not one that is running,
// which may have started a process that runs it again. o.mu is held.
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
		change.Nested = test.nested
		delete(o.open, name)
	}
	o.lastEnd = now
	if !change.Nested {
		delete(o.running, name)
	}
	root := framing.Root(name)
	if root != name {
		if test := o.open[root]; test != nil {
			test.partial = true
		}
	} else if o.ended[root] != "fail" && !change.Nested { // it may run several times (-test.count)
		o.ended[root] = result
	}
	return change
}

// close ends a test for the process, which did not get to it.
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

// tell calls the observer for what has changed. No lock is held, so it may call
// anything.
func (o *Observed) tell() {
	for _, change := range o.changes {
		o.observe(change)
	}
	o.changes = o.changes[:0]
}

// Running returns the tests that have started, have not ended and are not
// paused, the deepest first, the latest first among equally deep ones. A test
// that waits for its subtests counts as running.
func (o *Observed) Running() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.openWhere(func(_ string, test *openTest) bool { return !test.paused })
}

// Paused returns the top-level tests, in the order of their starts, that wait
// in t.Parallel and of which nothing has ended or is running: these can run
// again in another process as if they had not started.
func (o *Observed) Paused() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	again := o.repeatable()
	names := o.openWhere(func(name string, _ *openTest) bool { return again[name] })
	slices.Reverse(names)
	return names
}

// repeatable returns the tests that Paused tells of, as a set. o.mu is held.
func (o *Observed) repeatable() map[string]bool {
	roots := map[string]bool{}
	for name, test := range o.open {
		if framing.Root(name) == name && test.paused && !test.partial {
			roots[name] = true
		}
	}
	for name, test := range o.open {
		if !test.paused {
			delete(roots, framing.Root(name))
		}
	}
	return roots
}

// unfinished returns the tests, the deepest first, that have started and not
// ended and are not part of a test that can run again; and those that are.
func (o *Observed) unfinished() (broken, again []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	roots := o.repeatable()
	broken = o.openWhere(func(name string, _ *openTest) bool { return !roots[framing.Root(name)] })
	again = o.openWhere(func(name string, _ *openTest) bool { return roots[framing.Root(name)] })
	return broken, again
}

// openWhere returns the open tests that keep says yes to, the deepest first.
// o.mu is held.
func (o *Observed) openWhere(keep func(string, *openTest) bool) []string {
	var names []string
	for name, test := range o.open {
		if keep(name, test) {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(byDepth(a, b), cmp.Compare(o.open[b].number, o.open[a].number))
	})
	return names
}

// byDepth puts deep subtests first.
func byDepth(a, b string) int { return cmp.Compare(strings.Count(b, "/"), strings.Count(a, "/")) }

// isOpen is whether a test has started and not ended.
func (o *Observed) isOpen(name string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.open[name] != nil
}

// Started returns the top-level tests that have started, in that order; one that
// runs several times (-test.count, -test.cpu) is there several times.
func (o *Observed) Started() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.started)
}

// Own is whether a top-level test has started that was not nested.
func (o *Observed) Own(name string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.own[name]
}

// InTest is whether a top-level test is running that is not nested.
func (o *Observed) InTest() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.running) > 0
}

// Ended returns the top-level tests that have ended and were not nested, each with its
// result: pass, fail or skip. One that has failed once stays failed.
func (o *Observed) Ended() map[string]string {
	o.mu.Lock()
	defer o.mu.Unlock()
	ended := make(map[string]string, len(o.ended))
	maps.Copy(ended, o.ended)
	return ended
}

// Failed is whether a top-level test has failed that was not nested.
func (o *Observed) Failed() bool {
	for _, result := range o.Ended() {
		if result == "fail" {
			return true
		}
	}
	return false
}

// Verdict returns PASS or FAIL, the last line of m.Run, or nothing when m.Run
// has not got to its end. While InTest it is that of a process that a test has started.
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
