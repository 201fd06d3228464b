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
	readLimit = 64 << 20 // bytes: also of a file that was indented by hand
)

// DefaultFile is the history of a module, or of those of a workspace, by their
// paths, in the user's cache directory. It is an error when there is no such
// directory.
func DefaultFile(modules []string) (string, error) {
	module := strings.Join(modules, " ") // no path has a blank
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
	// The hash tells apart what reads the same, also where a file's name has no case.
	hash := sha256.Sum256([]byte(module))
	return filepath.Join(dir, fmt.Sprintf("%.80s-%x.json", strings.TrimLeft(readable, ".-"), hash[:4])), nil
}

func cacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	return filepath.Join(dir, "gotestshard", "timings"), err
}

// Load reads a history. Without a file, or with an empty one, nothing is known. A
// file that is no history, damaged or of a newer version is set aside; the warning
// says so, or why the file could not be read. It is no reason not to run. The history
// is nil if the file stays what it is, to which Save could add nothing either.
func Load(file string) (h *History, warning error) {
	s, err := open(file)
	if err != nil {
		return nil, err
	}
	h, err = s.read()
	if !errors.As(err, new(damagedError)) {
		return h, err
	}
	// Read again under the lock: somebody may have put a good file there since.
	unlock, lockErr := s.lock()
	if lockErr != nil {
		return nil, fmt.Errorf("%w; it cannot be set aside: %w", err, lockErr)
	}
	defer unlock()
	return s.readOrSetAside()
}

// Read is Load for a file that stays as it is, also when it is damaged: that is an
// error then.
func Read(file string) (*History, error) {
	s, err := open(file)
	if err != nil {
		return nil, err
	}
	return s.read()
}

// Save merges the run into the file, with what other runs wrote there since it
// was loaded, and forgets what is old. now is when the run ended. The warning
// says what could not be read or written, which is no reason to fail; the file
// is then as it was, but for a damaged one that was set aside. Nothing is
// written for a run that recorded nothing.
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
	file    string // where symbolic links lead
	mode    fs.FileMode
	dirMode fs.FileMode
	wait    time.Duration // for the lock
}

// open opens nothing yet.
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

// followLinks is filepath.EvalSymlinks for a file that need not exist.
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

// damagedError is of a file that can be read but is no history.
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
	case !info.Mode().IsRegular(): // a device or a pipe is neither waited for nor renamed
		return nil, fmt.Errorf("reading the timing history %s: it is not a regular file; name another with --timings", s.file)
	case info.Size() > readLimit:
		return nil, damagedError{fmt.Errorf("the timing history %s has %d MB; the limit is %d MB", s.file, info.Size()>>20, readLimit>>20)}
	}
	text, err := robustio.ReadFile(s.file) // Windows refuses while another process renames
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return newHistory(), nil
	case err != nil:
		return nil, fmt.Errorf("reading the timing history: %w", err)
	case len(text) == 0: // what mktemp or touch made
		return newHistory(), nil
	}
	h, err := decode(text)
	if err != nil {
		return nil, damagedError{fmt.Errorf("the timing history %s: %w", s.file, err)}
	}
	return h, nil
}

// readOrSetAside needs the lock. The history is nil if the file stays what it is.
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

// write needs the lock, which makes the temporary file's name ours.
func (s *store) write(text []byte) (err error) {
	mode, keep := s.mode, false
	if info, err := os.Stat(s.file); err == nil {
		mode, keep = info.Mode().Perm(), true
	}
	temporary := s.file + ".tmp"
	_ = os.Remove(temporary) // of a process that was killed
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
		err = out.Chmod(mode) // what the umask took away
	}
	if err := errors.Join(err, out.Close()); err != nil {
		return err
	}
	return robustio.Rename(temporary, s.file)
}

// lock waits for the lock of the file, a file beside it. It is the kernel's, so
// that one of a process that was killed does not block. The lock's file is removed
// with the lock: nobody wants it in a repository.
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
		// Its last owner may have removed it while we waited: then it locks nothing.
		mine, err := l.Stat()
		if err == nil {
			var current fs.FileInfo
			if current, err = os.Stat(name); err == nil && os.SameFile(mine, current) {
				return func() {
					removed := os.Remove(name) == nil
					_ = l.Close()
					if !removed { // Windows removes it only when nobody has it open
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
