package shard

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"syscall"

	"github.com/fatih/color"
)

// The exit codes, which the help and docs/exit-codes.md list.
const (
	exitFailed      = 1
	exitOwnError    = 3
	exitBySignal    = 127 // gotestsum's for a command that has no exit code
	exitSignalBased = 128
)

// codedError ends the run with an exit code of its own. Without a reason, what
// there is to say has been said.
type codedError struct {
	code   int
	reason string
	cause  error // how the command ended, nil when it is not for that
}

func (e codedError) Error() string {
	if e.reason != "" {
		return e.reason
	}
	return fmt.Sprintf("exit code %d", e.code)
}

func signalled(sig syscall.Signal) error { return codedError{code: exitSignalBased + int(sig)} }

// exitCode maps what a run ended with to the exit code.
func exitCode(err error) int {
	var coded codedError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &coded):
		return coded.code
	default:
		return exitOwnError
	}
}

// commandError turns what a finished command returned into the error that
// passes its exit code on.
func commandError(err error) error {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &exit) && exit.Exited():
		return codedError{code: exit.ExitCode(), cause: err}
	default:
		return codedError{code: exitBySignal, cause: err}
	}
}

// cause undoes commandError.
func cause(err error) error {
	var coded codedError
	if errors.As(err, &coded) && coded.cause != nil {
		return coded.cause
	}
	return err
}

// printError prints what a run ended with, unless that was said.
func printError(out io.Writer, err error) {
	var coded codedError
	if err != nil && (!errors.As(err, &coded) || coded.reason != "") {
		_, _ = fmt.Fprintf(out, "%s%v\n", color.RedString("ERROR "), err)
	}
}
