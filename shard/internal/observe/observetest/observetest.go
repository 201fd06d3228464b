// Package observetest creates executions for tests.
package observetest

import (
	"fmt"
	"strings"
	"testing"

	"gotest.tools/gotestsum/testjson"
)

// Scan reads "action [test]" lines for package p as one attempt, and adds it to exec, which
// is nil for the first one.
func Scan(t *testing.T, exec *testjson.Execution, runID int, events ...string) *testjson.Execution {
	t.Helper()
	var stream strings.Builder
	for _, e := range events {
		action, test, _ := strings.Cut(e, " ")
		_, _ = fmt.Fprintf(&stream, `{"Action":%q,"Package":"p","Test":%q}`+"\n", action, test)
	}
	exec, err := testjson.ScanTestOutput(testjson.ScanConfig{RunID: runID, Stdout: strings.NewReader(stream.String()), Execution: exec})
	if err != nil {
		t.Fatal(err)
	}
	return exec
}
