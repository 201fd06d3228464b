package suite

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// read lists a package with one file of package p, and other files that are given by name.
func read(t *testing.T, source string, others ...string) Package {
	t.Helper()
	dir := t.TempDir()
	var files []*file
	for i, text := range append([]string{source}, others...) {
		path := filepath.Join(dir, fmt.Sprintf("f%d_test.go", i))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		f := readFile(path, path)
		f.external = strings.Contains(text, "package p_test")
		files = append(files, f)
	}
	return assemble(listed{ImportPath: "p", Dir: dir}, files)
}

func TestDirectives(t *testing.T) {
	const test = "func TestA(t *testing.T) {}\n"
	none := "none serial=false/false together=false"
	tests := []struct {
		source, want string
		warnings     string // with line numbers
	}{
		{"package p\n" + test, none, ""},
		{"package p\n//gotestshard:group db\n" + test, "db serial=false/false together=false", ""},
		{"package p\n// TestA tests.\n//\n//gotestshard:group db\n//gotestshard:serial\n" + test, "db serial=true/false together=false", ""},
		{"//gotestshard:serial\npackage p\n" + test, "none serial=false/true together=false", ""},
		{"//go:build !x\n\n//gotestshard:together\n\n// Package p is.\npackage p\n" + test, "none serial=false/false together=true", ""},
		{"//gotestshard:serial\n//gotestshard:together\npackage p\n" + test, "none serial=false/true together=true", ""},
		{"package p\n//gotestshard:grup db\n" + test, none, "2: unknown directive //gotestshard:grup db; did you mean group? the directives are group NAME, serial, split and together"},
		{"package p\n//gotestshard:group\n" + test, none, "2: //gotestshard:group has 0 names; write //gotestshard:group NAME"},
		{"package p\n//gotestshard:group a b\n" + test, none, "2: //gotestshard:group has 2 names; write //gotestshard:group NAME"},
		{"package p\n//gotestshard:group a\n//gotestshard:group b\n" + test, "a serial=false/false together=false",
			"3: TestA is in the group a already; a test can be in only one"},
		{"package p\n//gotestshard:groupdb\n" + test, none, "2: unknown directive //gotestshard:groupdb; did you mean group? the directives are group NAME, serial, split and together"},
		{"package p\n//gotestshard:serial now\n" + test, none, `2: //gotestshard:serial takes no argument but has "now"; write //gotestshard:serial`},
		{"//gotestshard:together for now\npackage p\n" + test, none,
			`1: //gotestshard:together takes no argument but has "for now"; write //gotestshard:together`},
		{"package p\n//gotestshard: serial now\n" + test, none, "2: unknown directive //gotestshard: serial now; the directives are group NAME, serial, split and together"},
		{"package p\n//gotestshard: serial\n" + test, none, "2: unknown directive //gotestshard: serial; the directives are group NAME, serial, split and together"},
		{"package p\n//gotestshard:split\n" + test, "none split serial=false/false together=false", ""},
		{"//gotestshard:split\npackage p\n" + test, none, "1: //gotestshard:split is above the package clause; write it directly above a test"},
		{"package p\n//gotestshard:split it\n" + test, none, `2: //gotestshard:split takes no argument but has "it"; write //gotestshard:split`},
		{"package p\n//gotestshard:splitt\n" + test, none, "2: unknown directive //gotestshard:splitt; did you mean split? the directives are group NAME, serial, split and together"},
		{"package p\nfunc f() {\n//gotestshard:split\n}\n" + test, none, "3: //gotestshard:split is not directly above a test"},
		{"package p\n//gotestshard:split\nfunc FuzzB(f *testing.F) {}\n", none,
			"2: //gotestshard:split is above FuzzB, which has no subtests; write it directly above a test"},
		{"package p\n//gotestshard:together\n" + test, none, "2: //gotestshard:together is above a test; write it above the package clause"},
		{"package p\n//gotestshard:serial\n\n" + test, none, "2: //gotestshard:serial is neither directly above a test nor above the package clause"},
		{"package p\n//gotestshard:group db\nfunc help() {}\n" + test, none, "2: //gotestshard:group is not directly above a test"},
		{"package p\n//gotestshard:group db\nfunc ExampleNone() {}\n" + test, none, "2: //gotestshard:group is not directly above a test"},
		{"package p\nfunc f() {\n//gotestshard:together\n}\n" + test, none, "3: //gotestshard:together is not above the package clause"},
		{"//gotestshard:group db\npackage p\n" + test, none,
			"1: //gotestshard:group is above the package clause; write it directly above a test"},
		{"package p\n// gotestshard:serial\n" + test, none, "2: // gotestshard:serial is not a directive; write //gotestshard: without spaces"},
		{"package p\n// gotestshard: the tool\nvar s = \"//gotestshard:x\"\n" + test, none, ""},
		{"package p\r\n//gotestshard:group db\r\n" + test, "db serial=false/false together=false", ""},
		{"package p\n//line x.go:70\n\n//gotestshard:none\n" + test, none,
			"4: unknown directive //gotestshard:none; the directives are group NAME, serial, split and together"},
	}
	for _, test := range tests {
		pkg := read(t, test.source)
		if len(pkg.Tests) != 1 || pkg.Problem != nil {
			t.Fatalf("%s: %+v", test.source, pkg)
		}
		group := pkg.Tests[0].Group
		if group == "" {
			group = "none"
		}
		if pkg.Tests[0].Split {
			group += " split"
		}
		got := fmt.Sprintf("%s serial=%v/%v together=%v", group, pkg.Tests[0].Serial, pkg.Serial, pkg.Together)
		var warnings []string
		for _, warning := range pkg.Warnings {
			warnings = append(warnings, strings.TrimPrefix(warning.String(), filepath.Join(pkg.Dir, "f0_test.go")+":"))
		}
		if got != test.want || strings.Join(warnings, "\n") != test.warnings {
			t.Errorf("%s\ngot  %s\n%q\nwant %s\n%q", test.source, got, warnings, test.want, test.warnings)
		}
		marks, err := Directives(pkg.Dir)
		if err != nil {
			t.Fatal(err)
		}
		if marks.Serial != (pkg.Serial || pkg.Tests[0].Serial) || marks.Together != pkg.Together || strings.Join(marks.Groups, " ") != pkg.Tests[0].Group || len(marks.Warnings) != len(warnings) {
			t.Errorf("%s: Directives found %+v", test.source, marks)
		}
	}
	if _, err := Directives(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("no error for a folder that is not there")
	}
}

// Above the package clause of another file, a directive has no effect.
func TestDirectivesOutsideTestFiles(t *testing.T) {
	const why = " is not in a test file; move it to a file whose name ends in _test.go"
	licence := strings.Repeat("// Licence.\n", 100)
	for _, c := range []struct{ name, source, want string }{
		{"a.go", "//gotestshard:serial\npackage p\n", "a.go:1: //gotestshard:serial" + why},
		{"a.go", licence + "\n//gotestshard:together\n\n// Package p is.\npackage p\n", "a.go:102: //gotestshard:together" + why},
		{"a.go", "//go:build !x\r\n\r\n// gotestshard:serial\r\npackage p\r\n", "a.go:3: // gotestshard:serial" + why},
		{"a.go", "//gotestshard:serial\n//gotestshard:x\npackage p\n", "a.go:1: //gotestshard:serial" + why + "\na.go:2: //gotestshard:x" + why},
		{"a.go", "/*\n//gotestshard:serial\n*/\npackage p\n", ""},
		{"a.go", "// Package p has //gotestshard:serial and\n//\t//gotestshard:together\npackage p\n", ""},
		{"a.go", "package p\n\n//gotestshard:serial\nfunc f() {}\n", ""},
		{"a.go", "package p\nvar s = `\n//gotestshard:serial\n`\n", ""},
		{"a.go", "package p //gotestshard:serial\n", ""},
		{"a.go", "//gotestshard:serial", ""},
		{"a.go", "", ""},
		{"_a.go", "//gotestshard:serial\npackage p\n", ""},
		{".a.go", "//gotestshard:serial\npackage p\n", ""},
		{"a.txt", "//gotestshard:serial\npackage p\n", ""},
	} {
		dir := t.TempDir()
		for name, text := range map[string]string{
			"go.mod": "module m\n", c.name: c.source, "p_test.go": "package p\nimport \"testing\"\nfunc TestA(*testing.T) {}\n",
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		marks, err := Directives(dir)
		if err != nil || marks.Serial || marks.Together {
			t.Errorf("%s %q: %+v, %v", c.name, c.source, marks, err)
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for how, warnings := range map[string][]Warning{"all": marks.Warnings, "alone": elsewhere(dir, entries)} {
			var got []string
			for _, warning := range warnings {
				got = append(got, strings.TrimPrefix(warning.String(), dir+string(filepath.Separator)))
			}
			if strings.Join(got, "\n") != c.want {
				t.Errorf("%s %q, %s: got %q, want %q", c.name, c.source, how, got, c.want)
			}
		}
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "folder.go"), 0o700); err != nil {
		t.Fatal(err)
	}
	if marks, err := Directives(dir); err != nil || len(marks.Warnings) > 0 {
		t.Errorf("a folder with the name of a file: %+v, %v", marks, err)
	}
}

// List returns the same warnings as Directives for packages with tests.
func TestListWarnsOutsideTestFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module m\n", "a/a.go": "//gotestshard:serial\npackage a\n", "a/a_test.go": "package a\n//gotestshard:x\n",
		"b/b.go": "//gotestshard:serial\npackage b\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	packages, err := List(t.Context(), Query{Dir: dir, Packages: []string{"./..."}})
	if err != nil || len(packages) != 2 {
		t.Fatal(packages, err)
	}
	if a := packages[0]; len(a.Warnings) != 2 || filepath.Base(a.Warnings[1].File) != "a.go" || a.Warnings[1].Line != 1 || a.Serial {
		t.Errorf("got %+v", a)
	}
	if b := packages[1]; len(b.Warnings) > 0 {
		t.Errorf("got %+v", b)
	}
}

func TestDirectivesOfBothPackages(t *testing.T) {
	pkg := read(t, "package p\n//gotestshard:group a\nfunc TestA(t *testing.T) {}\nfunc TestB(t *testing.T) {}\n",
		"package p_test\n//gotestshard:group b\n//gotestshard:serial\nfunc TestA(t *testing.T) {}\n//gotestshard:group b\nfunc TestB(t *testing.T) {}\n")
	if a, b := pkg.Tests[0], pkg.Tests[1]; a.Group != "a" || !a.Serial || b.Group != "b" || b.Serial {
		t.Errorf("got %+v", pkg.Tests)
	}
	if len(pkg.Warnings) != 1 || !strings.HasSuffix(pkg.Warnings[0].String(),
		"f1_test.go:4: TestA is in the group b here and in the group a in f0_test.go, but -run selects both, so it is in the first only") {
		t.Errorf("got %v", pkg.Warnings)
	}
}

func TestHides(t *testing.T) {
	more, often := "TestMain uses its *testing.M for more than m.Run()", "TestMain may call m.Run() more than once"
	tests := []struct{ source, want string }{
		{`func TestMain(m *testing.M) { os.Exit(m.Run()) }`, ""},
		{`func TestMain(m *testing.M) { if x { os.Exit(m.Run()) }; setUp(); code := m.Run(); os.Exit(code) }`, often},
		{`func TestMain(m *testing.M) { if x { os.Exit(m.Run()) }; setUp(); os.Exit(m.Run()) }`, ""},
		{`func TestMain(m *testing.M) { for range 2 { m.Run() } }`, often},
		{`func TestMain(m *testing.M) { m.Run(); m.Run() }`, often},
		{`func TestMain(m *testing.M) { f := func() int { return m.Run() }; f(); f() }`, ""}, // not detected
		{`func TestMain(m *testing.M) { func() int { return m.Run() }(); func() int { return m.Run() }() }`, often},
		{`func TestMain(m *testing.M) { m.Run() }; func other(m map[int]int) { m[1]++ }`, ""},
		{`func TestMain(m *testing.M) { os.Exit(run(m.Run)) }`, ""},
		{`func TestMain(m *testing.M) { x.m = 1; m.Run() }`, ""},
		{`func TestMain(_ *testing.M) {}`, ""},
		{`func TestMain(*testing.M) {}`, ""},
		{`func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }`, "TestMain passes its *testing.M to goleak.VerifyTestMain"},
		{`func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.IgnoreCurrent()) }`, "TestMain passes its *testing.M to goleak.VerifyTestMain"},
		{`func TestMain(m *testing.M) { reflect.ValueOf(m).Elem() }`, "TestMain passes its *testing.M to reflect.ValueOf"},
		{`func TestMain(m *testing.M) { get()(m) }`, "TestMain passes its *testing.M to a function"},
		{`func TestMain(m *testing.M) { *m = testing.M{} }`, more},
		{`func TestMain(m *testing.M) { keep = m; m.Run() }`, more},
		{`func TestMain(m *testing.M) { m.tests() }`, more},
		{`func TestMain(m *testing.M) { os.Exit(run(1, m)) }; func run(n int, m *testing.M) int { defer f(); return m.Run() }`, ""},
		{`func TestMain(m *testing.M) { os.Exit(run(1, m)) }; func run(n int, other *testing.M) int { keep = other; return 0 }`, more},
		{`func TestMain(m *testing.M) { run(m); run(m) }; func run(m *testing.M) int { return m.Run() }`, often},
		{`func TestMain(m *testing.M) { os.Exit(again(m)) }; func again(m *testing.M) int { return again(m) }`, ""},
		{`func TestMain(m *testing.M) { os.Exit(outside(m)) }`, "TestMain passes its *testing.M to outside"},
		{`func TestMain(m *testing.M) { os.Exit(elsewhere(m)) }`, ""},
		{"//go:linkname tests main.tests\nvar tests []testing.InternalTest", "a test file has a go:linkname to main.tests"},
		{"//go:linkname f runtime.f\nfunc f()", ""},
	}
	for _, test := range tests {
		pkg := read(t, "package p\nimport \"testing\"\n"+test.source+"\n",
			"package p\nfunc elsewhere(m *testing.M) int { return m.Run() }\n",
			"package p_test\nfunc outside(m *testing.M) int { return m.Run() }\n")
		if pkg.Hides != test.want || pkg.Problem != nil {
			t.Errorf("%s\ngot  %q %v\nwant %q", test.source, pkg.Hides, pkg.Problem, test.want)
		}
	}
}

// TestNeeds: uses in a file that depend on what else its process runs.
func TestNeeds(t *testing.T) {
	const flagDiffers = ", which differs between the processes of a split package"
	tests := []struct{ source, whole, covered string }{
		{`import "testing"; func TestA(t *testing.T) { testing.RunTests(nil, nil) }`, "f0_test.go uses testing.RunTests" + obeys, ""},
		{`import "testing"; var _ = testing.MainStart`, "f0_test.go uses testing.MainStart" + obeys, ""},
		{`import "testing"; func init() { go func() { testing.RunExamples(nil, nil) }() }`, "f0_test.go uses testing.RunExamples" + obeys, ""},
		{"import check `testing`; func f() { check.Main() }", "f0_test.go uses testing.Main" + obeys, ""},
		{`import ("testing"; check "testing"); func f(*testing.T) { check.Main() }`, "f0_test.go uses testing.Main" + obeys, ""},
		{`import (check "testing"; "testing"); func f(*testing.T) { check.Main() }`, "f0_test.go uses testing.Main" + obeys, ""},
		{`import check "testing"; func f() { testing.Main() }`, "", ""},
		{`import . "testing"; func f() { RunTests() }`, "f0_test.go uses testing.RunTests" + obeys, ""},
		{`import . "testing"; var run = RunTests`, "f0_test.go uses testing.RunTests" + obeys, ""},
		{`import . "testing"; type s struct{}; func (s) Main() { x.Main() }`, "", ""},
		{`func f() { RunTests() }`, "", ""},
		{`import "testing"; func f() { other.Main(); testing.Benchmark(nil); testing.RunBenchmarks(nil, nil); testing.CoverMode() }`, "", ""},
		{`import "testing"; func TestMain(m *testing.M) { if m.Run() == 0 && testing.Coverage() < 1 { os.Exit(1) } }`, "",
			"f0_test.go uses testing.Coverage, which covers only one process"},
		{`import "testing"; func f() { testing.Coverage(); testing.RunTests(nil, nil) }`, "f0_test.go uses testing.RunTests" + obeys,
			"f0_test.go uses testing.Coverage, which covers only one process"},
		{`func choose() { flag.Set("test.run", "TestA") }`, "f0_test.go uses the flag test.run" + flagDiffers, ""},
		{"var skip = flag.CommandLine.Lookup(`test.skip`)", "f0_test.go uses the flag test.skip" + flagDiffers, ""},
		{`func f() { exec.Command(os.Args[0], "-test.run=TestA", "-test.run", "TestA"); flag.Lookup("test.v") }`, "", ""},
		{"import _ \"unsafe\"\n//go:linkname tests main.tests\n//go:linkname run testing.runTests\nfunc run()", "f0_test.go has a go:linkname to testing.runTests", ""},
	}
	for _, test := range tests {
		for _, of := range []string{"p", "p_test"} {
			pkg := read(t, "package "+of+"\n"+test.source+"\n")
			if pkg.Whole != test.whole || pkg.WholeCovered != test.covered || pkg.Problem != nil {
				t.Errorf("%s\ngot  %q, %q, %v\nwant %q, %q", test.source, pkg.Whole, pkg.WholeCovered, pkg.Problem, test.whole, test.covered)
			}
		}
	}
}

// TestListReadsNeedsOfAllFiles: a test helper may be in a file that is not a test file.
func TestListReadsNeedsOfAllFiles(t *testing.T) {
	packages, err := List(t.Context(), Query{Packages: []string{"./..."}, Dir: module(t, `
-- go.mod --
module example.com/m
-- a/a.go --
package a
import check "testing"
func Inner() { check.RunTests(nil, nil) }
-- a/other.go --
//go:build other
package a
import "testing"
func cover() { testing.Coverage() }
-- a/a_test.go --
package a
-- none/a.go --
package none
import "testing"
func Inner() { testing.RunTests(nil, nil) }
-- uses/a_test.go --
package uses
import "example.com/m/a"
func f() { a.Inner() }
`)})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, pkg := range packages {
		got = append(got, fmt.Sprintf("%s %q %q", pkg.ImportPath, pkg.Whole, pkg.WholeCovered))
	}
	want := []string{`example.com/m/a "a.go uses testing.RunTests` + obeys + `" ""`, `example.com/m/none "" ""`, `example.com/m/uses "" ""`}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func FuzzRead(f *testing.F) {
	f.Add("package p\n//gotestshard:group a\nfunc TestA(t *testing.T) {}")
	f.Add("package p\nimport \"testing\"\nfunc TestMain(m *testing.M) { x(m) }")
	f.Add("//gotestshard:\npackage p\nfunc ExampleX() {\n// Output:\n}")
	f.Fuzz(func(t *testing.T, source string) {
		for _, test := range read(t, source, source).Tests {
			if test.Line < 1 || len(test.Files) == 0 || test.Name == "" {
				t.Errorf("got %+v", test)
			}
		}
	})
}
