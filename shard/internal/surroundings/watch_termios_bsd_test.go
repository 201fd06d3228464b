//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package surroundings

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func settings(t *testing.T, tty *os.File) unix.Termios {
	t.Helper()
	s, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TIOCGETA)
	if err != nil {
		t.Fatal(err)
	}
	return *s
}
