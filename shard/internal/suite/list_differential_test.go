package suite

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
)

// mains returns the folders of the main packages that the go command generates, by the
// folder of the tested package. Nothing is compiled for that: TestContract (MainFile) checks
// that go test compiles what go list -test shows.
func mains(t *testing.T, dir string, args ...string) map[string]string {
	t.Helper()
	out := goCommand(t, dir, append([]string{"list", "-test", "-json=ImportPath,Dir,GoFiles"}, args...)...)
	found := map[string]string{}
	for decoder := json.NewDecoder(strings.NewReader(out)); ; {
		var pkg listed
		if err := decoder.Decode(&pkg); errors.Is(err, io.EOF) {
			return found
		} else if err != nil {
			t.Fatalf("%v in %s", err, out)
		}
		if !strings.HasSuffix(pkg.ImportPath, ".test") {
			continue
		}
		source, err := os.ReadFile(pkg.GoFiles[0])
		if err != nil {
			t.Fatal(err)
		}
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, gotest.MainFile), source, 0o600); err != nil {
			t.Fatal(err)
		}
		found[pkg.Dir] = filepath.Join(folder, "binary")
	}
}

// testFiles returns the test files that go test would compile for each package, in order,
// from the commands that it prints with -n.
func testFiles(t *testing.T, dir string, args ...string) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for line := range strings.Lines(goCommand(t, dir, append([]string{"test", "-n", "-vet=off"}, args...)...)) {
		words := strings.Fields(line)
		path, files := slices.Index(words, "-p"), slices.Index(words, "-pack")
		if path < 0 || files < 0 {
			continue
		}
		pkg := strings.TrimSuffix(words[path+1], "_test") // the external tests are a package of their own
		for _, file := range words[files+1:] {
			if strings.HasSuffix(file, "_test.go") {
				found[pkg] = append(found[pkg], filepath.Base(file))
			}
		}
		slices.Sort(found[pkg])
	}
	return found
}

// goCommand returns what the go command prints.
func goCommand(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go %q: %v\n%s", args, err, out)
	}
	return string(out)
}

// sameFiles checks that the tests of each package are in the files that go test compiles.
// Each test file of the fixture has a test.
func sameFiles(t *testing.T, packages []Package, want map[string][]string) {
	t.Helper()
	got := map[string][]string{}
	for _, pkg := range packages {
		if pkg.Problem != nil {
			t.Errorf("%s: %v", pkg.ImportPath, pkg.Problem)
		}
		var files []string
		for _, test := range pkg.Tests {
			files = append(files, test.Files...)
		}
		if slices.Sort(files); len(files) > 0 {
			got[pkg.ImportPath] = slices.Compact(files)
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the tests are in %v, and go test compiles %v", got, want)
	}
}

// same checks that the source of each package has the tests that its main package lists.
func same(t *testing.T, packages []Package, binaries map[string]string) {
	t.Helper()
	for _, pkg := range packages {
		if pkg.Problem != nil {
			t.Errorf("%s: %v", pkg.ImportPath, pkg.Problem)
		}
		var names []string
		for _, test := range pkg.Tests {
			names = append(names, test.Name)
		}
		binary, built := binaries[pkg.Dir]
		if !built {
			if len(names) > 0 {
				t.Errorf("%s: the go command runs nothing, the source has %q", pkg.ImportPath, names)
			}
			continue
		}
		delete(binaries, pkg.Dir)
		want, ok := MainTests(binary)
		if !ok {
			t.Errorf("%s: no tests in its main package", pkg.ImportPath)
		}
		if !slices.Equal(names, want) {
			t.Errorf("%s: got\n%q\nwant\n%q", pkg.ImportPath, names, want)
		}
	}
	if len(binaries) > 0 {
		t.Errorf("not listed: %q", slices.Collect(maps.Keys(binaries)))
	}
}

func TestListShowsWhatTheGoCommandRuns(t *testing.T) {
	src := filepath.Join(strings.TrimSpace(goCommand(t, "", "env", "GOROOT")), "src")
	patterns := []string{
		"sort", "strings", "net/http", "go/ast", "encoding/json", "testing", "os", "slices", "errors", "unicode/utf8", "iter", "net/url",
	}
	packages, err := List(t.Context(), Query{Dir: src, Packages: patterns})
	if err != nil {
		t.Fatal(err)
	}
	if len(packages) != len(patterns) {
		t.Errorf("listed %d packages, want %d", len(packages), len(patterns))
	}
	same(t, packages, mains(t, src, patterns...))
}

func TestListFindsThePackagesOfTheGoCommand(t *testing.T) {
	if testing.Short() {
		t.Skip("lists many packages with the go command; run the tests without -short")
	}
	dir := fixture(t, "kinds.txtar")
	for _, args := range []gotest.Args{
		{"./tags", "-v", "./alias", "-tags=extra"},
		{"./tags", "./alias", "-v", "-tags", "extra", "-run=x"},
		{"-tags=extra", "-mine", "./dot"},
		{"./tags", "-mine", "./alias", "-tags=extra"},
		{"./tags", "-mine=1", "./alias", "-tags=extra"},
		{"./tags", "-mine", "x", "./alias", "-tags=extra"},
		{"./tags", "-tags=extra", "--", "./alias"},
		{"./tags", "-args", "-tags=extra"},
		{"./tags", "-tags=none", "--tags=extra"},
		{"./alias/alias_test.go"},
	} {
		packages, err := List(t.Context(), Query{Dir: dir, Args: args})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%q: %d packages", args, len(packages))
		sameFiles(t, packages, testFiles(t, dir, args...))
	}
}
