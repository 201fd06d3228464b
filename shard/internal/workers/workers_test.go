package workers

import (
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// The command is for the user's folder.
func TestReproFolder(t *testing.T) {
	e := Engine{opts: option.Options{GoTest: option.GoTest{Args: gotest.Args{"-C=sub", "-count=1"}}}}
	if got := e.repro("m/p", nil); got != "go test -C=sub m/p -count=1" {
		t.Errorf("got %s", got)
	}
	e.opts.Dir, e.kept.goDir = "module", "module/sub"
	if got := e.repro("m/p", nil); got != "go test -C=module/sub m/p -count=1" {
		t.Errorf("in another folder: got %s", got)
	}
}
