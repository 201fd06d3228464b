package changed

import (
	"context"
	"path/filepath"
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
	r.put("low/low.go", "package low\n\nimport _ \"example.com/m/alone\"\n")
	want("low , high +", "low/low.go")
	want("alone , low +, high ++", "alone/alone.go")
	r.put("alone/new.go", "package alone\n")
	want("alone , low +, high ++", "alone/new.go")
	if h.graph == graph {
		t.Error("the graph was not read again")
	}
	want("", "../elsewhere.go")

	// Other files.
	want("high ", "high/text")
	for name, counts := range map[string]bool{"high/text": true, "go.mod": true, "go.sum": true, "high/other": false, "none/x": false, "../x": false} {
		if got := h.Counts(filepath.Join(r.dir, filepath.FromSlash(name))); got != counts {
			t.Errorf("%s counts: %v", name, got)
		}
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
}
