//go:build unix

package live

import (
	"io"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"

	"github.com/gotestshard/gotestshard/shard/internal/watch"
)

const guards = true

// RunGuard is the guard of the process at the other end of in. It ends without a trace if that
// process kills it, which is the case for a run that ends properly.
func RunGuard(in io.Reader, terminal *os.File) {
	// They reach the whole process group, but not all of them end the run at once.
	signal.Ignore(unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT, unix.SIGTTOU)
	_, _ = in.Read(make([]byte, 1)) // the end, or the first byte of a crash
	clearAfterDeath(terminal)
	_, _ = io.Copy(io.Discard, in) // a full pipe would hold up the crash
}

// clearAfterDeath erases what is below the cursor, which is at the start of the area or in the
// text that was written over it since.
func clearAfterDeath(terminal *os.File) {
	text := endUpdate + wrap + plainStyle + eraseBelow
	if showsProgress(os.Getenv) {
		text += noProgress
	}
	_, _ = terminal.WriteString(text)
	watch.ShowInput(int(terminal.Fd()))
}
