package shard

import (
	"errors"
	"io"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
)

// TestRerunOfWhatWasNotKept: its failure stands, also when nothing was kept.
func TestRerunOfWhatWasNotKept(t *testing.T) {
	e := &workersEngine{log: io.Discard}
	runs, _, err := e.planReruns([]rerunUnit{{Rerun: gotest.Rerun{Package: "p"}}}, nil)
	if err != nil || len(runs) != 1 || !errors.Is(runs[0].missing, errNotKept) {
		t.Errorf("%v, %v", runs, err)
	}
}
