package affected

import (
	"path"
	"slices"
	"strings"
)

// sourceForms are the endings of files that the go command compiles, if they are in the folder
// of a package.
var sourceForms = []string{".go", ".s", ".S", ".sx", ".c", ".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx", ".m", ".f", ".F", ".for", ".f90", ".swig", ".swigcxx", ".syso"}

// included are the endings of files in any folder that C and assembly files include, or that
// #cgo LDFLAGS links with them.
var included = []string{".h", ".hh", ".hpp", ".hxx", ".inc", ".c", ".cc", ".cpp", ".cxx", ".s", ".S", ".a", ".o", ".so", ".dylib", ".lib", ".dll"}

// isSource reports whether the go command compiles files with that name. It does not look at
// names that begin with a dot or an underscore, nor into such folders and testdata.
func isSource(file string) bool {
	if !slices.Contains(sourceForms, path.Ext(file)) && path.Base(file) != "default.pgo" {
		return false
	}
	for element := range strings.SplitSeq(file, "/") {
		if strings.HasPrefix(element, ".") || strings.HasPrefix(element, "_") || element == "testdata" {
			return false
		}
	}
	return true
}

// within reports whether a path is a folder or in it.
func within(file, dir string) bool {
	return dir == "." || file == dir || strings.HasPrefix(file, dir+"/")
}

// dirOf returns the folder of a path, "." for the root.
func dirOf(file string) string { return path.Dir(file) }

// testdataOf returns the folder that the first testdata folder of a path is in.
func testdataOf(file string) (dir string, ok bool) {
	elements := strings.Split(file, "/")
	i := slices.Index(elements[:len(elements)-1], "testdata")
	if i < 0 {
		return "", false
	}
	return path.Join(".", path.Join(elements[:i]...)), true
}

// matches reports whether a pattern of go:embed in a folder can mean a file.
func matches(pattern, dir, file string) bool {
	if dir != "." && !strings.HasPrefix(file, dir+"/") {
		return false
	}
	rest := file
	if dir != "." {
		rest = strings.TrimPrefix(file, dir+"/")
	}
	pattern = strings.TrimPrefix(pattern, "all:")
	for at := rest; at != "."; at = path.Dir(at) {
		if ok, _ := path.Match(pattern, at); ok {
			return true
		}
	}
	return pattern == "."
}

// isDocument reports whether a file at a root is for people, or for tools that change no
// test: its content is nothing that a test depends on without reading it.
func isDocument(file string) bool {
	base := path.Base(file)
	if path.Ext(base) == ".md" {
		return true
	}
	return slices.Contains([]string{"LICENSE", "LICENSE.txt", "COPYING", "NOTICE", "AUTHORS", "CONTRIBUTORS", "CODEOWNERS", "README", "CHANGELOG",
		".gitignore", ".gitattributes", ".editorconfig", ".mailmap"}, base)
}

// isAtRoot reports whether a file is in the folder of the repository or a module itself, or in
// one of the folders there whose names begin with a dot, which configure tools.
func (f Facts) isAtRoot(file string) bool {
	dir := dirOf(file)
	if dir == "." || slices.Contains(f.Roots, dir) {
		return true
	}
	return strings.HasPrefix(file, ".")
}

// Configuration is the name of the file that changes how all tests run.
const Configuration = ".gotestshard.toml"

// decisive returns why a changed file concerns all packages. The contents of go.mod and the
// like are compared before (Modules).
func decisive(c Change) string {
	switch base := path.Base(c.Path); {
	case base == Configuration:
		return c.Path + " " + c.verb()
	case base == "go.work":
		return c.Path + " " + c.verb()
	case base == "go.mod" && c.Kind != Modified:
		return c.Path + " " + c.verb() + ", which changes what belongs to a module"
	}
	return ""
}

// isModuleFile reports whether the content of a file decides on versions of modules
// of a module that is tested.
func (f Facts) isModuleFile(file string) bool {
	dir, base := path.Split(file)
	switch base {
	case "go.mod", "go.sum":
		return slices.Contains(f.Roots, path.Clean(dir))
	case "go.work.sum":
		return true
	}
	return file == "vendor/modules.txt" || strings.HasSuffix(file, "/vendor/modules.txt")
}

// verb is what happened to a file.
func (c Change) verb() string {
	switch c.Kind {
	case Added:
		return "is new"
	case Removed:
		return "is gone"
	}
	return "changed"
}
