package changed

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A save of the body of a file needs no go list; one of its imports does.
func TestHot(t *testing.T) {
	t.Parallel()
	r := newRepo(t, sources)
	h := NewHot(context.Background(), r.opts, []string{"./..."})
	want := func(want string, files ...string) {
		t.Helper()
		for i, file := range files {
			files[i] = filepath.Join(r.dir, filepath.FromSlash(file))
		}
		all, err := h.Concerned(files)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, pkg := range all {
			name := strings.TrimPrefix(pkg.Name, "./")
			got = append(got, name+" "+strings.Repeat("+", pkg.Far))
		}
		if text := strings.Join(got, ", "); text != want {
			t.Errorf("%s: got %s, want %s", files, text, want)
		}
	}
	want("low , high +", "low/low.go")
	graph := h.graph
	want("low ", "low/low_test.go")
	want("high ", "high/high.go")
	r.put("low/low.go", "package low\n\nfunc F() {}\n")
	want("low , high +", "low/low.go")
	if h.graph != graph {
		t.Error("the graph was read again")
	}
	r.put("low/low.go", "package low\n\nimport _ \"example.com/changed/alone\"\n")
	want("low , high +", "low/low.go")
	want("alone , low +, high ++", "alone/alone.go")
	r.put("alone/new.go", "package alone\n")
	want("alone , low +, high ++", "alone/new.go")
	if h.graph != graph {
		t.Error("the whole graph was read again for a package")
	}
	r.put("fresh/fresh.go", "package fresh\n\nimport _ \"example.com/changed/alone\"\n")
	want("fresh ", "fresh/fresh.go")
	want("alone , fresh +, low +, high ++", "alone/alone.go")
	if h.graph == graph {
		t.Error("the graph was not read again for a new package")
	}
	want("", "../elsewhere.go")
	if err := os.RemoveAll(filepath.Join(r.dir, "fresh")); err != nil {
		t.Fatal(err)
	}
	want("alone , low +, high ++", "alone/alone.go")

	// Other files.
	want("high ", "high/text")
	for name, counts := range map[string]bool{"high/text": true, "go.mod": true, "go.sum": true, "high/other": false, "none/x": false, "../x": false} {
		if got := h.Counts(filepath.Join(r.dir, filepath.FromSlash(name))); got != counts {
			t.Errorf("%s counts: %v", name, got)
		}
	}
	r.put("alone/gen.go", "package alone\n")
	r.put("low/gen.go/x.go", "package low\n")
	for name, ignored := range map[string]bool{"alone/gen.go": true, "low/gen.go": true, "low/gen.go/x.go": true, "alone/new.go": false, "alone/newer.go": false, "alone": false, "../x.go": false} {
		if got := h.Ignores(filepath.Join(r.dir, filepath.FromSlash(name))); got != ignored {
			t.Errorf("%s is ignored: %v", name, got)
		}
	}
	if err := os.RemoveAll(filepath.Join(r.dir, "low", "gen.go")); err != nil {
		t.Fatal(err)
	}
	found := false
	for _, dir := range h.Folders() {
		dir, err := filepath.Abs(dir)
		if err != nil {
			t.Fatal(err)
		}
		found = found || dir == filepath.Join(realDir(t, r.dir), "high")
	}
	if !found {
		t.Errorf("%q", h.Folders())
	}
	want("alone , high , low ", "go.mod")
	if h.Ignores(filepath.Join(r.dir, "alone", "gen.go")) {
		t.Error("what a package is built from is ignored")
	}
}

// What is read again of single packages is the same as the whole graph, after any change of imports:
// also if a package is compiled again for the tests of another one, or gets or loses tests.
func TestHotIsAsTheWholeGraph(t *testing.T) {
	t.Parallel()
	const edits = 6
	dirs := []string{"a", "b", "c", "d", "e"}
	for _, seed := range []uint64{2, 4} {
		random := rand.New(rand.NewPCG(seed, 0))
		edit := func(r repo, i int) string {
			form := []string{"x.go", "x_test.go", "y_test.go"}[random.IntN(3)]
			name := filepath.Join(dirs[i], form)
			text, most := "package "+dirs[i], i // without a cycle
			if form == "y_test.go" {
				text, most = text+"_test", len(dirs)
			}
			if form != "x.go" && random.IntN(4) == 0 {
				if err := os.Remove(filepath.Join(r.dir, name)); err != nil && !os.IsNotExist(err) {
					t.Fatal(err)
				}
				return name
			}
			for range random.IntN(3) {
				if most > 0 {
					text += "\nimport _ \"example.com/changed/" + dirs[random.IntN(most)] + "\""
				}
			}
			r.put(name, text+"\n")
			return name
		}
		files := "-- go.mod --\nmodule example.com/changed\ngo 1.26\n"
		for i, dir := range dirs {
			files += fmt.Sprintf("-- %s/x.go --\npackage %s\n", dir, dir)
			if i > 0 {
				files += fmt.Sprintf("import _ \"example.com/changed/%s\"\n-- %s/y_test.go --\npackage %s_test\n", dirs[random.IntN(i)], dirs[i-1], dirs[i-1])
			}
		}
		r := newRepo(t, files)
		concerned := func(h *Hot, names ...string) string {
			for i, name := range names {
				names[i] = filepath.Join(r.dir, name)
			}
			all, err := h.Concerned(names)
			if err != nil {
				t.Fatal(err)
			}
			for i := range all {
				all[i].Reason = "" // there may be several that are as short
				all[i].Short = ""
			}
			slices.SortFunc(all, func(a, b Concerned) int { return strings.Compare(a.Path, b.Path) })
			return fmt.Sprint(all)
		}
		h := NewHot(context.Background(), r.opts, []string{"./..."})
		concerned(h, "a/x.go")
		graph := h.graph
		for range edits {
			names := []string{edit(r, random.IntN(len(dirs))), edit(r, random.IntN(len(dirs)))}
			concerned(h, names...)
			whole := NewHot(context.Background(), r.opts, []string{"./..."})
			for _, dir := range dirs {
				for _, form := range []string{"x.go", "x_test.go", "y_test.go"} {
					name := filepath.Join(dir, form)
					if got, want := concerned(h, name), concerned(whole, name); got != want {
						t.Fatalf("seed %d, after %q: %s concerns\n%s, and by the whole graph\n%s", seed, names, name, got, want)
					}
				}
			}
		}
		if h.graph != graph {
			t.Errorf("seed %d: the whole graph was read again", seed)
		}
	}
}
