package observe

import (
	"fmt"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/source"
)

// FailureOutputs are what failed tests, and packages that failed without one, said.
type FailureOutputs struct {
	Builds *BuildNotes
	latest struct { // what was put together last, since it may be very much and is asked for again
		of   outputKey
		text string
	}
}

// Of is what a failed test, or a package that failed without one, said beside go test's
// framing.
func (f *FailureOutputs) Of(tc testjson.TestCase, exec *testjson.Execution) string {
	if tc.Test == "" {
		var text strings.Builder
		text.WriteString(f.Builds.Of(tc.Package))
		_ = exec.Package(tc.Package).WriteOutputTo(&text, 0) // a builder has no errors
		return text.String()
	}
	key := outputKey{tc.Package, tc.ID}
	if f.latest.text == "" || f.latest.of != key {
		f.latest.of, f.latest.text = key, WithoutFraming(exec.OutputLines(tc), tc.Test.Name())
	}
	return f.latest.text
}

// Forget gives back the memory of what was put together last.
func (f *FailureOutputs) Forget() { f.latest.text = "" }

// outputKey is a test case whose output was put together.
type outputKey struct {
	pkg string
	id  int
}

// failureMessage says in a line why a test failed, empty when it did not say.
func failureMessage(output string) string {
	for line := range strings.Lines(output) {
		if IsPanic(line) {
			return strings.TrimSpace(line)
		}
	}
	if logged := source.Logged(output); len(logged) > 0 {
		last := logged[len(logged)-1]
		return fmt.Sprintf("%s:%d: %s", last.File, last.Line, last.Text)
	}
	if errs := source.BuildErrors(output); len(errs) > 0 {
		return fmt.Sprintf("%s:%d: %s", errs[0].File, errs[0].Line, errs[0].Text)
	}
	return ""
}
