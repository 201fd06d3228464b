//go:build unix && !(darwin || dragonfly || freebsd || netbsd || openbsd)

package signals

import (
	"os"
	"syscall"
)

// Asks ask what runs now.
var Asks = []os.Signal{syscall.SIGUSR1}
