package workers

import (
	"errors"
	"io"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/engine"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
)

// TestRerunOfWhatWasNotKept: its failure stands, also if nothing was kept.
func TestRerunOfWhatWasNotKept(t *testing.T) {
	e := &Engine{log: io.Discard}
	runs, _, err := e.planReruns([]engine.Unit{{Rerun: gotest.Rerun{Package: "p"}}}, nil)
	if err != nil || len(runs) != 1 || !errors.Is(runs[0].missing, ErrNotKept) {
		t.Errorf("%v, %v", runs, err)
	}
}
