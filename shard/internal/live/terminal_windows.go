package live

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// suspend does nothing, since there is no job control.
func suspend() {}

// interruptGroup does nothing, since there are no keys.
func interruptGroup() error { return errors.ErrUnsupported }

// oneConsole is whether all terminals of a process are the same one.
const oneConsole = true

// obeysEscapes reports whether a console reads escape sequences, which fatih/color turns on.
func obeysEscapes(file *os.File) bool {
	var mode uint32
	err := windows.GetConsoleMode(windows.Handle(file.Fd()), &mode)
	return err == nil && mode&windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING != 0
}
