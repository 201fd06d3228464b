//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package signals

import (
	"os"
	"syscall"
)

// Asks ask what runs now. Ctrl-T sends SIGINFO.
var Asks = []os.Signal{syscall.SIGUSR1, syscall.SIGINFO}
