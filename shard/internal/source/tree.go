// Package source finds the files of a repository that the output of a test run names. The
// testing package names a file without its folder, the compiler by a path relative to the
// working directory, and a panic by the path on the machine that built it.
package source

import (
	"bytes"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// Tree is a repository. Only one goroutine at a time may call its methods.
type Tree struct {
	root    string // with symbolic links resolved
	dir     string // where the go command works, the same
	module  string // around dir, empty for none
	modules []module
	scanned bool
	folders map[string]string // by import path, empty for none
	files   map[string]string // what relative returned, by its argument, empty for an error
	lines   map[string]int    // number of lines of a file, by its path from the root
}

type module struct{ path, dir string }

// mostFolders is the largest number of folders that are searched for modules.
const mostFolders = 20_000

// New returns the repository that contains dir, the folder in which the go command works.
// Its root is the folder above it with a .git, or else workspace, the folder of a CI's
// job, empty for none. A submodule belongs to the repository around it.
func New(dir, workspace string) (*Tree, error) {
	dir, err := real(dir)
	if err != nil {
		return nil, err
	}
	if workspace != "" {
		if resolved, err := real(workspace); err == nil {
			workspace = resolved
		}
	}
	t := &Tree{dir: dir, root: repository(dir, workspace), folders: map[string]string{}, files: map[string]string{}, lines: map[string]int{}}
	for folder := dir; ; folder = filepath.Dir(folder) {
		if m, ok := readModule(folder); ok {
			t.module, t.modules = m.path, append(t.modules, m)
			break
		}
		if folder == filepath.Dir(folder) {
			break
		}
	}
	return t, nil
}

func real(name string) (string, error) {
	name, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(name)
}

func repository(dir, workspace string) string {
	for folder := dir; ; folder = filepath.Dir(folder) {
		if isRepository(folder) {
			return folder
		}
		if folder == workspace || folder == filepath.Dir(folder) {
			break
		}
	}
	if _, ok := within(workspace, dir); ok && workspace != "" {
		return workspace
	}
	return dir
}

// isRepository reports whether a folder is the root of its own repository. In a submodule
// and in an additional work tree, .git is a file.
func isRepository(folder string) bool {
	name := filepath.Join(folder, ".git")
	info, err := os.Stat(name)
	if err != nil || info.IsDir() {
		return err == nil
	}
	text, err := os.ReadFile(name)
	return err == nil && !strings.Contains(filepath.ToSlash(string(text)), "/modules/")
}

// within returns the path of name relative to root, with slashes.
func within(root, name string) (string, bool) {
	relative, err := filepath.Rel(root, name)
	if err != nil || !filepath.IsLocal(relative) {
		return "", false
	}
	return filepath.ToSlash(relative), true
}

func readModule(folder string) (module, bool) {
	text, err := os.ReadFile(filepath.Join(folder, "go.mod"))
	if err != nil {
		return module{}, false
	}
	name := modfile.ModulePath(text)
	return module{name, folder}, name != ""
}

// Folder returns the folder of a package of the repository by its import path: the folder
// of its module plus the rest of the path. Modules are searched for only when needed.
func (t *Tree) Folder(pkg string) (string, bool) {
	folder, ok := t.folders[pkg]
	if !ok {
		folder = t.folderIn(pkg)
		if folder == "" && !t.scanned {
			t.scan()
			folder = t.folderIn(pkg)
		}
		t.folders[pkg] = folder
	}
	return folder, folder != ""
}

func (t *Tree) folderIn(pkg string) string {
	for _, m := range t.modules {
		rest, ok := strings.CutPrefix(pkg, m.path)
		if !ok || rest != "" && rest[0] != '/' || !filepath.IsLocal("."+rest) {
			continue
		}
		folder := filepath.Join(m.dir, filepath.FromSlash(rest))
		if info, err := os.Stat(folder); err == nil && info.IsDir() {
			return folder
		}
	}
	return ""
}

// scan finds the modules of the repository, longest path first.
func (t *Tree) scan() {
	t.scanned = true
	seen := 0
	_ = filepath.WalkDir(t.root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return nil //nolint:nilerr // what cannot be read has no module for us
		}
		if seen++; seen > mostFolders {
			return filepath.SkipAll
		}
		base := entry.Name()
		if name != t.root && (base == "vendor" || base == "node_modules" || base == "testdata" || base[0] == '.' || base[0] == '_') {
			return filepath.SkipDir
		}
		if m, ok := readModule(name); ok && !slices.Contains(t.modules, m) {
			t.modules = append(t.modules, m)
		}
		return nil
	})
	slices.SortStableFunc(t.modules, func(a, b module) int { return len(b.path) - len(a.path) })
}

// relative returns the path of a file relative to the repository's root, if it exists and
// does not belong to a dependency. Many failures name the same file, so it is looked for once.
func (t *Tree) relative(name string) (string, bool) {
	relative, known := t.files[name]
	if !known {
		relative = t.relativeNow(name)
		t.files[name] = relative
	}
	return relative, relative != ""
}

// relativeNow returns an empty path for a file that is not one of the repository.
func (t *Tree) relativeNow(name string) string {
	name, err := filepath.EvalSymlinks(name)
	if err != nil {
		return ""
	}
	relative, ok := within(t.root, name)
	if info, err := os.Stat(name); err != nil || info.IsDir() {
		return ""
	}
	if !ok || strings.Contains("/"+relative, "/vendor/") || strings.Contains("/"+relative, "/pkg/mod/") {
		return ""
	}
	return relative
}

// Shorten returns text with the paths of the repository's files relative to its root, as a
// reader of the repository knows them. A nil Tree changes nothing.
func (t *Tree) Shorten(text string) string {
	if t == nil || filepath.Dir(t.root) == t.root {
		return text
	}
	return strings.ReplaceAll(text, t.root+string(filepath.Separator), "")
}

// Find returns the path, relative to the repository's root and with slashes, of the file
// that the output of a package calls name. pkg is empty for the go command's own output.
func (t *Tree) Find(name, pkg string) (string, bool) {
	name = strings.ReplaceAll(name, "\x00", "")
	var candidates []string
	switch {
	case filepath.IsAbs(name):
		candidates = []string{name}
	case pkg != "" && !strings.ContainsAny(name, `/\`):
		if folder, ok := t.Folder(pkg); ok {
			candidates = []string{filepath.Join(folder, name)}
		}
	default:
		candidates = []string{filepath.Join(t.dir, name), filepath.Join(t.root, name)}
		// With -trimpath a file is named by its package's import path.
		if folder, ok := t.Folder(path.Dir(filepath.ToSlash(name))); ok {
			candidates = append(candidates, filepath.Join(folder, path.Base(filepath.ToSlash(name))))
		}
	}
	for _, candidate := range candidates {
		if relative, ok := t.relative(candidate); ok {
			return relative, true
		}
	}
	return "", false
}

// HasLine reports whether a file that Find returned has a line, counted from 1. An error
// at the end of a file is in the line after its last newline.
func (t *Tree) HasLine(file string, line int) bool {
	lines, ok := t.lines[file]
	if !ok {
		if text, err := os.ReadFile(filepath.Join(t.root, filepath.FromSlash(file))); err == nil {
			lines = 1 + bytes.Count(text, []byte("\n"))
		}
		t.lines[file] = lines
	}
	return 1 <= line && line <= lines
}

// Function returns the position of a function in a package's tests; line is from 1.
func (t *Tree) Function(pkg, name string) (file string, line int, ok bool) {
	folder, ok := t.Folder(pkg)
	if !ok || !token.IsIdentifier(name) {
		return "", 0, false
	}
	files, _ := filepath.Glob(filepath.Join(escapeGlob(folder), "*_test.go"))
	declaration := regexp.MustCompile(`(?m)^func ` + regexp.QuoteMeta(name) + `\s*\(`)
	for _, candidate := range files {
		text, err := os.ReadFile(candidate)
		if err != nil {
			continue
		}
		at := declaration.FindIndex(text)
		if at == nil {
			continue
		}
		if relative, ok := t.relative(candidate); ok {
			return relative, 1 + strings.Count(string(text[:at[0]]), "\n"), true
		}
	}
	return "", 0, false
}

// globEscapes escapes the special characters of a pattern.
var globEscapes = strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `\`, `\\`)

// escapeGlob escapes a folder's name for use in a pattern.
func escapeGlob(folder string) string {
	if filepath.Separator == '\\' {
		return folder // there is no way to escape
	}
	return globEscapes.Replace(folder)
}
