//go:build unix

package live

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

// stopTime is how long it may take until this process is stopped.
const stopTime = 200 * time.Millisecond

// suspend does what Ctrl-Z does: it stops the process group. It returns when this process is
// continued. This process must not catch the signal, because Go's runtime then keeps its
// handler and a later signal does not stop it.
func suspend() {
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	defer signal.Stop(continued)
	if syscall.Kill(0, syscall.SIGTSTP) != nil {
		return
	}
	select { // this thread may run on for a moment
	case <-continued:
	case <-time.After(stopTime): // the system does not stop a group that no shell could continue
	}
}

// interruptGroup does what Ctrl-C does: it interrupts the process group. The processes of the
// run expect that: a signal to this process alone would look as if they had got it too.
func interruptGroup() error { return syscall.Kill(0, syscall.SIGINT) }

// oneConsole is whether all terminals of a process are the same one.
const oneConsole = false

// obeysEscapes reports whether a terminal knows more than text.
func obeysEscapes(*os.File) bool {
	switch os.Getenv("TERM") {
	case "", "dumb":
		return false
	}
	return true
}
