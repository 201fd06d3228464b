package shard

import (
	"fmt"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/source"
)

// failureOutputs are what failed tests, and packages that failed without one, said.
type failureOutputs struct {
	builds *buildNotes
	latest struct { // what was put together last, since it may be very much and is asked for again
		of   outputKey
		text string
	}
}

// of is what a failed test, or a package that failed without one, said beside go test's
// framing.
func (f *failureOutputs) of(tc testjson.TestCase, exec *testjson.Execution) string {
	if tc.Test == "" {
		var text strings.Builder
		text.WriteString(f.builds.of(tc.Package))
		_ = exec.Package(tc.Package).WriteOutputTo(&text, 0) // a builder has no errors
		return text.String()
	}
	key := outputKey{tc.Package, tc.ID}
	if f.latest.text == "" || f.latest.of != key {
		f.latest.of, f.latest.text = key, withoutFraming(exec.OutputLines(tc), tc.Test.Name())
	}
	return f.latest.text
}

// forget gives back the memory of what was put together last.
func (f *failureOutputs) forget() { f.latest.text = "" }

// outputKey is a test case whose output was put together.
type outputKey struct {
	pkg string
	id  int
}

// failureMessage says in a line why a test failed, empty when it did not say.
func failureMessage(output string) string {
	for line := range strings.Lines(output) {
		if isPanic(line) {
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
