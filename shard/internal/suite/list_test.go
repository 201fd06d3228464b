package suite

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
)

// mains has the go command write the main package of each test binary and returns
// its folder by import path.
func mains(t *testing.T, dir string, args ...string) map[string]string {
	t.Helper()
	// -exec is asked what there is and runs nothing: the packages with the folders
	// of their binaries.
	program := filepath.Join(t.TempDir(), "keep")
	keep := t.TempDir()
	source := `package main
import ("os"; "path/filepath"; "crypto/sha256"; "fmt")
func main() {
	dir, _ := os.Getwd()
	text, err := os.ReadFile(filepath.Join(filepath.Dir(os.Args[2]), "_testmain.go"))
	if err != nil { panic(err) }
	to := filepath.Join(os.Args[1], fmt.Sprintf("%x", sha256.Sum256([]byte(dir))))
	if err := os.Mkdir(to, 0o700); err != nil { panic(err) }
	if err := os.WriteFile(filepath.Join(to, "_testmain.go"), text, 0o600); err != nil { panic(err) }
	if err := os.WriteFile(filepath.Join(to, "dir"), []byte(dir), 0o600); err != nil { panic(err) }
}`
	if err := os.WriteFile(program+".go", []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "build", "-o", program, program+".go").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	test := exec.Command("go", append([]string{"test", "-vet=off", "-exec", program + " " + keep}, args...)...)
	test.Dir = dir
	if out, err := test.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	found := map[string]string{}
	files, _ := filepath.Glob(filepath.Join(keep, "*", "dir"))
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		found[string(text)] = filepath.Join(filepath.Dir(name), "binary")
	}
	return found
}

// same checks that the source of each package shows what its test binary runs.
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
	if testing.Short() {
		t.Skip("builds test binaries of the standard library")
	}
	src := filepath.Join(runtime.GOROOT(), "src") //nolint:staticcheck // the tests run where they were built
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

// module writes the files of a txtar archive and returns their folder.
func module(t *testing.T, archive string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range txtar.Parse([]byte(archive)).Files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func fixture(t *testing.T, name string) string {
	t.Helper()
	archive, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return module(t, string(archive))
}

func TestListFixture(t *testing.T) {
	dir := fixture(t, "kinds.txtar")
	tests := map[string]struct {
		args gotest.Args
		also []string // names beyond those that there are without args
	}{
		"no flags":           {nil, nil},
		"tags":               {gotest.Args{"-tags", "extra"}, []string{"TestTagged"}},
		"race":               {gotest.Args{"-race"}, []string{"TestRace"}},
		"after the packages": {gotest.Args{"./...", "-tags=extra"}, []string{"TestTagged"}},
		"for the binary":     {gotest.Args{"./...", "-args", "-tags=extra"}, nil},
	}
	base := []string{
		"TestB", "TestB2", "TestA", "Test", "TestÉ", "Test1", "Test_", "TestBoth", "TestDot", "TestAlias", "TestMain", "TestOnly",
		"FuzzA", "FuzzB", "ExampleT_second", "Example_first", "ExampleEmpty", "ExampleUnordered", "ExampleBoth",
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			packages, err := List(t.Context(), Query{Dir: dir, Args: test.args, Packages: nil})
			if len(test.args) > 0 && !slices.Contains(test.args, "./...") {
				packages, err = List(t.Context(), Query{Dir: dir, Args: test.args, Packages: []string{"./..."}})
			}
			if err != nil {
				t.Fatal(err)
			}
			args := slices.Clone(test.args)
			if !slices.Contains(args, "./...") {
				args = append(args, "./...")
			}
			var names []string
			for _, pkg := range packages {
				for _, test := range pkg.Tests {
					names = append(names, test.Name)
				}
			}
			want := slices.Sorted(slices.Values(slices.Concat(base, test.also)))
			slices.Sort(names)
			if !slices.Equal(names, want) {
				t.Errorf("got\n%q\nwant\n%q", names, want)
			}
			same(t, packages, mains(t, dir, args...))
		})
	}
}

func TestListSaysWhereTestsAre(t *testing.T) {
	packages, err := List(t.Context(), Query{Dir: fixture(t, "kinds.txtar"), Packages: []string{"."}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, test := range packages[0].Tests {
		got = append(got, fmt.Sprintf("%s %s %s:%d", test.Kind, test.Name, strings.Join(test.Files, "+"), test.Line))
	}
	for _, want := range []string{
		"test TestBoth b_test.go+x_test.go:17", "fuzz FuzzA b_test.go:26", "example Example_first x_test.go:20",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, strings.Join(got, "\n"))
		}
	}
}

func TestListEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("enough")
	cancel(reason)
	if _, err := List(ctx, Query{Dir: t.TempDir()}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
