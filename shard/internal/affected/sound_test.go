package affected

import (
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"
)

var (
	folders = []string{".", "a", "a/b", "c", "c/internal/d", "e", "f"}
	data    = []string{"data/one", "data/two", "data/sub/three", "a/testdata/x", "a/b/testdata/deep/y", "c/table.sql", "e/testdata/x", "f/extra.txt", "a/b/some.sql", "e/e.txt",
		"testdata/root", "Makefile", "README.md", "docs/guide.md", ".github/workflows/ci.yml", "data/list"}
	linked = []string{"x.org/one", "x.org/two"}
)

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// build makes a random module. Packages import only those before them in the list of folders.
func build(r *rand.Rand) world {
	w := world{map[string]file{}, map[string]string{"x.org/one": "v1", "x.org/two": "v1"}}
	for _, name := range data {
		if r.IntN(4) > 0 {
			w.files[name] = file{text: fmt.Sprint(r.IntN(100))}
		}
	}
	w.files["data/list"] = file{text: pick(r, []string{"one", "two", "sub/three"})}
	for i := range folders[:3+r.IntN(len(folders)-2)] {
		w.addPackage(r, i)
	}
	return w
}

func (w world) addPackage(r *rand.Rand, i int) {
	dir := folders[i]
	imports := func(most int) (all []string) {
		for range r.IntN(3) {
			if most > 0 {
				all = append(all, folders[r.IntN(most)])
			}
		}
		if r.IntN(4) == 0 {
			all = append(all, ":"+pick(r, linked))
		}
		return all
	}
	code := file{text: fmt.Sprint(r.IntN(100)), imports: imports(i)}
	if r.IntN(2) == 0 {
		code.embeds = []string{pick(r, []string{"testdata", "*.txt", "*.sql", "all:new", "*l"})}
	}
	w.files[path.Join(dir, "code.go")] = code
	if r.IntN(3) == 0 {
		w.files[path.Join(dir, "tagged.go")] = file{text: "t", tag: pick(r, []string{"linux", "windows", "special"}), imports: imports(i)}
	}
	if r.IntN(5) == 0 {
		w.files[path.Join(dir, "asm.s")] = file{text: "s", includes: pick(r, []string{"c/macros.h", "a/macros.h"})}
		w.files["c/macros.h"] = file{text: "h"}
	}
	if r.IntN(5) > 0 {
		w.files[path.Join(dir, "x_test.go")] = file{text: "test", imports: imports(i), reads: someReads(r)}
	}
	if r.IntN(2) == 0 { // external tests may import what imports the package
		w.files[path.Join(dir, "y_test.go")] = file{text: "test", external: true, imports: append(imports(len(folders)), dir), reads: someReads(r)}
	}
}

func someReads(r *rand.Rand) (all []reading) {
	for range r.IntN(3) {
		switch r.IntN(9) {
		case 0, 8:
			all = append(all, reading{"list", pick(r, []string{"data", "a/testdata", ".", "e", "f", "data/sub", "none"})})
		case 1:
			all = append(all, reading{"follow", "data/list"})
		case 2:
			if r.IntN(4) == 0 {
				all = append(all, reading{"program", pick(r, data)})
			}
		case 3:
			all = append(all, reading{"file", pick(r, []string{"data", "data/sub", "none", "none/file", "a/code.go"})})
		default:
			all = append(all, reading{"file", pick(r, data)})
		}
	}
	return all
}

// edit changes a module a little.
func (w world) edit(r *rand.Rand) {
	var names []string
	for name := range w.files {
		names = append(names, name)
	}
	slices.Sort(names)
	if r.IntN(2) == 0 { // rather data
		if some := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return path.Ext(name) == ".go" || path.Dir(name) == "." }); len(some) > 0 {
			names = some
		}
	}
	name := pick(r, names)
	f := w.files[name]
	switch r.IntN(9) {
	case 0:
		delete(w.files, name)
	case 1: // renamed
		delete(w.files, name)
		w.files[path.Join(path.Dir(name), "renamed"+path.Ext(name))] = f
	case 2:
		w.files[path.Join(pick(r, []string{"data", "data/sub", "none", "c", "e", "f"}), pick(r, []string{"new.txt", "new/new.txt", "testdata/new/z", "new.sql"}))] = file{text: "new"}
	case 3:
		dir := pick(r, folders)
		w.files[path.Join(dir, pick(r, []string{"more.go", "more_test.go", "more_windows.go"}))] = file{text: "more", reads: someReads(r)}
	case 4:
		w.versions[pick(r, linked)] = "v2"
	case 5:
		if strings.HasSuffix(name, ".go") {
			f.tag = pick(r, []string{"", "linux", "windows", "special"})
			w.files[name] = f
		}
	case 6:
		w.files[pick(r, data)] = file{text: pick(r, []string{"one", "two"})}
	default:
		f.text += "!"
		w.files[name] = f
	}
}

// recorded is what the last run of a package noted, in the world in which that was, as far as it
// counts now.
func recorded(dir string, then, now world, changes []Change) Reads {
	if !then.isPackage(dir) || then.source(dir) != now.source(dir) {
		return Reads{Unknown: "it has changed"}
	}
	_, files, programs := then.run(dir)
	for _, read := range files {
		differs := slices.ContainsFunc(changes, func(c Change) bool { return c.Path == read.Path })
		if !differs && (then.files[read.Path].text != now.files[read.Path].text || then.exists(read.Path) != now.exists(read.Path)) {
			return Reads{Unknown: "what it reads has changed"}
		}
		if read.Listed && !slices.Equal(then.entries(read.Path), now.entries(read.Path)) {
			return Reads{Unknown: "a folder has changed"}
		}
	}
	return Reads{Files: files, Programs: programs, Verified: true}
}

// onlyGo reports whether only Go files and versions have changed. What tests read of these is only known after
// a run: without one they are taken for what is compiled.
func onlyGo(changes []Change) bool {
	return !slices.ContainsFunc(changes, func(c Change) bool { return c.Path != "go.mod" && (path.Ext(c.Path) != ".go" || !isSource(c.Path)) })
}

// Every package whose result is another one after an edit is selected. A result is a function of
// what was generated, so nothing has to be built for that.
func TestSound(t *testing.T) {
	const modules, editsOfEach = 200, 3
	var left, could, all int
	for seed := range uint64(modules) {
		r := rand.New(rand.NewPCG(seed, 15))
		older := build(r)
		for range editsOfEach {
			before := older.clone()
			if r.IntN(2) == 0 {
				before.edit(r)
			}
			after := before.clone()
			for range 1 + r.IntN(2) {
				after.edit(r)
			}
			changes, versions := differ(before, after)
			nodes, packages := after.graph()
			for i, pkg := range packages {
				switch r.IntN(8) {
				case 0:
					packages[i].Reads.Unknown = "never ran"
				case 1:
					packages[i].Reads = recorded(pkg.Dir, older, after, changes)
				case 2:
					packages[i].Reads = recorded(pkg.Dir, after, after, changes)
				default:
					packages[i].Reads = recorded(pkg.Dir, before, after, changes)
				}
			}
			selection := Select(Facts{
				Changes: changes, Nodes: nodes, Packages: packages, Modules: versions, Roots: []string{"."}, Exists: after.exists, Existed: before.exists,
				CanBuild: func(name string) bool { return !strings.HasSuffix(name, "_windows.go") },
			})
			for _, pkg := range packages {
				all++
				was, _, _ := before.run(pkg.Dir)
				is, _, _ := after.run(pkg.Dir)
				isLeft := slices.Contains(selection.LeftOut, pkg.Path)
				switch {
				case isLeft && pkg.Reads.Unknown != "" && onlyGo(changes) && before.source(pkg.Dir) == after.source(pkg.Dir):
				case was != is && isLeft:
					t.Fatalf("module %d: %s is left out after %v; its reads are %+v\nbefore\n%s\nafter\n%s", seed, pkg.Path, changes, pkg.Reads, was, is)
				case isLeft:
					left++
				}
				if was == is {
					could++
				}
			}
		}
	}
	t.Logf("%d of the %d packages that could be left out were, of %d", left, could, all)
	if left*2 < could {
		t.Errorf("only %d of the %d packages that could be left out were", left, could)
	}
}
