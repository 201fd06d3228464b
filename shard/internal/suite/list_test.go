package suite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
)

// TestMain removes GOFLAGS, because a -race in it would be a build tag of the fixtures. It
// turns off the garbage collection of the go commands, which is a fifth of their cost.
func TestMain(m *testing.M) {
	if os.Getenv(address) != "" {
		fakeGo()
		return
	}
	if err := errors.Join(os.Setenv("GOFLAGS", ""), os.Setenv("GOGC", "off")); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
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
		args     gotest.Args
		packages []string // in addition to those in args
		also     []string // names in addition to those without args
	}{
		"no flags":           {nil, nil, nil},
		"tags":               {gotest.Args{"-tags", "extra"}, []string{"./..."}, []string{"TestTagged"}},
		"race":               {gotest.Args{"example.com/kinds/...", "-race"}, nil, []string{"TestRace"}},
		"after the packages": {gotest.Args{"./...", "-tags=extra"}, nil, []string{"TestTagged"}},
		"for the binary":     {gotest.Args{"./...", "-args", "-tags=extra"}, nil, nil},
	}
	base := []string{
		"TestB", "TestB2", "TestA", "Test", "TestÉ", "Test1", "Test_", "TestBoth", "TestDot", "TestAlias", "TestMain", "TestOnly",
		"FuzzA", "FuzzB", "ExampleT_second", "Example_first", "ExampleEmpty", "ExampleUnordered", "ExampleBoth",
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			packages, err := List(t.Context(), Query{Dir: dir, Args: test.args, Packages: test.packages})
			if err != nil {
				t.Fatal(err)
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
			args := slices.Concat(test.args, test.packages)
			if len(args) == 0 {
				args = gotest.Args{"./..."} // gotestshard's own default
			}
			sameFiles(t, packages, testFiles(t, dir, args...))
		})
	}
	args := gotest.Args{"-tags=extra,race", "./..."} // all test files
	packages, err := List(t.Context(), Query{Dir: dir, Args: args})
	if err != nil {
		t.Fatal(err)
	}
	same(t, packages, mains(t, dir, args...))
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

func TestListReadsOverlays(t *testing.T) {
	dir := module(t, `
-- go.mod --
module example.com/m
-- sub/a_test.go --
package m
-- sub/gone_test.go --
package m
import "testing"
func TestGone(t *testing.T) {}
-- a.txt --
package m
import "testing"
func TestA(t *testing.T) {}
-- new.txt --
package m
import "testing"
func TestNew(t *testing.T) {}
-- overlay.json --
{"Replace": {"a_test.go": "../a.txt", "new_test.go": "../new.txt", "gone_test.go": ""}}
`)
	args := gotest.Args{"-C", "sub", "-overlay=../overlay.json"}
	settings, err := gotest.ReadSettings(t.Context(), os.Environ(), dir, args)
	if err != nil {
		t.Fatal(err)
	}
	packages, err := List(t.Context(), Query{Dir: dir, Args: args, Overlay: settings.Overlay})
	if err != nil {
		t.Fatal(err)
	}
	if len(packages) != 1 || len(packages[0].Tests) != 2 || packages[0].Tests[0].Name != "TestA" || packages[0].Tests[1].Name != "TestNew" {
		t.Errorf("got %+v", packages)
	}
	same(t, packages, mains(t, filepath.Join(dir, "sub"), "-overlay=../overlay.json"))
}

func BenchmarkListStd(b *testing.B) {
	for b.Loop() {
		packages, err := List(b.Context(), Query{Packages: []string{"std"}})
		if err != nil {
			b.Fatal(err)
		}
		tests := 0
		for _, pkg := range packages {
			tests += len(pkg.Tests)
		}
		b.ReportMetric(float64(len(packages)), "packages")
		b.ReportMetric(float64(tests), "tests")
	}
}
