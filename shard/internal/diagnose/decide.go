package diagnose

import (
	"bytes"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/outcome"
	"github.com/gotestshard/gotestshard/shard/internal/temp"
	"github.com/gotestshard/gotestshard/shard/internal/verdict"
)

const (
	mostRuns = 200 // of one failed test
	rateRuns = 10  // as it ran, for the rate of a test that did not fail again
	tries    = 3   // how often a test that does not fail is tried beside all others
	rounds   = 2   // of one such try, and of one beside some of them
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
	s.refine(f)
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
		switch {
		case !complete:
			f.late = "finding fewer packages"
		case len(set) == 0:
			f.again = failedOnce
			return
		}
		var with []neighbour
		for _, name := range set {
			with = append(with, byName[name])
		}
		if complete {
			with = s.narrow(f, with, workers)
		}
		if s.confirmed(f, func() (hit, ok bool) { return s.beside(f, with, workers) }) {
			f.with = with
			s.findShared(f, workers)
		}
		return
	}
	s.repeat10(f)
}

// narrow returns what a test fails beside with fewer tests of its own package.
func (s *session) narrow(f *failure, with []neighbour, workers int) []neighbour {
	with = slices.Clone(with)
	for i, other := range with {
		if other.pkg != f.pkg || len(other.tests) < 2 {
			continue
		}
		some, complete := verdict.Smallest(other.tests, func(tests []string) (hit, ok bool) {
			fewer := slices.Clone(with)
			fewer[i].tests = tests
			return s.beside(f, fewer, workers)
		})
		if len(some) > 0 { // otherwise it did not fail again beside all of them
			with[i].tests = some
		}
		if !complete {
			f.late = "finding fewer tests"
			break
		}
	}
	return with
}

// findShared finds out what a test shares with those that it collides with.
func (s *session) findShared(f *failure, workers int) {
	f.shares = verdict.Shared(f.output, f.theirs)
	if len(f.shares) > 0 {
		return
	}
	var ok bool
	if f.shares, ok = s.sharedFiles(f, workers); !ok {
		f.late = "finding out which file they share"
	}
}

// sharedFiles returns the files that a test and those that it collides with touch, and that have
// changed since the session began. They run once more for that, with a log of what they open.
func (s *session) sharedFiles(f *failure, workers int) (all []verdict.Thing, ok bool) {
	logs, err := temp.Dir("", "gotestshard-diagnose-")
	if err != nil {
		return nil, true // there is a verdict without it
	}
	f.logs = logs
	defer func() {
		f.logs = ""
		_ = os.RemoveAll(logs)
	}()
	if _, _, ok = s.round(f, f.with, workers, 0); !ok {
		return nil, false
	}
	s.mu.Lock()
	began := s.began
	s.mu.Unlock()
	read := func(pkg string, other int) touched {
		return readTouched(f.logOf(other), folderOf(s.root, s.results.header.Module, pkg))
	}
	own := read(f.pkg, -1)
	for i, other := range f.with {
		all = append(all, changedSince(own.with(read(other.pkg, i)), began, s.root)...)
	}
	return firstThings(all), true
}

// failedOnce is what is known of a test that failed beside others, and not again.
var failedOnce = verdict.Rate{Failures: 1, Runs: 1}

// confirmed reports whether a test fails once more beside others, and not without them. If it is
// not confirmed, the test is flaky.
func (s *session) confirmed(f *failure, beside func() (hit, ok bool)) bool {
	hit, ok := beside()
	for again := 1; ok && !hit && again < tries; again++ { // it may collide only now and then
		hit, ok = beside()
	}
	if ok && !hit {
		f.again = failedOnce
	}
	s.repeat10(f)
	if !ok && f.late == "" {
		f.late = "running it beside them once more"
	}
	return f.again.Failures == 0
}

// headStart is for what runs beside a test and failed, so that it comes before the test.
const headStart = 20 * time.Millisecond

// beside runs a test beside others and reports whether it failed. As many of them run at once as
// there are workers, in several rounds, since it depends on the moment.
func (s *session) beside(f *failure, others []neighbour, workers int) (failed, ok bool) {
	for some := range slices.Chunk(others, max(1, workers-1)) { // one worker is for the test
		var took time.Duration
		for range rounds {
			// In the first round either of them may come first, and perhaps only the later one fails.
			if failed, took, ok = s.round(f, some, workers, took/2); failed || !ok {
				return failed, ok
			}
		}
	}
	return false, true
}

// round runs others once, and a test again and again, as it ran, as long as they run. The others
// start first, and the test after some time. It returns also how long the longest of them took.
func (s *session) round(f *failure, others []neighbour, workers int, later time.Duration) (failed bool, took time.Duration, ok bool) {
	first := min(max(1, workers-1), len(others)) // one worker is for the test
	var running errgroup.Group
	running.SetLimit(first)
	var late atomic.Bool
	theirs := make(chan option.Repeated, len(others))
	begun, done := make(chan struct{}, len(others)), make(chan struct{})
	go func() {
		defer close(done)
		for i, other := range others {
			running.Go(func() error {
				begin := sync.OnceFunc(func() { begun <- struct{}{} })
				defer begin() // there may be no time for it
				r := s.neighbour(f, other, begin)
				r.log = f.logOf(i)
				result, ok := s.process(other.pkg, r)
				if !ok {
					late.Store(true)
				}
				theirs <- result
				return nil
			})
		}
		_ = running.Wait() // there are no errors
	}()
	for range first {
		<-begun
	}
	select {
	case <-time.After(later):
	case <-done:
	case <-s.ctx.Done():
	}
	for ended := false; !ended && !failed; ended = isClosed(done) {
		of := s.test(f, f.before, true)
		failed = of == verdict.Failed
		if of == verdict.Stopped {
			late.Store(true)
			break
		}
	}
	<-done
	for range others {
		other := <-theirs
		took = max(took, other.Took)
		if other.Failed { // at once, if the test came first
			took = max(took, 2*headStart)
		}
		f.theirs = tail(f.theirs + outputOf("", other))
	}
	return failed, took, failed || !late.Load()
}

// neighbour returns the request for what runs beside a test.
func (s *session) neighbour(f *failure, other neighbour, begin func()) request {
	r := request{tests: other.tests, begun: begin}
	if other.pkg == f.pkg {
		r.seed = f.seed
		r.others = slices.DeleteFunc(append([]string{f.test}, f.others...), func(test string) bool { return slices.Contains(other.tests, test) })
	}
	return r
}

func isClosed(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// waves is how often a test that failed by time runs under load, each time in as many processes as
// there are workers.
const waves = 3

// loadWorkers is how many processes of a test are too many for the machine, but not for the memory
// of a large one.
func loadWorkers() int {
	processors := runtime.GOMAXPROCS(0)
	return min(4*processors, max(2*processors, 64))
}

// maybeSlow reports whether the test may fail only on a slow machine: it failed by time, and not
// again with nothing beside it.
func (f *failure) maybeSlow() bool {
	return f.found.Kind == verdict.NotAgain && f.found.Unfinished == "" && f.late == "" && f.again.Failures == 0 && f.byTime()
}

// load runs a test in many processes at once, as it ran, until one of them fails by time. A failure
// that is not by time says nothing: a test need not bear others of itself.
func (s *session) load(f *failure, processes int) {
	s.share()
	for range waves {
		results := make([]option.Repeated, processes)
		ended := make([]bool, processes)
		var running errgroup.Group
		for i := range processes {
			running.Go(func() error {
				results[i], ended[i] = s.process(f.pkg, requestFor(f, f.before, true))
				return nil
			})
		}
		_ = running.Wait() // there are no errors
		for i, result := range results {
			switch of := outcomeOf(f.test, result); {
			case !ended[i]:
			case of == verdict.Passed:
				f.load.Runs++
			case of == verdict.Failed && failedByTime(f.test, result):
				f.load.Runs++
				f.load.Failures++
			}
		}
		if f.load.Failures > 0 {
			return
		}
		if slices.Contains(ended, false) {
			f.late = "running it under load"
			return
		}
	}
}

// failedByTime reports whether a test, or what is outside all tests, failed by time in a process.
func failedByTime(test string, result option.Repeated) bool {
	scan := outcome.Scanner{}
	for line := range bytes.Lines(result.Events) {
		scan.Line(line)
	}
	return slices.ContainsFunc(scan.Ends, func(end outcome.End) bool {
		root, _, _ := strings.Cut(end.Test, "/")
		return end.Failed && root == test && byTime().MatchString(end.Message)
	})
}
