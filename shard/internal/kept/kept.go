// Package kept keeps the result files of the last runs of each module in the user's cache
// directory, for gotestshard last. Only the user can read them.
//
//	gotestshard/last/MODULE-HASH/NUMBER-RANDOM.gotestshard
//
// A file is written under another name and renamed when it is complete. Each run has its
// own name, so runs at the same time do not disturb each other.
package kept

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/result"
)

// How much is kept.
const (
	MostRuns     = 10        // of a module
	mostModules  = 50        // of all that were ever tested
	mostBytes    = 1 << 30   // of all files together
	MostFileSize = 256 << 20 // of one file, compressed; a larger one is not kept
)

// Folder is where the runs of a module are kept.
type Folder struct {
	// Root is the folder of the module or workspace, or the working directory if there is
	// neither. It is absolute and contains no links.
	Root string
	dir  string
}

// Of returns the folder for the module that contains a working directory.
func Of(dir string) (Folder, error) {
	root, _, err := Root(dir)
	if err != nil {
		return Folder{}, err
	}
	cache, err := cacheDir()
	if err != nil {
		return Folder{}, fmt.Errorf("finding the user's cache directory: %w", err)
	}
	readable := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' {
			return r
		}
		return '-'
	}, filepath.Base(root))
	hash := sha256.Sum256([]byte(root))
	return Folder{Root: root, dir: filepath.Join(cache, fmt.Sprintf("%.40s-%x", strings.TrimLeft(readable, ".-"), hash[:8]))}, nil
}

func cacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	return filepath.Join(dir, "gotestshard", "last"), err
}

// Root returns the folder of the module or workspace that contains a working directory:
// the nearest folder in or above it with a go.mod or a go.work, or the folder itself. It
// does not need the go command, because it only has to be the same each time. within is
// the path from there to the working directory, with slashes and empty for none.
func Root(dir string) (root, within string, err error) {
	path, err := filepath.Abs(dir)
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return "", "", fmt.Errorf("finding the module of %s: %w", dir, err)
	}
	root = path
	for at := path; ; at = filepath.Dir(at) {
		if isFile(filepath.Join(at, "go.mod")) || isFile(filepath.Join(at, "go.work")) {
			root = at
			break
		}
		if at == filepath.Dir(at) {
			break
		}
	}
	if path == root {
		return root, "", nil
	}
	within, err = filepath.Rel(root, path)
	return root, filepath.ToSlash(within), err
}

// Within returns a folder in that of a module in which a run was started, empty for the working
// directory.
func Within(root, within string) (string, error) {
	dir := filepath.Join(root, filepath.FromSlash(within))
	info, err := os.Stat(dir)
	if err != nil {
		return "", fmt.Errorf("finding the folder of the run: %w", err)
	}
	if here, err := os.Stat("."); err == nil && os.SameFile(here, info) {
		return "", nil
	}
	return dir, nil
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// Last returns the file of the last run, or an error that wraps fs.ErrNotExist.
func (f Folder) Last() (string, error) {
	names, err := f.names()
	if err != nil {
		return "", err
	}
	if len(names) == 0 {
		return "", fmt.Errorf("%s: %w", f.dir, fs.ErrNotExist)
	}
	return filepath.Join(f.dir, names[len(names)-1]), nil
}

// All returns the files of all kept runs, the oldest first.
func (f Folder) All() ([]string, error) {
	names, err := f.names()
	for i, name := range names {
		names[i] = filepath.Join(f.dir, name)
	}
	return names, err
}

// names returns the names of the complete files in order.
func (f Folder) names() ([]string, error) {
	entries, err := os.ReadDir(f.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("looking for kept runs: %w", err)
	}
	var names []string
	for _, entry := range entries {
		if isKept(entry) {
			names = append(names, entry.Name())
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		if n := number(a) - number(b); n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	return names, nil
}

func isKept(entry fs.DirEntry) bool {
	return entry.Type().IsRegular() && strings.HasSuffix(entry.Name(), result.Extension) && number(entry.Name()) > 0
}

// number returns the number of a run, which increases from run to run, or 0. A clock may
// be set back, a number is not.
func number(name string) (n int) {
	_, _ = fmt.Sscanf(name, "%d-", &n) // otherwise it is another file
	return n
}
