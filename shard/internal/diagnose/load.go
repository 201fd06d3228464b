package diagnose

import (
	"bytes"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/outcome"
	"github.com/gotestshard/gotestshard/shard/internal/verdict"
)

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
