package workers

import (
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/engine"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/pool"
)

// TestRerunOfWhatWasNotKept: its failure stands, also if nothing was kept.
func TestRerunOfWhatWasNotKept(t *testing.T) {
	e := &Engine{log: io.Discard}
	runs, _, err := e.planReruns([]engine.Unit{{Rerun: gotest.Rerun{Package: "p"}}}, nil)
	if err != nil || len(runs) != 1 || !errors.Is(runs[0].missing, ErrNotKept) {
		t.Errorf("%v, %v", runs, err)
	}
}

// TestRerunHasAFolderForItsCoverage: in the environment too, for programs that a test starts.
func TestRerunHasAFolderForItsCoverage(t *testing.T) {
	old := "-test.gocoverdir=" + t.TempDir()
	k := keptBinaries{dir: t.TempDir(), tasks: map[string]pool.Task{"p": {Command: []string{"p.test", old}, Env: []string{"A=1"}}}}
	task, _, err := k.task(engine.Unit{Rerun: gotest.Rerun{Package: "p"}})
	if err != nil {
		t.Fatal(err)
	}
	var folder string
	for _, arg := range task.Command {
		if after, ok := strings.CutPrefix(arg, "-test.gocoverdir="); ok {
			folder = after
		}
	}
	if filepath.Dir(folder) != k.dir || !slices.Equal(task.Env, []string{"A=1", "GOCOVERDIR=" + folder}) {
		t.Errorf("the command is %q with %q", task.Command, task.Env)
	}
}
