package worker

import (
	"fmt"
	"os"
)

// The locks are the kernel's, on files: it releases them when their process
// ends, however that happens. The files stay; removing one while another process is about
// to lock it would leave two holders.
//
// github.com/gofrs/flock does the same; it would bring eight lines to the
// go.sum of everybody who imports this package, with itself that is over ten.

// lockFile waits until no other process, and nobody else in this one, holds
// the lock.
func lockFile(path string) (*os.File, error) {
	file, _, err := openLocked(path, true)
	return file, err
}

// tryLockFile does not wait: false means that someone else has it.
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
	// Closing alone is not enough: a child that is just being started has a
	// copy of the file for a moment.
	_ = unlock(file)
	_ = file.Close()
}
