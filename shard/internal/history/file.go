package history

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/rogpeppe/go-internal/robustio"
)

const (
	lockWait  = 10 * time.Second
	readLimit = 64 << 20 // bytes; also enough for a file that was indented by hand
)

// DefaultFile returns the file for a module or for the modules of a workspace, by their
// paths, in the user's cache directory. It is an error if there is no such directory.
func DefaultFile(modules []string) (string, error) {
	module := strings.Join(modules, " ") // paths have no spaces
	dir, err := cacheDir()
	if err != nil {
		return "", fmt.Errorf("finding the timing history of module %s: %w; name a file with --timings", module, err)
	}
	readable := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' {
			return r
		}
		return '-'
	}, module)
	// The hash distinguishes equal readable names, also if file names are case-insensitive.
	hash := sha256.Sum256([]byte(module))
	return filepath.Join(dir, fmt.Sprintf("%.80s-%x.json", strings.TrimLeft(readable, ".-"), hash[:4])), nil
}

func cacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	return filepath.Join(dir, "gotestshard", "timings"), err
}

// Load reads a history. A missing or empty file is an empty history. A file that is
// damaged, has a newer version or is not a history is set aside. The warning reports
// that, or why the file could not be read; the run can go on. The history is nil if the
// file stays unchanged, so that Save could not add to it either.
func Load(file string) (h *History, warning error) {
	s, err := open(file)
	if err != nil {
		return nil, err
	}
	h, err = s.read()
	if !errors.As(err, new(damagedError)) {
		return h, err
	}
	// Read again with the lock: another process may have written a good file.
	unlock, lockErr := s.lock()
	if lockErr != nil {
		return nil, fmt.Errorf("%w; it cannot be set aside: %w", err, lockErr)
	}
	defer unlock()
	return s.readOrSetAside()
}

// Read is like Load but never changes the file. A damaged file is an error.
func Read(file string) (*History, error) {
	s, err := open(file)
	if err != nil {
		return nil, err
	}
	return s.read()
}

// Save merges the run into the file, with what other runs have written there since it was
// loaded, and removes old entries. now is the end of the run. The warning reports what
// could not be read or written, which need not fail the run. The file is then unchanged,
// except for a damaged one that was set aside. A run that recorded nothing writes
// nothing.
func (r *Run) Save(file string, now time.Time) (warning error) {
	s, err := open(file)
	if err != nil {
		return err
	}
	return s.save(r, now)
}

func (s *store) save(r *Run, now time.Time) (warning error) {
	r.mu.Lock()
	empty := len(r.packages) == 0
	r.mu.Unlock()
	if empty {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(s.file), s.dirMode); err != nil {
		return fmt.Errorf("saving the timing history: %w", err)
	}
	unlock, err := s.lock()
	if err != nil {
		return fmt.Errorf("saving the timing history %s: %w", s.file, err)
	}
	defer unlock()
	h, warning := s.readOrSetAside()
	if h == nil {
		return warning
	}
	today := dayOf(now)
	h.merge(r, today)
	h.expire(today)
	if err := s.write(h.encodeWithin(mostTests, mostBytes)); err != nil {
		return errors.Join(warning, fmt.Errorf("saving the timing history: %w", err))
	}
	return warning
}

// store is one file.
type store struct {
	file    string // after following symbolic links
	mode    fs.FileMode
	dirMode fs.FileMode
	wait    time.Duration // for the lock
}

// open resolves name but does not open the file yet.
func open(name string) (*store, error) {
	file, err := followLinks(name)
	if err != nil {
		return nil, fmt.Errorf("finding the timing history %s: %w", name, err)
	}
	s := &store{file: file, mode: 0o644, dirMode: 0o755, wait: lockWait}
	if dir, err := cacheDir(); err == nil && filepath.Dir(filepath.Clean(name)) == dir {
		s.mode, s.dirMode = 0o600, 0o700
	}
	return s, nil
}

// followLinks is filepath.EvalSymlinks for a file that may not exist.
func followLinks(file string) (string, error) {
	for range 40 {
		info, err := os.Lstat(file)
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.Mode()&fs.ModeSymlink == 0 {
			return file, nil
		}
		if err != nil {
			return "", err
		}
		target, err := os.Readlink(file)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(file), target)
		}
		file = target
	}
	return "", errors.New("too many symbolic links")
}

// damagedError is the error for a readable file that is not a history.
type damagedError struct{ error }

func (e damagedError) Unwrap() error { return e.error }

// read returns a damagedError, or another error if the file cannot be read.
func (s *store) read() (*History, error) {
	info, err := os.Stat(s.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return newHistory(), nil
	case err != nil:
		return nil, fmt.Errorf("reading the timing history: %w", err)
	case !info.Mode().IsRegular(): // do not wait for a device or a pipe, or rename it
		return nil, fmt.Errorf("reading the timing history %s: it is not a regular file; name another with --timings", s.file)
	case info.Size() > readLimit:
		return nil, damagedError{fmt.Errorf("the timing history %s has %d MB; the limit is %d MB", s.file, info.Size()>>20, readLimit>>20)}
	}
	text, err := robustio.ReadFile(s.file) // Windows refuses this while another process renames the file
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return newHistory(), nil
	case err != nil:
		return nil, fmt.Errorf("reading the timing history: %w", err)
	case len(text) == 0: // as created by mktemp or touch
		return newHistory(), nil
	}
	h, err := decode(text)
	if err != nil {
		return nil, damagedError{fmt.Errorf("the timing history %s: %w", s.file, err)}
	}
	return h, nil
}

// readOrSetAside needs the lock. The history is nil if the file stays unchanged.
func (s *store) readOrSetAside() (h *History, warning error) {
	h, err := s.read()
	if !errors.As(err, new(damagedError)) {
		return h, err
	}
	aside := s.file + ".damaged-" + time.Now().UTC().Format("20060102T150405.000000000")
	if _, statErr := os.Lstat(aside); statErr == nil {
		return nil, fmt.Errorf("%w; it cannot be set aside: %s exists", err, aside)
	}
	if renameErr := robustio.Rename(s.file, aside); renameErr != nil {
		return nil, fmt.Errorf("%w; it cannot be set aside: %w", err, renameErr)
	}
	return newHistory(), fmt.Errorf("%w; it was set aside as %s, and a new one was started", err, filepath.Base(aside))
}

// write needs the lock, which also reserves the temporary file's name.
func (s *store) write(text []byte) (err error) {
	mode, keep := s.mode, false
	if info, err := os.Stat(s.file); err == nil {
		mode, keep = info.Mode().Perm(), true
	}
	temporary := s.file + ".tmp"
	_ = os.Remove(temporary) // left by a killed process
	out, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temporary)
		}
	}()
	_, err = out.Write(text)
	if keep && err == nil {
		err = out.Chmod(mode) // restores what the umask removed
	}
	if err := errors.Join(err, out.Close()); err != nil {
		return err
	}
	return robustio.Rename(temporary, s.file)
}

// lock waits for the lock, which is a file beside the history. The kernel holds it, so a
// killed process does not block others. The lock's file is removed afterwards, because it
// would be unwanted in a repository.
func (s *store) lock() (unlock func(), err error) {
	name := s.file + ".lock"
	ctx, cancel := context.WithTimeout(context.Background(), s.wait)
	defer cancel()
	for {
		l := flock.New(name, flock.SetPermissions(s.mode))
		_, err := l.TryLockContext(ctx, 5*time.Millisecond)
		if errors.Is(err, context.DeadlineExceeded) {
			return nil, fmt.Errorf("%s was locked by another process for %v", name, s.wait)
		}
		if err != nil {
			return nil, err
		}
		// Its last owner may have removed it while we waited, so that it locks nothing.
		mine, err := l.Stat()
		if err == nil {
			var current fs.FileInfo
			if current, err = os.Stat(name); err == nil && os.SameFile(mine, current) {
				return func() {
					removed := os.Remove(name) == nil
					_ = l.Close()
					if !removed { // Windows removes it only when it is not open in any process
						_ = os.Remove(name)
					}
				}, nil
			}
		}
		_ = l.Close()
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
}
