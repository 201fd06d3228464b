package watch

import (
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// maxDepth is the maximum depth of a folder below its root.
const maxDepth = 7

// root is one of the patterns of what to watch.
type root struct {
	dir       string // clean
	recursive bool   // the pattern ended in /...
}

// parseRoots parses patterns such as ./a and ./a/... . Without patterns, it is ./... .
func parseRoots(patterns []string) []root {
	if len(patterns) == 0 {
		patterns = []string{"./..."}
	}
	var roots []root
	for _, pattern := range patterns {
		dir, recursive := strings.CutSuffix(pattern, "/...")
		roots = append(roots, root{filepath.Clean(dir), recursive})
	}
	return roots
}

// folders are the folders found on disk.
type folders struct {
	packages []string // with a .go file, or named without /...
	parents  []string // those above them, where new folders can appear
}

// find finds the folders to watch. The rules are gotestsum's. warn is called for folders
// that cannot be read, which are left out.
func find(roots []root, warn func(path string, err error)) folders {
	packages, parents := map[string]bool{}, map[string]bool{}
	for _, root := range roots {
		if !root.recursive {
			packages[root.dir] = true
			continue
		}
		parents[root.dir] = true
		for dir := range root.below(warn) {
			packages[dir] = true
			for dir != root.dir {
				dir = filepath.Dir(dir)
				parents[dir] = true
			}
		}
	}
	maps.DeleteFunc(parents, func(dir string, _ bool) bool { return packages[dir] })
	return folders{packages: slices.Sorted(maps.Keys(packages)), parents: slices.Sorted(maps.Keys(parents))}
}

// below returns the folders of a recursive root that have a .go file.
func (r root) below(warn func(path string, err error)) map[string]bool {
	dirs := map[string]bool{}
	_ = filepath.WalkDir(r.dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			warn(path, err)
		case entry.IsDir() && path != r.dir && !r.allows(path):
			return filepath.SkipDir
		case !entry.IsDir() && strings.HasSuffix(path, ".go"):
			dirs[filepath.Dir(path)] = true
		}
		return nil
	})
	return dirs
}

// allows reports whether a folder whose parent is watched may be watched too.
func (r root) allows(path string) bool {
	if !r.recursive {
		return false
	}
	below, err := filepath.Rel(r.dir, path)
	if err != nil || below == ".." || strings.HasPrefix(below, ".."+string(filepath.Separator)) {
		return false
	}
	return depth(path) <= depth(r.dir)+maxDepth && !excluded(path)
}

func depth(path string) int {
	return strings.Count(filepath.Clean(path), string(filepath.Separator))
}

// excluded reports whether the go command ignores a folder.
func excluded(path string) bool {
	base := filepath.Base(path)
	return strings.HasPrefix(base, ".") || base == "vendor" || base == "testdata"
}

// isGoFile reports whether go test uses the file. A file whose name begins with a dot is
// an editor's temporary file.
func isGoFile(path string) bool {
	return strings.HasSuffix(path, ".go") && !strings.HasPrefix(filepath.Base(path), ".")
}

// packageOf returns the argument for go test that stands for the folder of a file, in
// gotestsum's form.
func packageOf(file string) string {
	dir := filepath.Dir(file)
	if filepath.IsAbs(dir) {
		return dir
	}
	return "./" + dir
}
