package shard

import (
	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/ci"
	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/source"
)

// failures returns what tells a JUnit file of failures: the places at which a CI's
// annotations stand. buildErrors are those of packages that were not built.
func (s *summary) failures(exec *testjson.Execution, buildErrors map[string]string) func(testjson.TestCase) report.FailureNote {
	var a *annotator // made for the first failure: most runs have none
	return func(tc testjson.TestCase) report.FailureNote {
		if a == nil {
			made := newAnnotator(&ciNotes{opts: s.opts}, exec, nil)
			a = &made
		}
		if text := buildErrors[tc.Package]; tc.Test == "" && text != "" {
			var annotation ci.Annotation
			a.first(&annotation, tc.Package, source.BuildErrors(text))
			return report.FailureNote{File: annotation.File, Line: annotation.Line}
		}
		crash := a.crashes.of[caseOf(tc)]
		if a.parents(tc) && !a.crashes.told[caseOf(tc)] {
			return report.FailureNote{} // its subtests say where
		}
		annotation, _ := a.annotate(failedTest{TestCase: tc, output: a.output(tc) + crash})
		return report.FailureNote{File: annotation.File, Line: annotation.Line, Crash: crash}
	}
}
