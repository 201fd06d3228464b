package diagnose

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/outcome"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/ran"
	"github.com/gotestshard/gotestshard/shard/internal/result"
	"github.com/gotestshard/gotestshard/shard/internal/split"
	"github.com/gotestshard/gotestshard/shard/internal/verdict"
)

// results is what a result file has about failures.
type results struct {
	header   result.Header
	end      *result.End // nil if the file is cut off
	workers  int
	ran      map[string]*ran.Package
	failures []*failure // in the order of their ends, each top-level test once
	runs     []result.ShardRun
}

// failure is a failed top-level test of the run, and what is found out about it.
type failure struct {
	pkg, test string
	message   string // the first line of that of the test or of a subtest
	// before are the other tests that had started in its process, others all other tests of
	// the package, in order.
	before, others []string
	seed           string      // of -shuffle, empty for none
	elsewhere      bool        // whether its process had not all tests of the package, or a seed
	beside         []neighbour // what ran at the same time, or may have
	subtests       []*subtest  // its direct subtests that failed
	itself         bool        // whether it failed not only because of them

	found   verdict.Result
	decided bool        // whether found is set
	with    []neighbour // it fails only while these run
	again   verdict.Rate
	load    verdict.Rate // of failures by time under load
	late    string       // what there was no time for after found

	output string          // of it and of its subtests, where they failed, also beside others
	theirs string          // of the others that failed then
	logs   string          // a folder for what it and the others touch, empty if that is not looked for
	shares []verdict.Thing // with those that it fails beside, as far as that is known
}

// neighbour are tests of a package in another process.
type neighbour struct {
	pkg   string
	tests []string // none for all
}

// unshuffle removes the seed of a test before which the tests of its process ran in the order of the
// source: then they do without a seed.
func (f *failure) unshuffle(source []string) {
	at := func(test string) int { return slices.Index(source, test) }
	ran := append(slices.Clone(f.before), f.test)
	if at(f.test) >= 0 && slices.IsSortedFunc(ran, func(a, b string) int { return at(a) - at(b) }) {
		f.seed = ""
	}
}

// outside reports whether the failure is not that of a test.
func (f *failure) outside() bool { return f.test == split.OutsideTests }

// logOf returns the file for the log of what one of the others touches, or with -1 the test itself;
// empty if there are no logs.
func (f *failure) logOf(other int) string {
	if f.logs == "" {
		return ""
	}
	return filepath.Join(f.logs, strconv.Itoa(other))
}

// byTime are the words of failures that say that something took too long. This is a guess, so the
// test has to fail like that again, and only under load.
var byTime = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\btim(ed|e)[ -]?out\b|deadline exceeded|\btoo (long|slow(ly)?|late)\b|\b(within|after|in time|took) \d+(\.\d+)?(ns|µs|us|ms|s|m)`)
})

func (f *failure) byTime() bool { return byTime().MatchString(f.message) }

// collides reports whether the test may fail only beside others.
func (f *failure) collides() bool {
	return f.decided && f.found.Kind == verdict.NotAgain && f.found.Unfinished == "" && !f.byTime() && len(f.beside) > 0
}

// read reads a result file. One that is cut off counts up to there.
func read(name string) (*results, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	reader, err := result.NewReader(file)
	if err != nil {
		return nil, err
	}
	reader.SkipPlan, reader.SkipTimings, reader.SkipCoverage = true, true, true
	r := &results{header: reader.Header, workers: len(reader.Header.Workers)}
	scan := outcome.Scanner{Each: reader.Header.Dist == string(plan.Each), Outputs: true}
	for first := true; ; {
		record, err := reader.Next()
		if errors.Is(err, io.EOF) || errors.Is(err, result.ErrCut) {
			break
		}
		switch {
		case err != nil:
			return nil, err
		case record.Rerun != nil:
			first = false
		case record.Event != nil && first:
			scan.Line(record.Event)
		case record.Shard != nil:
			r.runs = append(r.runs, record.Shard.Runs...)
		case record.End != nil:
			r.end = record.End
		}
	}
	if r.ran, err = ran.Read(name); err != nil {
		return nil, err
	}
	r.add(scan.Ends)
	return r, r.readSubtests(name)
}

// add adds the failures.
func (r *results) add(ends []outcome.End) {
	for _, end := range ends {
		test, _, _ := strings.Cut(end.Test, "/")
		known := slices.IndexFunc(r.failures, func(f *failure) bool { return f.pkg == end.Package && f.test == test })
		interrupted := r.end != nil && r.end.Interrupted != nil && !end.At.Before(*r.end.Interrupted)
		switch {
		case !end.Failed || interrupted:
			continue
		case known >= 0:
			r.failures[known].output += end.Output
			r.failures[known].addSubtest(end)
			continue
		}
		f := &failure{pkg: end.Package, test: test, message: end.Message, output: end.Output}
		f.addSubtest(end)
		r.failures = append(r.failures, f)
		in := r.ran[f.pkg]
		f.beside = r.neighbours(f.pkg, test)
		if in == nil {
			continue
		}
		f.seed = in.Seed
		if f.outside() {
			continue
		}
		process, _ := in.Process(test)
		not := func(others []string) []string {
			return slices.DeleteFunc(slices.Clone(others), func(other string) bool { return other == test })
		}
		f.before, f.others = not(process.UpTo(test)), not(in.Events.Tests)
		f.elsewhere = f.seed != "" || len(in.Processes) > 0
	}
}

// neighbours returns what ran beside a test, first what the other processes of its package did: these
// share most with it.
func (r *results) neighbours(pkg, test string) (all []neighbour) {
	if in := r.ran[pkg]; in != nil {
		for _, process := range in.Processes {
			if len(process.Tests) > 0 && !slices.Contains(process.Tests, test) {
				all = append(all, neighbour{pkg, process.Tests})
			}
		}
	}
	for _, other := range r.during(pkg) {
		all = append(all, neighbour{pkg: other})
	}
	return all
}

// during returns the other packages that had a process at the same time as a package, in order.
func (r *results) during(pkg string) (others []string) {
	var times [][2]time.Time
	for _, run := range r.runs {
		if run.Package == pkg && !run.Rerun {
			times = append(times, [2]time.Time{run.Started, run.Completed})
		}
	}
	for _, run := range r.runs {
		overlaps := slices.ContainsFunc(times, func(span [2]time.Time) bool {
			return run.Started.Before(span[1]) && run.Completed.After(span[0])
		})
		if overlaps && run.Package != pkg && !run.Rerun && !slices.Contains(others, run.Package) {
			others = append(others, run.Package)
		}
	}
	slices.Sort(others)
	return others
}

// packagesOf returns the packages of failures.
func (r *results) packagesOf(failures []*failure) (packages []string) {
	for _, f := range failures {
		if !slices.Contains(packages, f.pkg) {
			packages = append(packages, f.pkg)
		}
	}
	return packages
}
