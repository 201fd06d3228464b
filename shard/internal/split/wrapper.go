package split

import (
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
)

// unseen returns what is wrong with a process that exited 0 without a verdict of
// m.Run, empty for nothing. A test binary that was started as it is does so when its
// TestMain does not call m.Run, which is its own matter, as under go test. But the
// program of the user's -exec may not have run it, not have waited for it, or not have
// passed on all that it printed, and nothing tells these apart.
func unseen(b Binary) string {
	program, args := b.Task.Command[:b.Task.Binary], b.Task.Command[b.Task.Binary+1:]
	listing := slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg, gotest.FlagList) })
	if len(program) == 0 || listing {
		return ""
	}
	return "the output does not end with PASS or FAIL; check that " + program[0] + " of -exec runs the test binary, waits for it and passes on its output, and that TestMain calls m.Run"
}
