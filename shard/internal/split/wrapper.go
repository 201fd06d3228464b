package split

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// unseen returns what is wrong with a process that exited 0 without a word of its
// tests, empty for nothing. A test binary that was started as it is does so when its
// TestMain does not call m.Run, which is its own matter, as under go test. But the
// program of the user's -exec may not have run it, or not have waited for it.
func unseen(b Binary) string {
	program, args := b.Task.Command[:b.Task.Binary], b.Task.Command[b.Task.Binary+1:]
	listing := slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "-test.list=") })
	if len(program) == 0 || listing || mayHaveMain(b.Task.Dir) {
		return ""
	}
	return "its tests have not printed that they ran; " + program[0] + " of -exec has to run the test binary and to wait for it"
}

// mayHaveMain reports whether a package may have a TestMain.
func mayHaveMain(dir string) bool {
	entries, err := os.ReadDir(dir)
	return err != nil || slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		if !strings.HasSuffix(e.Name(), "_test.go") {
			return false
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		return err != nil || bytes.Contains(text, []byte("TestMain"))
	})
}
