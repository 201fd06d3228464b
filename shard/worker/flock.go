package worker

import (
	"fmt"
	"os"
)

// The locks are kernel locks on files. The kernel releases them when their
// process ends, however that happens. The files are not removed: removing one
// while another process is about to lock it could result in two holders.
//
// github.com/gofrs/flock does the same, but it would add eight lines to the
// go.sum of every module that imports this package; with the package's own
// lines that is over ten.

// lockFile waits until the lock is free in all processes, including this one,
// and takes it.
func lockFile(path string) (*os.File, error) {
	file, _, err := openLocked(path, true)
	return file, err
}

// tryLockFile does not wait: false means that the lock is held elsewhere.
func tryLockFile(path string) (*os.File, bool, error) { return openLocked(path, false) }

func openLocked(path string, wait bool) (*os.File, bool, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, false, err
	}
	got, err := lock(file, wait)
	if err != nil {
		err = fmt.Errorf("locking %s: %w", path, err)
	}
	if err != nil || !got {
		_ = file.Close() // nothing was written
		return nil, false, err
	}
	return file, true, nil
}

func unlockFile(file *os.File) {
	// Closing the file is not enough: a child process that is just being
	// started has a copy of it for a moment.
	_ = unlock(file)
	_ = file.Close()
}
