//go:build unix

package shard

import (
	"os/signal"
	"syscall"
)

// ignoreTerminalStops keeps a test that uses the terminal from being stopped
// for good: the test processes are not in its foreground process group. They
// inherit what is ignored here, so that reading the terminal fails instead.
func ignoreTerminalStops() { signal.Ignore(syscall.SIGTTIN, syscall.SIGTTOU) }
