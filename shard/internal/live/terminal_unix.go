//go:build unix

package live

import (
	"os"
	"os/signal"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// catchStops passes the signal of Ctrl-Z to c, so that the area is removed before this process is
// stopped, and reports whether it does. Where no shell could continue this process, such as in a
// container, where its process group leads the session, the system ignores the signal.
func catchStops(c chan<- os.Signal) bool {
	session, err := unix.Getsid(0)
	if err != nil || session == unix.Getpgrp() || signal.Ignored(unix.SIGTSTP) {
		return false
	}
	signal.Stop(later)
	signal.Notify(c, unix.SIGTSTP)
	return true
}

// leaveStops stops this process at later signals too: Go's runtime keeps the handler of a signal
// that was caught once.
func leaveStops() {
	stopLater()
	signal.Notify(later, unix.SIGTSTP)
}

var (
	later     = make(chan os.Signal, 1)
	stopLater = sync.OnceFunc(func() {
		go func() {
			for range later {
				stopSelf()
			}
		}()
	})
)

func isStop(sig os.Signal) bool { return sig == unix.SIGTSTP }

// stopSelf stops this process until it is continued. It may run on for a moment.
func stopSelf() { _ = unix.Kill(unix.Getpid(), unix.SIGSTOP) }

// interruptGroup does what Ctrl-C does: it interrupts the process group. The processes of the
// run expect that: a signal to this process alone would look as if they had got it too.
func interruptGroup() error { return syscall.Kill(0, syscall.SIGINT) }

// oneConsole is whether all terminals of a process are the same one.
const oneConsole = false

// obeysEscapes reports whether a terminal of a kind ($TERM) knows more than text.
func obeysEscapes(_ *os.File, kind string) bool { return kind != "" && kind != "dumb" }
