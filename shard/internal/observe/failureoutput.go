package observe

import (
	"strings"

	"gotest.tools/gotestsum/testjson"
)

// FailureOutputs returns the output of failed tests, and of packages that failed without a
// failed test.
type FailureOutputs struct {
	Builds *BuildNotes
	// Release is called when the output of a test has been read; it may be nil.
	Release func()
	latest  struct { // the last result, because it may be very long and is needed several times
		of   outputKey
		text string
	}
}

// Of returns the output of a failed test, or of a package that failed without a failed test,
// without go test's framing.
func (f *FailureOutputs) Of(tc testjson.TestCase, exec *testjson.Execution) string {
	if tc.Test == "" {
		var text strings.Builder
		text.WriteString(f.Builds.Of(tc.Package))
		_ = exec.Package(tc.Package).WriteOutputTo(&text, 0) // a builder returns no errors
		return text.String()
	}
	key := outputKey{tc.Package, tc.ID}
	if f.latest.text == "" || f.latest.of != key {
		f.latest.of, f.latest.text = key, WithoutFraming(exec.OutputLines(tc), tc.Test.Name())
		if f.Release != nil {
			f.Release()
		}
	}
	return f.latest.text
}

// Forget frees the memory of the last result.
func (f *FailureOutputs) Forget() { f.latest.text = "" }

// outputKey identifies a test case.
type outputKey struct {
	pkg string
	id  int
}
