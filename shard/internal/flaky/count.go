package flaky

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/outcome"
)

// test is how a test did over many runs.
type test struct {
	Package string `json:"package"`
	Test    string `json:"test"`
	Runs    int    `json:"runs"`
	// Failures is how many of the runs failed.
	Failures int `json:"failures"`
	// Flips is how often a result is another one than the one before it in the same state of
	// the sources.
	Flips       int       `json:"flips"`
	Rate        float64   `json:"rate"`
	Low         float64   `json:"rate_low"` // of the 95 % interval
	High        float64   `json:"rate_high"`
	FirstFailed time.Time `json:"first_failed"`
	LastFailed  time.Time `json:"last_failed"`
	// Message is the first line of the last failure's message.
	Message string `json:"message"`
}

// state returns what identifies the sources that a run tested of a package. A job of a CI
// tests a commit. Elsewhere the files may differ from it, so the test binary has to be the
// same too. If it is not known, each run is a state of its own.
func (r run) state(pkg string) string {
	origin := r.header.Origin
	switch build := r.builds[pkg]; {
	case origin.CI != "" && origin.Commit != "":
		return origin.Commit
	case build != "":
		return origin.Commit + " " + build
	}
	return r.id()
}

// id identifies a run, also in a copy of its file.
func (r run) id() string {
	h := r.header
	return fmt.Sprint(h.RunID, " ", h.Part, " ", h.Attempt, " ", h.Started.UnixNano())
}

// count returns how each test that has failed did, those that are flaky first.
func count(runs []run) []test {
	slices.SortStableFunc(runs, func(a, b run) int { return a.header.Started.Compare(b.header.Started) })
	type name struct{ pkg, test string }
	type stateOf struct {
		name
		state string
	}
	byName, failedBefore := map[name]*test{}, map[stateOf]bool{}
	for _, r := range runs {
		states := map[string]string{}
		for _, e := range r.ends {
			if e.At.IsZero() { // of a command that prints no times
				e.At = r.header.Started
			}
			if _, ok := states[e.Package]; !ok {
				states[e.Package] = r.state(e.Package)
			}
			key := name{e.Package, e.Test}
			t := byName[key]
			if t == nil {
				t = &test{Package: e.Package, Test: e.Test}
				byName[key] = t
			}
			before, ran := failedBefore[stateOf{key, states[e.Package]}]
			failedBefore[stateOf{key, states[e.Package]}] = e.Failed
			t.add(e, ran && before != e.Failed)
		}
	}
	var tests []test
	for _, t := range byName {
		if t.Failures > 0 {
			t.rate()
			tests = append(tests, *t)
		}
	}
	slices.SortFunc(tests, func(a, b test) int {
		return cmp.Or(cmp.Compare(min(b.Flips, 1), min(a.Flips, 1)), cmp.Compare(b.Rate, a.Rate), cmp.Compare(b.Failures, a.Failures),
			cmp.Compare(a.Package, b.Package), cmp.Compare(a.Test, b.Test))
	})
	return tests
}

// rate finds out the rate of failures.
func (t *test) rate() {
	t.Rate = float64(t.Failures) / float64(t.Runs)
	t.Low, t.High = plain.Interval(t.Failures, t.Runs)
}

// add adds a result.
func (t *test) add(e outcome.End, flip bool) {
	t.Runs++
	if flip {
		t.Flips++
	}
	if !e.Failed {
		return
	}
	t.Failures++
	if t.FirstFailed.IsZero() || e.At.Before(t.FirstFailed) {
		t.FirstFailed = e.At
	}
	if !e.At.Before(t.LastFailed) {
		t.LastFailed, t.Message = e.At, e.Message
	}
}
