package diagnose

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/outcome"
	"github.com/gotestshard/gotestshard/shard/internal/result"
	"github.com/gotestshard/gotestshard/shard/internal/verdict"
)

// mostSubtests is how many failed subtests of a test are diagnosed; with more, only the test is.
const mostSubtests = 5

// subtest is a failed direct subtest of a failed test.
type subtest struct {
	name    string   // such as TestX/a
	message string   // of it or of one of its own subtests
	before  []string // the others that had started before it ended
	found   verdict.Result
}

// addSubtest adds a failed subtest to that of its test. A failure of the test itself is none.
func (f *failure) addSubtest(end outcome.End) {
	root, rest, nested := strings.Cut(end.Test, "/")
	first, _, _ := strings.Cut(rest, "/")
	name := root + "/" + first
	switch {
	case !nested:
		f.itself = true
	case !slices.ContainsFunc(f.subtests, func(sub *subtest) bool { return sub.name == name }):
		f.subtests = append(f.subtests, &subtest{name: name, message: end.Message})
	}
}

// refines reports whether the subtests of a test are to be diagnosed in place of it.
func (f *failure) refines() bool {
	return !f.itself && len(f.subtests) > 0 && len(f.subtests) <= mostSubtests &&
		f.found.Unfinished == "" && (f.found.Kind == verdict.Broken || f.found.Kind == verdict.Flaky)
}

// refine finds out whether the subtests of a test that fails alone fail without others of its
// subtests.
func (s *session) refine(f *failure) {
	if s.topLevel || !f.refines() {
		return
	}
	args := s.binaries[f.pkg].args
	if selection, reason := gotest.NewSelection(args); reason != "" || !selection.SelectsAll(f.test) {
		return
	}
	for _, sub := range f.subtests {
		c := verdict.Case{Test: sub.name, Before: sub.before, MostRuns: mostRuns}
		sub.found = verdict.Decide(c, func(others []string, _ bool) verdict.Outcome {
			result, ok := s.process(f.pkg, request{subtests: append(slices.Clone(others), sub.name)})
			if !ok {
				return verdict.Stopped
			}
			return outcomeOf(sub.name, result)
		})
	}
}

// onlySubtests returns the arguments with which a test binary runs only some subtests of a test.
func onlySubtests(args, subtests []string) []string {
	if selection, reason := gotest.NewSelection(args); reason == "" {
		root, names := cutRoot(subtests)
		if own, ok := selection.Subtests(root, names); ok {
			return own
		}
	}
	return args
}

// cutRoot returns the test that some subtests have in common, and their names below it.
func cutRoot(subtests []string) (root string, names []string) {
	for _, name := range subtests {
		var below string
		root, below, _ = strings.Cut(name, "/")
		names = append(names, below)
	}
	return root, names
}

// refined returns the failures with subtests in place of the tests for which all of them have a
// verdict.
func refined(failures []*failure) (all []*failure) {
	for _, f := range failures {
		known := len(f.subtests) > 0 && !slices.ContainsFunc(f.subtests, func(sub *subtest) bool {
			return sub.found.Unfinished != "" || sub.found.Kind == verdict.Unknown || sub.found.Kind == verdict.NotAgain
		})
		if !known {
			all = append(all, f)
			continue
		}
		for _, sub := range f.subtests {
			all = append(all, &failure{pkg: f.pkg, test: sub.name, message: sub.message, found: sub.found, decided: true})
		}
	}
	return all
}

// readSubtests adds which subtests had started before those that failed.
func (r *results) readSubtests(name string) error {
	of := map[string]*failure{} // by package and test
	for _, f := range r.failures {
		if len(f.subtests) > 0 && len(f.subtests) <= mostSubtests && !f.itself {
			of[f.pkg+" "+f.test] = f
		}
	}
	if len(of) == 0 {
		return nil
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	reader, err := result.NewReader(file)
	if err != nil {
		return err
	}
	reader.SkipPlan, reader.SkipTimings, reader.SkipCoverage = true, true, true
	started := map[*failure][]string{}
	for {
		record, err := reader.Next()
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, result.ErrCut):
			for f, names := range started {
				f.siblings(names, "") // of those that have no end
			}
			return nil
		case err != nil:
			return fmt.Errorf("reading subtests: %w", err)
		case record.Rerun != nil:
			of = nil
		case record.Event == nil || !bytes.Contains(record.Event, []byte("/")) || bytes.Contains(record.Event, []byte(`"Action":"output"`)):
			continue
		}
		var e struct{ Action, Package, Test string }
		if json.Unmarshal(record.Event, &e) != nil {
			continue
		}
		root, below, nested := strings.Cut(e.Test, "/")
		f := of[e.Package+" "+root]
		switch {
		case f == nil || !nested || strings.Contains(below, "/"):
		case e.Action == "run":
			started[f] = append(started[f], e.Test)
		case e.Action == "fail":
			f.siblings(started[f], e.Test)
		}
	}
}

// siblings sets which subtests had started before one of them ended, or with an empty name before
// those for which it is not known.
func (f *failure) siblings(started []string, ended string) {
	for _, sub := range f.subtests {
		if sub.name == ended || ended == "" && sub.before == nil {
			sub.before = slices.DeleteFunc(slices.Clone(started), func(name string) bool { return name == sub.name })
		}
	}
}
