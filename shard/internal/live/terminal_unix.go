//go:build unix

package live

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

// stopSignals are what Ctrl-Z sends.
var stopSignals = []os.Signal{syscall.SIGTSTP}

// stopProcess stops this process by a signal that it does not handle. It returns when the
// process is continued.
func stopProcess(sig os.Signal) {
	number, ok := sig.(syscall.Signal)
	if !ok {
		return
	}
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	defer signal.Stop(continued)
	if syscall.Kill(syscall.Getpid(), number) != nil {
		return
	}
	select { // this thread may run on for a moment
	case <-continued:
	case <-time.After(stopTime): // an orphaned group is not stopped
	}
}

// stopTime is how long it may take until this process is stopped.
const stopTime = 200 * time.Millisecond

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
