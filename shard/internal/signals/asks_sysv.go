//go:build unix && !(darwin || dragonfly || freebsd || netbsd || openbsd)

package live

import (
	"os"
	"syscall"
)

// askSignals ask what runs now.
var askSignals = []os.Signal{syscall.SIGUSR1}
