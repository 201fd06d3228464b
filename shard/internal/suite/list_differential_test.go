package suite

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
)

// mains makes the go command write the main package of each test binary and returns its
// folder by import path.
func mains(t *testing.T, dir string, args ...string) map[string]string {
	t.Helper()
	// The -exec program runs nothing and only reports the packages with the folders of
	// their binaries. For that nothing needs to be linked, which would be most of the
	// work.
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

// same checks that the source of each package has the tests that its test binary runs.
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
