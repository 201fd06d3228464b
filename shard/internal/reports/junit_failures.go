package reports

import (
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/ci"
	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/source"
)

// failures returns a function that describes a failure for a JUnit file. It uses the same
// places as the annotations of a CI. buildErrors has the errors of packages that could not
// be built.
func (s *summary) failures(exec *testjson.Execution, buildErrors map[string]string) func(testjson.TestCase) report.FailureNote {
	var a *annotator // created for the first failure, because most runs have none
	known := map[testCase]report.FailureNote{}
	return func(tc testjson.TestCase) report.FailureNote {
		note, ok := known[caseOf(tc)]
		if !ok {
			if a == nil {
				made := newAnnotator(s.opts, &observe.FailureOutputs{Builds: observe.NewBuildNotes()}, exec, nil)
				a = &made
			}
			note = a.note(tc, buildErrors[tc.Package])
			note.Crash = strings.Clone(note.Crash)
			a.outputs.Forget() // the file needs the memory
			known[caseOf(tc)] = note
		}
		return note
	}
}

// note returns the description of a failed test, or, if it has no name, of a failed package.
// Such a package may have build errors.
func (a annotator) note(tc testjson.TestCase, buildErrors string) report.FailureNote {
	if tc.Test == "" && buildErrors != "" {
		var annotation ci.Annotation
		a.first(&annotation, tc.Package, source.BuildErrors(buildErrors))
		return report.FailureNote{File: annotation.File, Line: annotation.Line}
	}
	if a.parents(tc) && !a.crashes.told[caseOf(tc)] {
		return report.FailureNote{} // its subtests have the places
	}
	crash := a.crashOf(tc)
	annotation, _ := a.annotate(failedTest{TestCase: tc, output: a.output(tc) + crash})
	return report.FailureNote{File: annotation.File, Line: annotation.Line, Crash: crash}
}
