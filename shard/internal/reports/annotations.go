package reports

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/ci"
	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/source"
)

// failedTest is a test that failed, or, if it has no name, a package that failed.
type failedTest struct {
	testjson.TestCase
	output     string
	annotation ci.Annotation
	annotated  bool // whether it gets the annotation
}

// place returns file:line, empty if that is not known.
func (f failedTest) place() string {
	if f.annotation.File == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d", f.annotation.File, f.annotation.Line)
}

// annotator finds the source lines at which to show failures.
type annotator struct {
	opts    option.Options
	outputs *observe.FailureOutputs
	exec    *testjson.Execution
	flaky   observe.Flaky
	tree    *source.Tree // nil if the sources are not available: then failures are shown without source lines
	again   *gotest.Again
	// parents reports whether a subtest of a test failed.
	parents func(testjson.TestCase) bool
	crashes crashes
	reran   bool             // whether some tests ran again
	noted   *observe.Handler // nil if it is not known how tests and packages ended
}

func newAnnotator(opts option.Options, outputs *observe.FailureOutputs, exec *testjson.Execution, flaky observe.Flaky) annotator {
	a := annotator{
		opts: opts, outputs: outputs, exec: exec, flaky: flaky, tree: observe.Tree(opts.GoTest, opts.Workspace, opts.Merge != nil), again: newAgain(opts.GoTest, len(opts.Shards) > 0), parents: observe.HaveFailedSubtests(exec),
	}
	a.crashes = a.findCrashes()
	a.reran = len(flaky) > 0 || slices.ContainsFunc(exec.Failed(), func(tc testjson.TestCase) bool { return tc.RunID > 0 })
	return a
}

// output returns the output of a failed test, without the output that is shown with its
// failed subtests.
func (a annotator) output(tc testjson.TestCase) string {
	if a.parents(tc) {
		return observe.WithoutFraming(observe.OwnLines(a.exec, tc), tc.Test.Name())
	}
	return a.outputs.Of(tc, a.exec)
}

// ended says why a test has no end, empty if it has one.
func (a annotator) ended(tc testjson.TestCase) string {
	switch {
	case !isUnended(tc):
		return ""
	case a.noted == nil:
		return "did not finish"
	}
	return a.noted.Shown.Took(tc, a.exec)
}

// failures returns the failed tests, each once with the output of its last run. It excludes
// tests that failed only because a subtest failed. The output of a panic in a subtest belongs
// to the subtest here, and a timeout to the first test that it ended.
func (a annotator) failures() []failedTest {
	parents := observe.FailedParents(a.exec)
	type test struct{ pkg, name string }
	last := map[test]int{}
	var found []failedTest
	for _, tc := range a.exec.Failed() {
		if tc.Test != "" && (parents(tc) || a.crashes.told[caseOf(tc)]) || a.coversTimeout(tc) {
			continue
		}
		f := a.describe(tc)
		key := test{tc.Package, tc.Test.Name()}
		if i, ok := last[key]; ok {
			found[i] = f
			continue
		}
		last[key] = len(found)
		found = append(found, f)
	}
	return found
}

// longestAnnotation is how long the message and the name of a test are together, in characters.
// A CI shows no more beside a line, and cuts longer ones.
const longestAnnotation = 600

// message returns the message of the annotation of a failure. It says why a test has no end if
// there is no panic that does.
func (a annotator) message(f failedTest) string {
	room, first := longestAnnotation-utf8.RuneCountInString(f.annotation.Title), ""
	if ended := a.ended(f.TestCase); ended != "" && !observe.HasLine(f.output, observe.IsPanic) {
		first = ended + "\n"
	}
	return strings.TrimSpace(first + observe.Message(a.tree.Shorten(f.output), room-len(first)))
}

// annotate returns the annotation of a failure without its message, and false if the annotation
// of another failure covers it.
func (a annotator) annotate(f failedTest) (ci.Annotation, bool) {
	name := report.ShortPackage(f.Package)
	if f.Test != "" {
		name += "." + f.Test.Name()
	}
	annotation := ci.Annotation{Title: "FAIL " + name}
	if a.flaky.Has(f.TestCase) {
		annotation.Title, annotation.Warning = "FLAKY "+name, true
	}
	found := a.atCrash(&annotation, f, name)
	if !found { // the last logged line is most likely the reason
		logged := source.Logged(f.output)
		slices.Reverse(logged)
		found = a.first(&annotation, f.Package, logged) || a.first(&annotation, f.Package, source.LoggedFrames(f.output))
	}
	if f.Test == "" {
		annotated := a.atPackage(&annotation, f, found)
		return annotation, annotated
	}
	covered := !found && !observe.HasLine(f.output, observe.IsPanic) && a.endedByAnother(f)
	if !found {
		root, _ := f.Test.Split()
		a.function(&annotation, f.Package, root)
	}
	return annotation, !covered && !a.onPurpose(f.TestCase)
}

// onPurpose reports whether a test failed that its package, which passed, ran with
// testing.RunTests. Packages that ran again pass in the end for other reasons.
func (a annotator) onPurpose(tc testjson.TestCase) bool {
	return a.noted != nil && !a.reran && a.noted.Verdicts[tc.Package] == "PASS" && a.exec.Package(tc.Package).Result() == testjson.ActionPass
}

// atCrash sets the title and the place of an annotation if there was a race, a panic or a
// timeout. It reports whether it found the place.
func (a annotator) atCrash(annotation *ci.Annotation, f failedTest, name string) (found bool) {
	race, panicked := observe.HasLine(f.output, observe.IsRace), observe.HasLine(f.output, observe.IsPanic)
	switch {
	case observe.HasLine(f.output, observe.IsTimedOut):
		annotation.Title = "timeout in " + name
		root, _ := f.Test.Split()
		found = a.first(annotation, f.Package, source.Stuck(f.output, root))
	case race:
		annotation.Title = "data race in " + name
		found = a.first(annotation, f.Package, source.Frames(f.output))
	case panicked:
		annotation.Title = "panic in " + name
		frames := source.Frames(f.output)
		if observe.HasLine(f.output, observe.IsTimeout) {
			annotation.Title = "timeout in " + name
		}
		if observe.HasLine(f.output, observe.IsTimeout) || observe.HasLine(f.output, observe.IsDeadlock) {
			root, _ := f.Test.Split()
			frames = source.Stuck(f.output, root)
		}
		found = a.first(annotation, f.Package, frames)
	}
	if annotation.Warning && (race || panicked) {
		annotation.Title += " (flaky)"
	}
	return found
}

// atPackage sets the place of the annotation of a package that failed outside its tests, if
// it was not found before. It returns false if build errors have their own annotations.
func (a annotator) atPackage(annotation *ci.Annotation, f failedTest, found bool) bool {
	if a.builtBadly(f) {
		a.first(annotation, f.Package, source.BuildErrors(f.output))
		return false // its errors have annotations
	}
	if cgo := source.CgoInTests(f.output); !found && len(cgo) > 0 {
		annotation.Title = "build failed"
		found = a.first(annotation, f.Package, cgo)
	}
	if !found {
		a.function(annotation, f.Package, "TestMain")
	}
	return true
}

// first sets the place of an annotation to the first of places that exists in the
// repository. The output of a test may name lines that do not exist.
func (a annotator) first(annotation *ci.Annotation, pkg string, places []source.Place) bool {
	if a.tree == nil {
		return false
	}
	for _, p := range places {
		if file, ok := a.tree.Find(p.File, pkg); ok && a.tree.HasLine(file, p.Line) {
			annotation.File, annotation.Line, annotation.Column = file, p.Line, p.Column
			return true
		}
	}
	return false
}

// function sets the place of an annotation to the declaration of a function of the tests.
func (a annotator) function(annotation *ci.Annotation, pkg, name string) {
	if a.tree == nil {
		return
	}
	if file, line, ok := a.tree.Function(pkg, name); ok {
		annotation.File, annotation.Line = file, line
	}
}

// builtBadly reports whether a package failed because of build errors that have their own
// annotations.
func (a annotator) builtBadly(f failedTest) bool {
	if !strings.Contains(f.output, gotest.BuildFailed) && !strings.Contains(f.output, gotest.SetupFailed) {
		return false
	}
	text := a.outputs.Builds.Of(f.Package)
	if text == "" {
		text = observe.ErrorText(a.exec) // the go command wrote the errors to standard error
	}
	return len(source.BuildErrors(text)) > 0
}

// buildErrors returns the annotations for build errors in the output of the go command.
func (a annotator) buildErrors() []ci.Annotation {
	var annotations []ci.Annotation
	vet := a.vetErrors()
	for _, p := range source.BuildErrors(observe.ErrorText(a.exec)) {
		annotation := ci.Annotation{Title: "build failed", Message: observe.Message(p.Text, longestAnnotation)}
		if vet[p] {
			annotation.Title = "vet"
		}
		if !a.first(&annotation, "", []source.Place{p}) {
			annotation.Message = fmt.Sprintf("%s:%d: %s", p.File, p.Line, annotation.Message)
		}
		annotations = append(annotations, annotation)
	}
	return annotations
}

// outsideTests returns the annotation for a run that failed without a failed test or
// package. It has the output of the commands, at the first line of the repository that the
// output names.
func (a annotator) outsideTests(text string) ci.Annotation {
	annotation := ci.Annotation{Title: "go test failed", Message: observe.Message(text, longestAnnotation)}
	if a.opts.RawCommand || len(a.opts.Shards) > 0 {
		annotation.Title = "command failed"
	}
	a.first(&annotation, "", source.Broken(text))
	return annotation
}

// vetErrors returns the errors from go vet. In the output of a package, they come after a
// line with the package in brackets.
func (a annotator) vetErrors() map[source.Place]bool {
	found := map[source.Place]bool{}
	for _, lines := range a.outputs.Builds.Output {
		if _, vet, ok := strings.Cut("\n"+strings.Join(lines, ""), "\n# ["); ok {
			for _, p := range source.BuildErrors(vet) {
				found[p] = true
			}
		}
	}
	return found
}
