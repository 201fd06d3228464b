package split

import (
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
)

// unseen returns what is wrong with a process that exited 0 without a verdict of m.Run,
// empty for nothing. Without -exec, the reason is that TestMain does not call m.Run, which
// is allowed, as under go test. But a program of the user's -exec may not have run the
// test binary, not have waited for it, or not have passed on all of its output, and these
// cases look the same.
func unseen(b Binary) string {
	program, args := b.Task.Command[:b.Task.Binary], b.Task.Command[b.Task.Binary+1:]
	listing := slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg, gotest.FlagList) })
	if len(program) == 0 || listing {
		return ""
	}
	return "the output does not end with PASS or FAIL; check that " + program[0] + " of -exec runs the test binary, waits for it and passes on its output, and that TestMain calls m.Run"
}
