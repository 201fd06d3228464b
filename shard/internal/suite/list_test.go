package suite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
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

// TestMain takes GOFLAGS away: a -race in it would be a build tag of the fixtures.
func TestMain(m *testing.M) {
	if err := os.Setenv("GOFLAGS", ""); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// mains has the go command write the main package of each test binary and returns
// its folder by import path.
func mains(t *testing.T, dir string, args ...string) map[string]string {
	t.Helper()
	// -exec is asked what there is and runs nothing: the packages with the folders
	// of their binaries. Nothing needs to be linked for that, which is most of the work.
	program := filepath.Join(t.TempDir(), "keep")
	keep := t.TempDir()
	source := `package main
import ("os"; "os/exec"; "path/filepath"; "crypto/sha256"; "fmt"; "slices")
func tool(args []string) {
	if i := slices.Index(args, "-o"); i >= 0 && filepath.Base(args[0]) == "link" {
		if err := os.WriteFile(args[i+1], nil, 0o700); err != nil { panic(err) }
		return
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if cmd.Run() != nil { os.Exit(1) }
}
func main() {
	if os.Args[1] == "tool" { tool(os.Args[2:]); return }
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
	test := exec.Command("go", append([]string{"test", "-vet=off", "-exec", program + " " + keep, "-toolexec", program + " tool"}, args...)...)
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
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	src := filepath.Join(strings.TrimSpace(string(root)), "src")
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

func TestListFindsThePackagesOfTheGoCommand(t *testing.T) {
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
		{"example.com/kinds/...", "-race"},
	} {
		packages, err := List(t.Context(), Query{Dir: dir, Args: args})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%q: %d packages", args, len(packages))
		same(t, packages, mains(t, dir, args...))
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

// fakeGo stands in for the go command: it and a process that it starts say so at
// the address in the environment, and stay.
const fakeGo = `package main
import ("io"; "net"; "os"; "os/exec")
func main() {
	conn, err := net.Dial("tcp", os.Getenv("SUITE_TEST_ADDRESS"))
	if err != nil { panic(err) }
	if os.Args[1] == "list" {
		child := exec.Command(os.Args[0], "child")
		child.Stdout = os.Stdout
		if err := child.Start(); err != nil { panic(err) }
	}
	io.Copy(io.Discard, conn)
}`

func TestListEndsWithItsContext(t *testing.T) {
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "fake.go"), []byte(fakeGo), 0o600); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(bin, "go")
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	if out, err := exec.Command("go", "build", "-o", name, filepath.Join(bin, "fake.go")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	t.Setenv("PATH", bin)
	t.Setenv("SUITE_TEST_ADDRESS", listener.Addr().String())
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("enough")
	ended := make(chan error)
	go func() {
		_, err := List(ctx, Query{Dir: t.TempDir()})
		ended <- err
	}()
	var processes []net.Conn
	for range 2 {
		conn, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		processes = append(processes, conn)
	}
	cancel(reason)
	if err := <-ended; !errors.Is(err, reason) || !strings.Contains(err.Error(), "go list -e") {
		t.Errorf("got %v", err)
	}
	for _, conn := range processes {
		_, _ = io.Copy(io.Discard, conn) // until the process has ended
		_ = conn.Close()
	}
	if _, err := List(ctx, Query{Dir: t.TempDir()}); !errors.Is(err, reason) {
		t.Errorf("got %v", err)
	}
}

func TestListFails(t *testing.T) {
	dir := module(t, "-- go.mod --\nmodule example.com/m\n-- bad.json --\n{\n")
	tests := map[string]struct {
		query Query
		want  string
	}{
		"go list":        {Query{Args: gotest.Args{"-mod=nonsense"}}, `"go list -e -find -json=ImportPath,Dir,GoFiles,CgoFiles,TestGoFiles,XTestGoFiles,Error -mod=nonsense -- ."`},
		"no overlay":     {Query{Overlay: filepath.Join(dir, "none")}, "reading the file of -overlay"},
		"a poor overlay": {Query{Overlay: filepath.Join(dir, "bad.json")}, "unexpected end of JSON"},
	}
	for name, test := range tests {
		test.query.Dir, test.query.Packages = dir, []string{"."}
		if _, err := List(t.Context(), test.query); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", name, err, test.want)
		}
	}
}

func TestListGoesOnWithoutBrokenPackages(t *testing.T) {
	packages, err := List(t.Context(), Query{Dir: fixture(t, "broken.txtar"), Packages: []string{"./...", "./absent"}})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]struct{ tests, problem string }{
		"good":      {"TestGood", ""},
		"syntax":    {"TestBefore TestBroken TestOther", "expected"},
		"signature": {"TestRight", "wrong signature for TestWrong, must be: func TestWrong(t *testing.T)"},
		"two":       {"", "wrong signature for TestTwo, must be: func TestTwo(t *testing.T)"},
		"generic":   {"", "wrong signature for TestGeneric, test functions cannot have type parameters"},
		"bench":     {"TestRight", "wrong signature for BenchmarkWrong, must be: func BenchmarkWrong(b *testing.B)"},
		"mains":     {"TestRight", "multiple definitions of TestMain"},
		"mixed":     {"", "found packages"},
		"absent":    {"", "directory not found"},
	}
	for _, pkg := range packages {
		name := pkg.ImportPath[strings.LastIndex(pkg.ImportPath, "/")+1:]
		var tests []string
		for _, test := range pkg.Tests {
			tests = append(tests, test.Name)
		}
		problem := fmt.Sprint(pkg.Problem)
		if w, ok := want[name]; !ok || strings.Join(tests, " ") != w.tests ||
			(pkg.Problem != nil) != (w.problem != "") || !strings.Contains(problem, w.problem) && w.problem != "" {
			t.Errorf("%s: got %q, %s; want %+v", pkg.ImportPath, tests, problem, w)
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("not listed: %v", want)
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
	settings, err := gotest.ReadSettings(t.Context(), dir, args)
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

func TestMainTestsNeedsAKnownMain(t *testing.T) {
	const lists = "package main\nvar tests = []T{{\"A\", p.A}, {\"A\", q.A}}\nvar benchmarks = []T{}\n"
	tests := map[string]struct {
		source string
		names  string
		ok     bool
	}{
		"none":       {"", "", false},
		"all":        {lists + "var fuzzTargets = []T{{\"F\", p.F}}\nvar examples = []T{{\"E\", p.E, \"\", false}}\n", "A F E", true},
		"one absent": {lists + "var fuzzTargets = []T{}\n", "", false},
		"another":    {lists + "var fuzzTargets = []T{}\nvar examples = list()\n", "", false},
		"poor":       {lists + "var", "", false},
		"names":      {lists + "var fuzzTargets = []T{{F, p.F}}\nvar examples = []T{}\n", "", false},
	}
	for name, test := range tests {
		dir := t.TempDir()
		if test.source != "" {
			if err := os.WriteFile(filepath.Join(dir, "_testmain.go"), []byte(test.source), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		names, ok := MainTests(filepath.Join(dir, "p.test"))
		if strings.Join(names, " ") != test.names || ok != test.ok {
			t.Errorf("%s: got %q, %v", name, names, ok)
		}
	}
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
