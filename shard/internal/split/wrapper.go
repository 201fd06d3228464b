package split

import (
	"slices"
	"strings"
)

// unseen returns what is wrong with a process that exited 0 without a word of its
// tests, empty for nothing. A test binary that was started as it is does so when its
// TestMain does not call m.Run, which is its own matter, as under go test. But the
// program of the user's -exec may not have run it, or not have waited for it, and
// nothing tells the two apart.
func unseen(b Binary) string {
	program, args := b.Task.Command[:b.Task.Binary], b.Task.Command[b.Task.Binary+1:]
	listing := slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "-test.list=") })
	if len(program) == 0 || listing {
		return ""
	}
	return "its tests have not printed that they ran; " + program[0] + " of -exec has to run the test binary and to wait for it, and TestMain to call m.Run"
}
