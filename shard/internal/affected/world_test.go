package affected

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// world is a repository with one module, as far as the result of a package depends on it.
type world struct {
	files    map[string]file
	versions map[string]string // in go.mod, by module
}

// file is a file with what the go command or a test takes from it.
type file struct {
	text     string
	imports  []string // folders, or modules with a colon in front
	tag      string   // of the build: linux is on
	embeds   []string
	reads    []reading // of a test
	external bool      // it is in the package of external tests
	includes string    // of an assembly file
}

// reading is something that a test does.
type reading struct {
	how  string // file, list, follow (a file with the name of another) or program (unseen)
	path string
}

func (f file) identity() string { return fmt.Sprintf("%+v", f) }

func (w world) clone() world { return world{maps.Clone(w.files), maps.Clone(w.versions)} }

// in returns the files of a folder that are built there, sorted: Go files and assembly.
func (w world) in(dir string, test func(name string, f file) bool) (names []string) {
	for name, f := range w.files {
		form := path.Ext(name)
		if path.Dir(name) == dir && (form == ".go" || form == ".s") && (f.tag == "" || f.tag == "linux") && !strings.HasSuffix(name, "_windows.go") && test(name, f) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func isTest(name string, _ file) bool     { return strings.HasSuffix(name, "_test.go") }
func isCode(name string, f file) bool     { return !isTest(name, f) }
func isInternal(name string, f file) bool { return isTest(name, f) && !f.external }
func isExternal(name string, f file) bool { return isTest(name, f) && f.external }
func (w world) isPackage(dir string) bool { return w.has(dir, isCode) || w.has(dir, isTest) }
func (w world) exists(name string) bool {
	return w.holds(func(f string) bool { return within(f, name) })
}
func (w world) holds(f func(string) bool) bool {
	for name := range w.files {
		if f(name) {
			return true
		}
	}
	return false
}

func (w world) has(dir string, test func(string, file) bool) bool {
	return slices.ContainsFunc(w.in(dir, test), func(name string) bool { return path.Ext(name) == ".go" })
}

// packages returns the folders with Go files.
func (w world) packages() []string {
	dirs := map[string]bool{}
	for name := range w.files {
		if dir := path.Dir(name); path.Ext(name) == ".go" && w.isPackage(dir) {
			dirs[dir] = true
		}
	}
	return slices.Sorted(maps.Keys(dirs))
}

// embedded returns what a pattern in a folder matches.
func (w world) embedded(dir, pattern string) (names []string) {
	for name := range w.files {
		if matches(pattern, dir, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// entries returns the names in a folder.
func (w world) entries(dir string) []string {
	names := map[string]bool{}
	for name := range w.files {
		if within(name, dir) && name != dir {
			entry, _, _ := strings.Cut(strings.TrimPrefix(name, strings.TrimPrefix(dir+"/", "./")), "/")
			names[entry] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// source is everything that the test binary of a package is built from: the oracle.
func (w world) source(dir string) string {
	var b strings.Builder
	seen := map[string]bool{}
	var add func(dir string, files []string)
	add = func(dir string, files []string) {
		for _, name := range files {
			f := w.files[name]
			fmt.Fprintln(&b, name, f.identity(), w.files[f.includes].text)
			for _, pattern := range f.embeds {
				for _, name := range w.embedded(dir, pattern) {
					fmt.Fprintln(&b, "embed", name, w.files[name].text)
				}
			}
			for _, imported := range f.imports {
				if module, ok := strings.CutPrefix(imported, ":"); ok {
					fmt.Fprintln(&b, "version", module, w.versions[module])
				} else if !seen[imported] {
					seen[imported] = true
					fmt.Fprintln(&b, "package", imported, w.has(imported, isCode))
					add(imported, w.in(imported, isCode))
				}
			}
		}
	}
	add(dir, w.in(dir, func(string, file) bool { return true }))
	return b.String()
}

// run runs the tests of a package: the oracle. It returns the result and what was seen to be read.
func (w world) run(dir string) (result string, reads []Read, programs []string) {
	var b strings.Builder
	b.WriteString(w.source(dir))
	read := func(name string) string {
		reads = append(reads, Read{Path: name})
		if f, ok := w.files[name]; ok {
			return f.text
		}
		return fmt.Sprint("missing, folder ", w.exists(name))
	}
	for _, name := range w.in(dir, isTest) {
		for _, r := range w.files[name].reads {
			switch r.how {
			case "file":
				fmt.Fprintln(&b, r, read(r.path))
			case "follow":
				to := read(r.path)
				fmt.Fprintln(&b, r, to, read(path.Join("data", to)))
			case "list":
				reads = append(reads, Read{Path: r.path, Listed: true})
				fmt.Fprintln(&b, r, w.entries(r.path))
			case "program":
				programs = []string{"git"}
				fmt.Fprintln(&b, r, w.files[r.path].text)
			}
		}
	}
	return b.String(), reads, programs
}

const modulePrefix = "example.com/m/"

// graph returns what go list -deps -test prints for the module.
func (w world) graph() (nodes []Node, packages []Package) {
	for _, module := range slices.Sorted(maps.Keys(w.versions)) {
		nodes = append(nodes, Node{ID: module + "/p", Package: module + "/p", Module: module})
	}
	var broken []string
	id := func(imported string) string {
		if module, ok := strings.CutPrefix(imported, ":"); ok {
			return module + "/p"
		}
		if !w.has(imported, isCode) && !slices.Contains(broken, imported) {
			broken = append(broken, imported)
		}
		return modulePrefix + imported
	}
	node := func(name, dir string, files []string) Node {
		n := Node{ID: name, Package: modulePrefix + dir, Dir: dir, Module: "example.com/m"}
		for _, file := range files {
			f := w.files[file]
			n.Files, n.Native = append(n.Files, file), n.Native || path.Ext(file) == ".s"
			for _, pattern := range f.embeds {
				n.Embeds, n.Files = append(n.Embeds, pattern), append(n.Files, w.embedded(dir, pattern)...)
			}
			for _, imported := range f.imports {
				n.Imports = append(n.Imports, id(imported))
			}
		}
		return n
	}
	for _, dir := range w.packages() {
		pkg := Package{Path: modulePrefix + dir, Node: modulePrefix + dir, Dir: dir}
		if w.has(dir, isCode) {
			nodes = append(nodes, node(pkg.Path, dir, w.in(dir, isCode)))
		}
		if w.has(dir, isTest) {
			pkg.Node, pkg.Tests = pkg.Path+".test", true
			nodes = append(nodes, w.test(pkg, node)...)
		}
		packages = append(packages, pkg)
	}
	for _, dir := range broken {
		nodes = append(nodes, Node{ID: modulePrefix + dir, Package: modulePrefix + dir, Broken: "it is gone"})
	}
	return nodes, packages
}

// test returns the nodes of a test binary, with the packages that are compiled again for it.
func (w world) test(pkg Package, node func(name, dir string, files []string) Node) (nodes []Node) {
	suffix := " [" + pkg.Node + "]"
	binary := Node{ID: pkg.Node, Package: pkg.Path, Dir: pkg.Dir, Test: true}
	tested := pkg.Path
	if w.has(pkg.Dir, isInternal) {
		own := node(pkg.Path+suffix, pkg.Dir, w.in(pkg.Dir, func(name string, f file) bool { return !isExternal(name, f) }))
		own.Test = true
		tested, nodes = own.ID, append(nodes, own)
	}
	if w.has(pkg.Dir, isCode) || tested != pkg.Path {
		binary.Imports = append(binary.Imports, tested)
	}
	if w.has(pkg.Dir, isExternal) {
		external := node(pkg.Path+"_test"+suffix, pkg.Dir, w.in(pkg.Dir, isExternal))
		external.Test = true
		again := map[string]bool{}
		var compile func(imports []string) []string
		compile = func(imports []string) []string {
			all := slices.Clone(imports)
			for i, imported := range all {
				dir := strings.TrimPrefix(imported, modulePrefix)
				switch {
				case imported == pkg.Path:
					all[i] = tested
				case tested != pkg.Path && w.needs(dir, pkg.Dir, map[string]bool{}):
					all[i] = imported + suffix
					if !again[imported] {
						again[imported] = true
						n := node(imported+suffix, dir, w.in(dir, isCode))
						n.Imports = compile(n.Imports)
						nodes = append(nodes, n)
					}
				}
			}
			return all
		}
		external.Imports = compile(external.Imports)
		nodes, binary.Imports = append(nodes, external), append(binary.Imports, external.ID)
	}
	return append(nodes, binary)
}

// needs reports whether a package imports another, also indirectly.
func (w world) needs(dir, other string, seen map[string]bool) bool {
	if seen[dir] {
		return false
	}
	seen[dir] = true
	for _, name := range w.in(dir, isCode) {
		for _, imported := range w.files[name].imports {
			if imported == other || w.needs(imported, other, seen) {
				return true
			}
		}
	}
	return false
}

// differ returns the changes from one world to another, and the modules with another version.
func differ(before, after world) (changes []Change, modules map[string]string) {
	modules = map[string]string{}
	for name := range after.versions {
		if before.versions[name] != after.versions[name] {
			modules[name] = "go.mod"
		}
	}
	if len(modules) > 0 {
		changes = append(changes, Change{"go.mod", Modified})
	}
	for name, f := range after.files {
		was, ok := before.files[name]
		switch {
		case !ok:
			changes = append(changes, Change{name, Added})
		case was.identity() != f.identity():
			changes = append(changes, Change{name, Modified})
		}
	}
	for name := range before.files {
		if _, ok := after.files[name]; !ok {
			changes = append(changes, Change{name, Removed})
		}
	}
	slices.SortFunc(changes, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return changes, modules
}
