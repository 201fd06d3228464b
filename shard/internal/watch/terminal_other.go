//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || solaris)

package watch

import "os"

// ContinueSignals are for systems with job control.
var ContinueSignals []os.Signal

// Terminal is for systems on which gotestsum reads keys.
type Terminal struct{}

// NewTerminal returns one without keys.
func NewTerminal(*os.File) (*Terminal, error) { return nil, nil }

// Keys are none.
func (t *Terminal) Keys() <-chan byte { return nil }

// Failed never says anything.
func (t *Terminal) Failed() <-chan error { return nil }

// Start does nothing.
func (t *Terminal) Start() error { return nil }

// Stop does nothing.
func (t *Terminal) Stop() {}

// Regain does nothing.
func (t *Terminal) Regain() {}

// Close does nothing.
func (t *Terminal) Close() {}
