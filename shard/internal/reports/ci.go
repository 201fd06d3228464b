package reports

import (
	"errors"
	"slices"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/ci"
	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
)

// finishCI writes the annotations and the summaries for people at the end of a run.
func (s *summary) finishCI(exec *testjson.Execution, shards report.Shards) error {
	n := s.Noted.CI
	if n == nil {
		return nil
	}
	places := s.places(exec)
	failures := places.failures()
	if s.ok { // testjson treats a benchmark as a test that did not finish
		failures = slices.DeleteFunc(failures, func(f failedTest) bool { return !f.annotation.Warning })
	}
	outside := s.outsideTests(exec, failures)
	if n.Messages != nil {
		n.Messages.Problem(outside)
	}
	// In a merge, the nodes have already written the annotations.
	merge := s.opts.Merge
	if n.Log != nil && n.Log.Provider() == ci.GitHub && (merge == nil || merge.Units != nil && merge.Units.Annotate) {
		var annotations []ci.Annotation
		if !s.warnings {
			annotations = places.buildErrors()
		}
		for _, f := range failures {
			if f.annotated {
				f.annotation.Message = places.message(f)
				annotations = append(annotations, f.annotation)
			}
		}
		if outside != "" && len(annotations) == 0 {
			annotations = append(annotations, places.outsideTests(outside))
		}
		n.Log.Annotate(annotations)
	}
	if !s.opts.ForPeople() {
		return nil
	}
	m := s.collect(exec, shards, failures)
	return errors.Join(s.writeForPeople(m), pages{s.reporting.ctx, s.opts, s.Noted.Tests, s.GoVersion, s.Module, s.origins(exec)}.write(m, exec, places, failures))
}

// outsideTests returns what the commands wrote to standard error. It is empty unless the run
// failed without a failed test or package, for example because the go command could not
// start.
func (s *summary) outsideTests(exec *testjson.Execution, failures []failedTest) string {
	failed := slices.ContainsFunc(failures, func(f failedTest) bool { return !f.annotation.Warning })
	if s.ok || s.warnings || failed || s.opts.Merge != nil {
		return ""
	}
	return observe.ErrorText(exec)
}
