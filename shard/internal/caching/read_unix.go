//go:build unix

package caching

import (
	"hash"
	"io/fs"

	"golang.org/x/sys/unix"
)

// readInto adds what is in a file to a hash. Opening it with package os takes twice as many system
// calls, since it could be a pipe or a terminal: a sixth of the processor time of 100,000 files.
func readInto(h hash.Hash, name string, buffer []byte) error {
	opened, err := retried(func() (int, error) { return unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC, 0) })
	if err != nil {
		return &fs.PathError{Op: "open", Path: name, Err: err}
	}
	defer func() { _ = unix.Close(opened) }()
	for {
		n, err := retried(func() (int, error) { return unix.Read(opened, buffer) })
		if err != nil {
			return &fs.PathError{Op: "read", Path: name, Err: err}
		}
		if n == 0 {
			return nil
		}
		_, _ = h.Write(buffer[:n]) // a hash has no errors
	}
}

// retried calls what a signal may have interrupted again.
func retried(call func() (int, error)) (n int, err error) {
	for {
		if n, err = call(); err != unix.EINTR { //nolint:errorlint // it is not wrapped
			return n, err
		}
	}
}
