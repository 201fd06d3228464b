package kept

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/result"
)

// running begins the name of a file that is not complete.
const running = ".running-"

// abandoned is after how long without a write such a file is left over from a killed run.
const abandoned = 7 * 24 * time.Hour

// File is the file of a run that is going on. Several goroutines may call its methods.
type File struct {
	folder Folder
	file   *os.File
	most   int64 // bytes

	mu   sync.Mutex
	size int64
	err  error
}

// Create creates a file. Keep or Discard must be called.
func (f Folder) Create() (*File, error) {
	var file *os.File
	var err error
	for range 2 { // another run may remove an empty folder
		if err = os.MkdirAll(f.dir, 0o700); err != nil {
			break
		}
		if file, err = os.CreateTemp(f.dir, running+"*"); err == nil { // with mode 0600
			return &File{folder: f, file: file, most: MostFileSize}, nil
		}
	}
	return nil, err
}

// Write never fails, because nothing that concerns the file may end a run. Keep returns
// the error.
func (f *File) Write(text []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.size += int64(len(text))
	switch {
	case f.err != nil:
	case f.size > f.most:
		f.fail(fmt.Errorf("its result is larger than %d MB", f.most>>20))
	default:
		if _, err := f.file.Write(text); err != nil {
			f.fail(err)
		}
	}
	return len(text), nil
}

// Fail gives up the file because of err, which Keep returns.
func (f *File) Fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail(err)
}

// fail is Fail. f.mu is held.
func (f *File) fail(err error) {
	if f.err == nil {
		f.err = err
		_ = f.file.Truncate(0) // so that it does not keep the disk full
	}
}

// Keep makes the file the last one of its module, and removes old ones.
func (f *File) Keep() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	err := errors.Join(f.err, f.file.Close())
	if err == nil {
		err = f.rename()
	}
	if err != nil {
		_ = os.Remove(f.file.Name())
		return err
	}
	f.folder.removeOld()
	return nil
}

func (f *File) rename() error {
	names, err := f.folder.names()
	if err != nil {
		return err
	}
	next := 1
	if len(names) > 0 {
		next = number(names[len(names)-1]) + 1
	}
	unique := strings.TrimPrefix(filepath.Base(f.file.Name()), running) // two runs may end at the same time
	return os.Rename(f.file.Name(), filepath.Join(f.folder.dir, fmt.Sprintf("%08d-%s%s", next, unique, result.Extension)))
}

// Discard removes the file.
func (f *File) Discard() { _, _ = f.file.Close(), os.Remove(f.file.Name()) }

// removeOld removes what is more than is to be kept. A file that cannot be removed stays
// for the next run.
func (f Folder) removeOld() {
	if names, err := f.names(); err == nil && len(names) > MostRuns {
		for _, name := range names[:len(names)-MostRuns] {
			_ = os.Remove(filepath.Join(f.dir, name))
		}
	}
	removeOldModules(filepath.Dir(f.dir), mostModules, mostBytes, time.Now())
}

// removeOldModules removes the files of all modules except the last ones, and the oldest
// files if all of them together are too large.
func removeOldModules(cache string, modules int, bytes int64, now time.Time) {
	type file struct {
		name   string
		info   fs.FileInfo
		module string
	}
	var files []file
	folders, _ := os.ReadDir(cache) // what cannot be read cannot be removed either
	folders = slices.DeleteFunc(folders, func(entry fs.DirEntry) bool { return !entry.IsDir() })
	for _, folder := range folders {
		entries, _ := os.ReadDir(filepath.Join(cache, folder.Name()))
		for _, entry := range entries {
			name := filepath.Join(cache, folder.Name(), entry.Name())
			info, err := entry.Info()
			switch {
			case err != nil:
			case isKept(entry):
				files = append(files, file{name, info, folder.Name()})
			case strings.HasPrefix(entry.Name(), running) && now.Sub(info.ModTime()) > abandoned:
				_ = os.Remove(name)
			}
		}
	}
	slices.SortFunc(files, func(a, b file) int {
		return cmp.Or(b.info.ModTime().Compare(a.info.ModTime()), number(filepath.Base(b.name))-number(filepath.Base(a.name)))
	})
	seen := map[string]bool{}
	for i, file := range files {
		if bytes -= file.info.Size(); i > 0 && bytes < 0 || !seen[file.module] && len(seen) == modules {
			_ = os.Remove(file.name)
			continue
		}
		seen[file.module] = true
	}
	for _, folder := range folders {
		if !seen[folder.Name()] {
			_ = os.Remove(filepath.Join(cache, folder.Name())) // succeeds only if it is empty
		}
	}
}
