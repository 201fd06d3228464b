// Package machine has numbered places that all runs of a user on a machine share. A place is a
// lock of the kernel on a file, which is gone when its process ends, however that happens.
package machine

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/gofrs/flock"

	"github.com/gotestshard/gotestshard/shard/internal/temp"
)

// Places are the places of one name.
type Places struct {
	// Dir is the folder of the files, see Dir. It is removed with its last file.
	Dir string
	// Name may be any text.
	Name string
	// Most is how many places there are, 0 for any number.
	Most int
}

// Dir returns the folder for the places of the user.
func Dir() string {
	return temp.Shared("gotestshard-machine-" + strconv.Itoa(max(os.Getuid(), 0)))
}

// makeDir makes the folder, which no other user may write to.
func (p Places) makeDir() error {
	if err := os.Mkdir(p.Dir, 0o700); err != nil && !os.IsExist(err) {
		return fmt.Errorf("making the folder of locks that all runs share: %w", err)
	}
	info, err := os.Lstat(p.Dir)
	switch {
	case os.IsNotExist(err): // another run has just ended
		return nil
	case err != nil:
		return fmt.Errorf("looking at the folder of locks that all runs share: %w", err)
	case !info.IsDir() || !private(info):
		return fmt.Errorf("%s is not a folder of yours alone: remove it, or set another folder for temporary files", p.Dir)
	}
	return nil
}

// Lowest takes the lowest free place, from 0. It is not ok if all are taken. release must be
// called, once.
func (p Places) Lowest() (place int, release func(), ok bool, err error) {
	for place := 0; p.Most == 0 || place < p.Most; {
		release, ok, err := p.take(place)
		switch {
		case errors.Is(err, errRemoved):
			continue
		case err != nil:
			return 0, nil, false, err
		case ok:
			return place, release, true, nil
		}
		place++
	}
	return 0, nil, false, nil
}

// errRemoved is returned for a file, or the folder, that another run removed in this moment.
var errRemoved = errors.New("the file was removed")

// take takes a place, if it is free.
func (p Places) take(place int) (release func(), ok bool, err error) {
	if err := p.makeDir(); err != nil {
		return nil, false, err
	}
	lock := flock.New(p.file(place))
	got, err := lock.TryLock()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, false, errRemoved
	case err != nil:
		return nil, false, fmt.Errorf("locking %s: %w", lock.Path(), err)
	case !got:
		return nil, false, nil
	}
	if now, err := os.Stat(lock.Path()); err != nil || !same(lock, now) {
		_ = lock.Close() // the lock of a file that others do not see
		return nil, false, errRemoved
	}
	return func() {
		_ = os.Remove(lock.Path()) // before the lock is given up, so that the next one sees it
		_ = lock.Close()
		_ = os.Remove(p.Dir) // if it was the last one
	}, true, nil
}

func same(lock *flock.Flock, file fs.FileInfo) bool {
	own, err := lock.Stat()
	return err == nil && os.SameFile(own, file)
}

// between is how long Wait waits before it tries again: a lock of the kernel cannot wait for one
// of several files.
const between = 50 * time.Millisecond

// Wait takes any place, and waits until one is free or ctx ends. It calls waiting once if it has
// to wait.
func (p Places) Wait(ctx context.Context, waiting func()) (release func(), err error) {
	for first := true; ; first = false {
		_, release, ok, err := p.Lowest()
		if err != nil || ok {
			return release, err
		}
		if first {
			waiting()
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(between):
		}
	}
}

// file returns the file of a place.
func (p Places) file(place int) string {
	sum := sha256.Sum256([]byte(p.Name))
	return filepath.Join(p.Dir, fmt.Sprintf("%x.%d", sum[:8], place))
}
