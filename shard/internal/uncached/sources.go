package uncached

import (
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// sourceOf returns a hash of the source files in the folder of a package, empty if it is not known. The
// compiler's output of a package also changes with those that it imports; this tells which was edited.
func (w *Watch) sourceOf(path string, now current) string {
	tested := path == now.pkg || path == now.pkg+"_test"
	if path == now.pkg+"_test" {
		path = now.pkg
	}
	rel, ok := strings.CutPrefix(path+"/", now.module+"/")
	if !ok || now.root == "" {
		return ""
	}
	dir := filepath.Join(now.root, filepath.FromSlash(rel))
	key := dir
	if tested {
		key += "\ntests"
	}
	w.mu.Lock()
	known, ok := w.sources[key]
	w.mu.Unlock()
	if ok {
		return known
	}
	hash := hashSources(dir, tested)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sources[key] = hash
	return hash
}

// sourceForms are the endings of source files. Others can be part of a package only by go:embed.
var sourceForms = []string{".go", ".s", ".S", ".c", ".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".m", ".f", ".swig", ".syso"}

func hashSources(dir string, tests bool) string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return ""
	}
	hash := sha256.New()
	for _, entry := range entries {
		name := entry.Name()
		if !slices.Contains(sourceForms, filepath.Ext(name)) || !tests && strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			return ""
		}
		_, _ = io.WriteString(hash, name+"\x00")
		_, err = io.Copy(hash, file)
		_ = file.Close()
		if err != nil {
			return ""
		}
	}
	return string(hash.Sum(nil)[:8])
}
