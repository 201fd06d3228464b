package worker

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"unsafe"
)

// Package syscall does not have these two.
var (
	kernel32     = syscall.NewLazyDLL("kernel32.dll")
	lockFileEx   = kernel32.NewProc("LockFileEx")
	unlockFileEx = kernel32.NewProc("UnlockFileEx")
)

const (
	lockFailImmediately = 1
	lockExclusive       = 2
	wholeFile           = 0xFFFFFFFF // low and high half of the length
	errorLockViolation  = syscall.Errno(33)
)

func lock(file *os.File, wait bool) (bool, error) {
	flags := uintptr(lockExclusive)
	if !wait {
		flags |= lockFailImmediately
	}
	var at syscall.Overlapped
	ok, _, err := lockFileEx.Call(file.Fd(), flags, 0, wholeFile, wholeFile, uintptr(unsafe.Pointer(&at)))
	switch {
	case ok != 0:
		return true, nil
	case !wait && (errors.Is(err, errorLockViolation) || errors.Is(err, syscall.ERROR_IO_PENDING)):
		return false, nil
	}
	return false, err
}

func unlock(file *os.File) error {
	var at syscall.Overlapped
	ok, _, err := unlockFileEx.Call(file.Fd(), 0, wholeFile, wholeFile, uintptr(unsafe.Pointer(&at)))
	if ok != 0 {
		return nil
	}
	return err
}

// private is true: the folder for temporary files is the user's own.
func private(fs.FileInfo) bool { return true }
