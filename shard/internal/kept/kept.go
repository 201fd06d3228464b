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

// Of returns the folder for the module that contains a working directory: the nearest
// folder in or above it with a go.mod or a go.work. The go command is not needed, since
// only one folder has to be chosen, always the same.
func Of(dir string) (Folder, error) {
	root, err := rootOf(dir)
	if err != nil {
		return Folder{}, fmt.Errorf("finding the module of %s: %w", dir, err)
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

func rootOf(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return "", err
	}
	for at := dir; ; at = filepath.Dir(at) {
		for _, name := range []string{"go.mod", "go.work"} {
			if info, err := os.Stat(filepath.Join(at, name)); err == nil && info.Mode().IsRegular() {
				return at, nil
			}
		}
		if at == filepath.Dir(at) {
			return dir, nil
		}
	}
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
