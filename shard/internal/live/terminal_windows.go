package live

import (
	"os"

	"golang.org/x/sys/windows"
)

// Windows has no job control.
var stopSignals []os.Signal

func stopProcess(os.Signal) {}

// oneConsole is whether all terminals of a process are the same one.
const oneConsole = true

// obeysEscapes reports whether a console reads escape sequences, which fatih/color turns on.
func obeysEscapes(file *os.File) bool {
	var mode uint32
	err := windows.GetConsoleMode(windows.Handle(file.Fd()), &mode)
	return err == nil && mode&windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING != 0
}
