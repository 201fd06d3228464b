package diagnose

import (
	"slices"
	"strconv"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/gotestshard/gotestshard/shard/internal/verdict"
)

const (
	mostRuns = 200 // of one failed test
	rateRuns = 10  // as it ran, for the rate of a test that did not fail again
	tries    = 3   // how often a test runs beside all others
)

// decide decides why a test failed, with one process at a time.
func (s *session) decide(f *failure) {
	s.share()
	c := verdict.Case{Test: f.test, Before: f.before, MostRuns: mostRuns}
	if f.elsewhere {
		c.Package = f.others
	}
	f.found = verdict.Decide(c, func(others []string, asItRan bool) verdict.Outcome { return s.test(f, others, asItRan) })
	f.decided = true
	if f.found.Kind == verdict.NotAgain && f.found.Unfinished == "" && !f.collides() {
		s.repeat10(f)
	}
}

// repeat10 runs a test that did not fail again some more times, as it ran.
func (s *session) repeat10(f *failure) {
	for f.again.Runs < rateRuns && f.again.Failures == 0 {
		switch s.test(f, f.before, true) {
		case verdict.Failed:
			f.again.Failures++
			f.again.Runs++
		case verdict.Passed:
			f.again.Runs++
		case verdict.Stopped:
			f.late = "running it more often"
			return
		case verdict.NotRun:
			return
		}
	}
}

// collide runs a test that does not fail by itself beside what ran at the same time, and looks for
// the fewest of these with which it fails.
func (s *session) collide(f *failure, workers int) {
	s.share()
	byName := map[string]neighbour{}
	var names []string
	for i, other := range f.beside {
		name := strconv.Itoa(i)
		names, byName[name] = append(names, name), other
	}
	beside := func(names []string) (hit, ok bool) {
		var others []neighbour
		for _, name := range names {
			others = append(others, byName[name])
		}
		return s.beside(f, others, workers)
	}
	for range tries {
		hit, ok := beside(names)
		if !ok {
			f.late = "running it beside the packages that ran at the same time"
			return
		}
		if !hit {
			continue
		}
		set, complete := verdict.Smallest(names, beside)
		for _, name := range set {
			f.with = append(f.with, byName[name])
		}
		if !complete {
			f.late = "finding fewer packages"
		}
		if len(set) == 0 { // it did not fail again
			f.again = verdict.Rate{Failures: 1, Runs: 1}
		}
		return
	}
	s.repeat10(f)
}

// beside runs a test again and again, as it ran, as long as others run, and reports whether it
// failed.
func (s *session) beside(f *failure, others []neighbour, workers int) (failed, ok bool) {
	var running errgroup.Group
	running.SetLimit(max(1, workers-1)) // one worker is for the test
	var late atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, other := range others {
			running.Go(func() error {
				r := request{tests: other.tests}
				if other.pkg == f.pkg {
					r.seed = f.seed
					r.others = slices.DeleteFunc(append([]string{f.test}, f.others...), func(test string) bool { return slices.Contains(other.tests, test) })
				}
				if _, ok := s.process(other.pkg, r); !ok {
					late.Store(true)
				}
				return nil
			})
		}
		_ = running.Wait() // there are no errors
	}()
	ok = true
	for first := true; ok && !failed; first = false {
		select {
		case <-done:
			if !first {
				return false, !late.Load()
			}
		default:
		}
		switch s.test(f, f.before, true) {
		case verdict.Failed:
			failed = true
		case verdict.Stopped:
			ok = false
		}
	}
	<-done
	return failed, ok
}
