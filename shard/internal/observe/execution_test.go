package observe

import (
	"fmt"
	"strings"
	"testing"

	"gotest.tools/gotestsum/testjson"
)

// scanned reads "action [test]" lines of the package p as one run of tests.
func scanned(t *testing.T, exec *testjson.Execution, runID int, events ...string) *testjson.Execution {
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

func TestFindFlaky(t *testing.T) {
	exec := scanned(t, nil, 0, "run A", "fail A", "run B", "fail B", "run C", "pass C", "run D", "fail D", "fail")
	exec = scanned(t, exec, 1, "run A", "pass A", "run B", "fail B", "run D", "skip D", "fail")
	exec = scanned(t, exec, 2, "run B", "pass B", "pass")
	var got []string
	for _, tc := range FindFlaky(exec) {
		got = append(got, fmt.Sprint(tc.Test, tc.RunID))
	}
	if want := "[A0 B0 B1]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestSortUnended(t *testing.T) {
	exec := scanned(t, nil, 0, "run A", "fail A", "run E", "run D", "run C", "run B", "run B/x", "run B/y", "run F", "fail")
	sortUnended(exec)
	var got []string
	for _, tc := range exec.Failed() {
		got = append(got, tc.Test.Name())
	}
	if want := "[A E D C B B/x B/y F]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}
