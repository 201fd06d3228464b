//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || solaris)

package watch

import "os"

// ContinueSignals are used only on systems with job control.
var ContinueSignals []os.Signal

// Terminal is for systems on which gotestsum reads no keys.
type Terminal struct{}

// NewTerminal returns a nil Terminal, which has no keys.
func NewTerminal(*os.File) (*Terminal, error) { return nil, nil }

// Keys returns nil, because there are no keys.
func (t *Terminal) Keys() <-chan byte { return nil }

// Failed returns nil, because there are no failures.
func (t *Terminal) Failed() <-chan error { return nil }

// Start does nothing.
func (t *Terminal) Start() error { return nil }

// Stop does nothing.
func (t *Terminal) Stop() {}

// Regain does nothing.
func (t *Terminal) Regain() {}

// Close does nothing.
func (t *Terminal) Close() {}

// ShowInput does nothing, since keys are never read.
func ShowInput(int) {}

// Foreground is true, since there is no job control.
func Foreground(int) bool { return true }
