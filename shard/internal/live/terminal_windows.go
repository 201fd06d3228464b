package live

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/windows"
)

// These do nothing, since there is no job control.
func catchStops(chan<- os.Signal) bool { return false }
func leaveStops()                      {}
func isStop(os.Signal) bool            { return false }
func stopSelf()                        {}

// interruptGroup does nothing, since there are no keys.
func interruptGroup() error { return errors.ErrUnsupported }

// oneConsole is whether all terminals of a process are the same one.
const oneConsole = true

// obeysEscapes reports whether a console reads escape sequences, which fatih/color turns on.
func obeysEscapes(file *os.File, _ string) bool {
	var mode uint32
	err := windows.GetConsoleMode(windows.Handle(file.Fd()), &mode)
	return err == nil && mode&windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING != 0
}

// guards is false: a console has no signals that a guard could outlive, and it is closed for all.
const guards = false

// RunGuard does nothing, since there are no guards.
func RunGuard(io.Reader, *os.File) {}
