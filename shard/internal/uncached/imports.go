package uncached

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// causes returns the paths of changed packages and modules, without packages that import another
// changed one: the compiler's output of these changes too, whether or not their source does.
func (now current) causes(changed []part) (paths []string) {
	for _, p := range changed {
		paths = append(paths, p.path)
	}
	const most = 100 // so many do not change by an edit
	if len(paths) > most {
		return paths
	}
	var first []string
	for _, path := range paths {
		imports := now.imports(path)
		if !slices.ContainsFunc(paths, func(other string) bool { return other != path && slices.Contains(imports, other) }) {
			first = append(first, path)
		}
	}
	if len(first) == 0 { // a package and its external tests, which it imports by another package
		return paths
	}
	return first
}

// imports returns what the files of a package of the main module import, nothing if they cannot be
// read.
func (now current) imports(path string) (imports []string) {
	external := path == now.pkg+"_test"
	rel := strings.TrimPrefix(strings.TrimPrefix(path, now.module), "/")
	if external {
		rel = strings.TrimPrefix(strings.TrimPrefix(now.pkg, now.module), "/")
	}
	if now.root == "" || rel == path {
		return nil
	}
	dir := filepath.Join(now.root, filepath.FromSlash(rel))
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		isTest := strings.HasSuffix(entry.Name(), "_test.go")
		if !strings.HasSuffix(entry.Name(), ".go") || isTest && path != now.pkg && !external || external && !isTest {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, entry.Name()), nil, parser.ImportsOnly)
		if err != nil || isTest && strings.HasSuffix(file.Name.Name, "_test") != external {
			continue
		}
		for _, spec := range file.Imports {
			if name, err := strconv.Unquote(spec.Path.Value); err == nil {
				imports = append(imports, name)
			}
		}
	}
	return imports
}
