package observe

import (
	"fmt"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/observe/observetest"
)

func TestFindFlaky(t *testing.T) {
	exec := observetest.Scan(t, nil, 0, "run A", "fail A", "run B", "fail B", "run C", "pass C", "run D", "fail D", "fail")
	exec = observetest.Scan(t, exec, 1, "run A", "pass A", "run B", "fail B", "run D", "skip D", "fail")
	exec = observetest.Scan(t, exec, 2, "run B", "pass B", "pass")
	var got []string
	for _, tc := range FindFlaky(exec) {
		got = append(got, fmt.Sprint(tc.Test, tc.RunID))
	}
	if want := "[A0 B0 B1]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestSortUnended(t *testing.T) {
	exec := observetest.Scan(t, nil, 0, "run A", "fail A", "run E", "run D", "run C", "run B", "run B/x", "run B/y", "run F", "fail")
	sortUnended(exec)
	var got []string
	for _, tc := range exec.Failed() {
		got = append(got, tc.Test.Name())
	}
	if want := "[A E D C B B/x B/y F]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}
