package watch

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// inFolder creates files, runs in their folder and expects no warning.
func inFolder(t *testing.T, files ...string) func(string, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, file := range files {
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return func(path string, err error) { t.Errorf("warned: %s: %v", path, err) }
}

func TestFoldersThatAreWatched(t *testing.T) {
	warn := inFolder(t,
		"root.go", "a/a.go", "a/sub/s.go", "no/go/files/x.txt", "only/parent/p.go",
		"vendor/v/v.go", "a/testdata/t.go", ".hidden/h.go", "a/.git/x.go",
		"1/2/3/4/5/6/7/8/deep.go", "1/2/3/4/5/6/7/8/9/tooDeep.go",
	)
	const deep = "1/2/3/4/5/6/7/8"
	for _, test := range []struct{ patterns, packages, parents string }{
		{"", ". " + deep + " a a/sub only/parent", "1 1/2 1/2/3 1/2/3/4 1/2/3/4/5 1/2/3/4/5/6 1/2/3/4/5/6/7 only"},
		{"./...", ". " + deep + " a a/sub only/parent", "1 1/2 1/2/3 1/2/3/4 1/2/3/4/5 1/2/3/4/5/6 1/2/3/4/5/6/7 only"},
		{"./a/...", "a a/sub", ""},
		{"./a", "a", ""},
		{"a ./a/... ./a", "a a/sub", ""},
		{"./no/...", "", "no"},
		{"only/... a", "a only/parent", "only"},
		{"a/testdata/...", "a/testdata", ""}, // requested by name
	} {
		found := find(parseRoots(strings.Fields(test.patterns)), warn)
		if got := filepath.ToSlash(strings.Join(found.packages, " ")); got != test.packages {
			t.Errorf("%q: packages %q, want %q", test.patterns, got, test.packages)
		}
		if got := filepath.ToSlash(strings.Join(found.parents, " ")); got != test.parents {
			t.Errorf("%q: parents %q, want %q", test.patterns, got, test.parents)
		}
	}
}

func TestParentFolder(t *testing.T) {
	warn := inFolder(t, "a/a.go", "b/b.go")
	t.Chdir("a")
	found := find(parseRoots([]string{"../..."}), warn)
	want := []string{filepath.Join("..", "a"), filepath.Join("..", "b")}
	if !slices.Equal(found.packages, want) || !slices.Equal(found.parents, []string{".."}) {
		t.Errorf("got %q", found)
	}
	if got := filepath.ToSlash(packageOf(filepath.Join("..", "b", "b.go"))); got != "./../b" {
		t.Errorf("got %q", got)
	}
}

func TestFolderThatIsNotThere(t *testing.T) {
	inFolder(t)
	var warned []string
	find(parseRoots([]string{"./nope/..."}), func(path string, _ error) { warned = append(warned, path) })
	if !slices.Equal(warned, []string{"nope"}) {
		t.Errorf("warned of %q", warned)
	}
}

func TestNewFoldersThatAreAllowed(t *testing.T) {
	for _, test := range []struct {
		pattern, dir string
		want         bool
	}{
		{"./...", "new", true},
		{"./...", "a/new", true},
		{"./...", "vendor", false},
		{"./...", "a/testdata", false},
		{"./...", ".git", false},
		{"./...", "1/2/3/4/5/6/7/8", true},
		{"./...", "1/2/3/4/5/6/7/8/9", false},
		{"./...", "../beside", false},
		{"./...", "..beside", false},
		{"./a/...", "a/new", true},
		{"./a/...", "ab", false},
		{"./a/...", "b", false},
		{"./a", "a/new", false},
		{"../...", "../new", true},
	} {
		root := parseRoots([]string{test.pattern})[0]
		if got := root.allows(filepath.FromSlash(test.dir)); got != test.want {
			t.Errorf("%s in %s: %v", test.dir, test.pattern, got)
		}
	}
}
