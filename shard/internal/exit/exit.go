// Package exit defines the exit codes and the error that a run ends with.
package exit

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"slices"
	"syscall"

	"github.com/fatih/color"
)

// The exit codes, which the help and docs/exit-codes.md list.
const (
	Failed      = 1
	OwnError    = 3
	TooLong     = 124 // as timeout(1) has it
	bySignal    = 127 // gotestsum's code for a command that has no exit code
	signalBased = 128
)

// Error ends the run with a specific exit code. Without a reason, everything has already
// been reported.
type Error struct {
	Code   int
	Reason string
	cause  error // how the command ended, nil if that is not the reason
}

// Error returns the reason, or the code if there is none.
func (e Error) Error() string {
	if e.Reason != "" {
		return e.Reason
	}
	return fmt.Sprintf("exit code %d", e.Code)
}

// Signalled returns the error of a run that a signal ended: its exit code is 128 and the
// number of the signal.
func Signalled(sig syscall.Signal) error { return Error{Code: signalBased + int(sig)} }

// IsSignal reports whether an exit code is that of a run that a signal ended.
func IsSignal(code int) bool { return code > signalBased }

// Code returns the exit code for the error that a run ended with.
func Code(err error) int {
	var coded Error
	switch {
	case err == nil:
		return 0
	case readerGone(err):
		return signalBased + int(syscall.SIGPIPE)
	case errors.As(err, &coded):
		return coded.Code
	default:
		return OwnError
	}
}

// readerGone reports whether all that went wrong is that the reader of standard output has
// ended, such as head. Without workers the system ends gotestsum and go test then, with
// SIGPIPE. With workers that would leave test processes running.
func readerGone(err error) bool {
	switch err := err.(type) { //nolint:errorlint // every error of a tree counts, not the first one
	case *fs.PathError:
		return err.Path == "/dev/stdout" && errors.Is(err.Err, syscall.EPIPE)
	case interface{ Unwrap() []error }:
		return !slices.ContainsFunc(err.Unwrap(), func(err error) bool { return !readerGone(err) })
	case interface{ Unwrap() error }:
		return readerGone(err.Unwrap())
	}
	return false
}

// OfCommand turns the error of a finished command into an error that passes on its exit
// code.
func OfCommand(err error) error {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &exit) && exit.Exited():
		return Error{Code: exit.ExitCode(), cause: err}
	default:
		return Error{Code: bySignal, cause: err}
	}
}

// Cause reverses OfCommand.
func Cause(err error) error {
	var coded Error
	if errors.As(err, &coded) && coded.cause != nil {
		return coded.cause
	}
	return err
}

// Print prints the error that a run ended with, unless it has been reported.
func Print(out io.Writer, err error) {
	var coded Error
	if err != nil && !readerGone(err) && (!errors.As(err, &coded) || coded.Reason != "") {
		_, _ = fmt.Fprintf(out, "%s%v\n", color.RedString("ERROR "), err)
	}
}
