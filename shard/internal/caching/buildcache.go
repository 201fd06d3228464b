package caching

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// buildCache is the go command's build cache (cmd/go/internal/cache).
type buildCache struct{ dir string }

// sinceName is a file in the build cache: since when its use shows. The go command leaves files
// there alone that it does not know.
const sinceName = "gotestshard-since.txt"

// The go command sets the time of an entry that it uses only if it is more than an hour old. So at
// the beginning all entries are made unusedAge old, and what is at most usedAge older than that
// moment was used since. The hour between them is for clocks of two machines that differ.
const (
	unusedAge = 2 * time.Hour
	usedAge   = time.Hour
)

// begin makes the use of entries show from now on. It does nothing if it shows already.
func (c buildCache) begin(now time.Time) error {
	if since, err := c.since(); err != nil || !since.IsZero() {
		return err
	}
	entries, err := c.entries()
	if err != nil {
		return err
	}
	return c.age(entries, now)
}

// age makes entries look unused, and notes when that was.
func (c buildCache) age(entries []cacheEntry, now time.Time) error {
	unused := now.Add(-unusedAge)
	for _, entry := range entries {
		if entry.used.After(unused) {
			if err := os.Chtimes(c.path(entry.name), unused, unused); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("setting the time of an entry of the build cache: %w", err)
			}
		}
	}
	if err := os.MkdirAll(c.dir, 0o777); err != nil {
		return fmt.Errorf("making the folder of the build cache: %w", err)
	}
	if err := os.WriteFile(filepath.Join(c.dir, sinceName), []byte(strconv.FormatInt(now.Unix(), 10)+"\n"), 0o666); err != nil {
		return fmt.Errorf("noting in the build cache when the run began: %w", err)
	}
	return nil
}

// since returns since when use shows, zero if it does not.
func (c buildCache) since() (time.Time, error) {
	text, err := os.ReadFile(filepath.Join(c.dir, sinceName))
	if errors.Is(err, fs.ErrNotExist) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("reading when the run began: %w", err)
	}
	seconds, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return time.Time{}, nil //nolint:nilerr // it was cut off, and the next one is whole
	}
	return time.Unix(seconds, 0), nil
}

// cacheEntry is a file of the build cache, or a folder with an executable in it.
type cacheEntry struct {
	name string // relative to the cache
	used time.Time
	size int64 // in bytes
}

// path returns the path of an entry.
func (c buildCache) path(name string) string { return filepath.Join(c.dir, name) }

// The ends of the names of entries: what an action made, by the action, and its data, by their hash.
const (
	actionEnd = "-a"
	dataEnd   = "-d"
)

// entries returns all entries. What goes meanwhile is none.
func (c buildCache) entries() (entries []cacheEntry, err error) {
	for i := range 256 {
		sub := fmt.Sprintf("%02x", i)
		files, err := os.ReadDir(c.path(sub))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("reading the build cache: %w", err)
		}
		for _, file := range files {
			if !strings.HasSuffix(file.Name(), actionEnd) && !strings.HasSuffix(file.Name(), dataEnd) {
				continue
			}
			info, err := file.Info()
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("reading the build cache: %w", err)
			}
			name := filepath.Join(sub, file.Name())
			size := info.Size()
			if info.IsDir() {
				size = c.sizeIn(name)
			}
			entries = append(entries, cacheEntry{name, info.ModTime(), size})
		}
	}
	return entries, nil
}

// sizeIn returns the size of the files in a folder.
func (c buildCache) sizeIn(name string) (size int64) {
	files, _ := os.ReadDir(c.path(name)) // one that is gone has no size
	for _, file := range files {
		if info, err := file.Info(); err == nil {
			size += info.Size()
		}
	}
	return size
}
