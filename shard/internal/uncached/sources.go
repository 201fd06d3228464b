package uncached

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// sourceOf returns a hash of the source files in the folder of a package and of what they embed, empty if it is not known. The
// compiler's output of a package also changes with those that it imports; this tells which was edited.
func (w *Watch) sourceOf(path string, now current) string {
	tested := path == now.pkg || path == now.pkg+"_test"
	if path == now.pkg+"_test" {
		path = now.pkg
	}
	dir := w.surroundings(now.root).dirOf(path)
	if now.root == "" || dir == "" {
		return ""
	}
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

// surroundings returns those of a module in a folder.
func (w *Watch) surroundings(root string) surroundings {
	w.mu.Lock()
	defer w.mu.Unlock()
	around, ok := w.around[root]
	if !ok {
		around = surroundingsOf(root, w.env["GOWORK"])
		w.around[root] = around
	}
	return around
}

// sourceForms are the endings of source files. Others can be part of a package only by go:embed.
var sourceForms = []string{".go", ".s", ".S", ".c", ".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".m", ".f", ".swig", ".syso"}

func hashSources(dir string, tests bool) string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return ""
	}
	hash := sha256.New()
	var embedded []string
	for _, entry := range entries {
		name := entry.Name()
		if !slices.Contains(sourceForms, filepath.Ext(name)) || !tests && strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return ""
		}
		_, _ = fmt.Fprintf(hash, "%s\x00%s", name, text)
		embedded = append(embedded, embedPatterns(text)...)
	}
	if !hashEmbedded(hash, dir, embedded) {
		return ""
	}
	return string(hash.Sum(nil)[:8])
}

// embedPatterns returns the patterns of go:embed in a Go file (go/build, parseGoEmbed).
func embedPatterns(text []byte) (patterns []string) {
	const directive = "//go:embed "
	if !bytes.Contains(text, []byte(directive)) {
		return nil
	}
	for line := range strings.Lines(string(text)) {
		rest, ok := strings.CutPrefix(line, directive)
		for rest = strings.TrimSpace(rest); ok && rest != ""; rest = strings.TrimSpace(rest) {
			quoted, err := strconv.QuotedPrefix(rest)
			if err != nil {
				pattern, after, _ := strings.Cut(rest, " ")
				patterns, rest = append(patterns, pattern), after
				continue
			}
			pattern, _ := strconv.Unquote(quoted)
			patterns, rest = append(patterns, pattern), rest[len(quoted):]
		}
	}
	return patterns
}

// hashEmbedded adds what the patterns of go:embed in a folder match. It reports whether it
// could, and whether that was not too much.
func hashEmbedded(hash io.Writer, dir string, patterns []string) bool {
	left := int64(mostHashed)
	for _, pattern := range patterns {
		found, _ := filepath.Glob(filepath.Join(dir, filepath.FromSlash(strings.TrimPrefix(pattern, "all:"))))
		for _, name := range found {
			err := filepath.WalkDir(name, func(path string, entry fs.DirEntry, err error) error {
				if err != nil || !entry.Type().IsRegular() {
					return err
				}
				file, err := os.Open(path)
				if err != nil {
					return err
				}
				defer func() { _ = file.Close() }()
				_, _ = io.WriteString(hash, path+"\x00")
				n, err := io.Copy(hash, file)
				if left -= n; left < 0 {
					return fs.SkipAll
				}
				return err
			})
			if err != nil || left < 0 {
				return false
			}
		}
	}
	return true
}
