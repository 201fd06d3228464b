package stress

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/outcome"
)

// tally decides how many processes run and counts how they end. It implements option.Repeater.
type tally struct {
	asked option.Stress
	now   func() time.Time
	only  map[string][]string // the top-level tests to run, by package; nil for all
	found func(line string)   // is called with news

	mu       sync.Mutex
	seed     int64
	shuffled bool
	began    time.Time // when the first process was started
	last     time.Time // when the last one ended
	packages map[string]*packageTally
	groups   []*group // in the order of their first failures
	err      error
}

// packageTally is what became of the processes of a package.
type packageTally struct {
	started, ended, failed int
	tests                  map[string]int // how often each passed or failed
}

// group has the failures of a test with the same message, apart from numbers.
type group struct {
	pkg, test string
	key       string
	message   string
	failures  int
	first     option.Repeat
	output    string // of the first
}

func newTally(asked option.Stress, now func() time.Time) *tally {
	t := &tally{asked: asked, now: now, found: func(string) {}, packages: map[string]*packageTally{}}
	if t.seed, t.shuffled = asked.Seed(); t.seed == 0 {
		t.seed = now().Unix()
	}
	return t
}

// Next implements option.Repeater.
func (t *tally) Next(pkg string, args []string) (option.Repeat, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.began.IsZero() {
		t.began = t.now()
	}
	p := t.packages[pkg]
	if p == nil {
		p = &packageTally{tests: map[string]int{}}
		t.packages[pkg] = p
	}
	switch {
	case t.err != nil,
		t.asked.Count > 0 && p.started >= t.asked.Count,
		t.asked.For > 0 && t.now().Sub(t.began) >= t.asked.For,
		t.asked.MaxFails > 0 && t.failedLocked() >= t.asked.MaxFails,
		t.only != nil && len(t.only[pkg]) == 0:
		return option.Repeat{}, false
	}
	p.started++
	next := option.Repeat{Package: pkg, Number: p.started, Args: args, Limited: true}
	if t.only != nil {
		next.Args = gotest.Rerun{Run: gotest.NamesPattern(t.only[pkg])}.Binary(args)
	}
	if t.shuffled {
		next.Seed = t.seed + int64(p.started) - 1
		next.Args = slices.Insert(slices.Clone(next.Args), 0, fmt.Sprintf("-test.shuffle=%d", next.Seed))
	}
	return next, true
}

// Ended implements option.Repeater.
func (t *tally) Ended(r option.Repeat, result option.Repeated) {
	var ends []outcome.End
	if result.Failed {
		scan := outcome.Scanner{Outputs: true}
		for line := range bytes.Lines(result.Events) {
			scan.Line(line)
		}
		ends = scan.Ends
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.packages[r.Package]
	t.last = t.now()
	t.err = cmp.Or(t.err, result.Err)
	p.ended++
	for _, test := range result.Passed {
		if !result.Failed {
			p.tests[test]++
		}
	}
	if !result.Failed {
		return
	}
	p.failed++
	for _, end := range ends {
		p.tests[end.Test]++
		if end.Failed {
			t.add(r, end)
		}
	}
}

// numbered are what differs in the messages of the same failure: words with a digit, such as numbers,
// addresses, ids and random names.
var numbered = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[\pL_-]*[0-9][\pL0-9_-]*`) })

// mostGroups is how many groups a test has at most. Other messages are one more group.
const mostGroups = 50

// add adds a failure to its group. t.mu is held.
func (t *tally) add(r option.Repeat, end outcome.End) {
	key := numbered().ReplaceAllString(end.Message, "#")
	g, groups := t.group(end, key)
	if g == nil && groups >= mostGroups {
		key = "other messages"
		g, _ = t.group(end, key)
	}
	if g == nil {
		g = &group{pkg: end.Package, test: end.Test, key: key, message: end.Message, first: r, output: end.Output}
		t.groups = append(t.groups, g)
		t.found(fmt.Sprintf("process %d failed: %s", r.Number, g.title()))
	}
	g.failures++
}

// group returns the group of a test with a key, nil for none, and how many groups the test has.
// t.mu is held.
func (t *tally) group(end outcome.End, key string) (found *group, groups int) {
	for _, g := range t.groups {
		if g.pkg == end.Package && g.test == end.Test {
			groups++
			if g.key == key {
				found = g
			}
		}
	}
	return found, groups
}

// failedLocked returns how many processes failed. t.mu is held.
func (t *tally) failedLocked() (n int) {
	for _, p := range t.packages {
		n += p.failed
	}
	return n
}

func (t *tally) failed() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failedLocked()
}

// runs returns how often tests ran.
func (t *tally) runs() (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.packages {
		for _, runs := range p.tests {
			n += runs
		}
	}
	return n
}

// ended returns how many processes ended. t.mu is held.
func (t *tally) ended() (n int) {
	for _, p := range t.packages {
		n += p.ended
	}
	return n
}

// progress reports how far it is, until the function that it returns is called.
func (t *tally) progress(every time.Duration) (stop func()) {
	done := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				t.tellProgress()
			}
		}
	})
	return func() { close(done); running.Wait() }
}

func (t *tally) tellProgress() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.began.IsZero() { // it is being built
		return
	}
	ended, failed := t.ended(), t.failedLocked()
	t.found(fmt.Sprintf("%s: %s, %s failed", t.now().Sub(t.began).Round(time.Second), processes(ended), plain.Number(failed)))
}

// names returns the packages in order.
func (t *tally) names() []string { return slices.Sorted(maps.Keys(t.packages)) }
