//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package live

import (
	"os"
	"syscall"
)

// askSignals ask what runs now. Ctrl-T sends SIGINFO.
var askSignals = []os.Signal{syscall.SIGUSR1, syscall.SIGINFO}
