package source

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// repo makes a folder of files: names that end in / are folders.
func repo(t *testing.T, files map[string]string) string {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

var files = map[string]string{
	".git/HEAD":                        "ref: refs/heads/main\n",
	"go.mod":                           "module example.com/m\n",
	"root_test.go":                     "package m\n",
	"a/a_test.go":                      "package a\n\nfunc TestA(t *testing.T) {}\nfunc TestAB (t *testing.T) {}\n",
	"a/helper.go":                      "package a\n",
	"hack/tools/go.mod":                "module example.com/m/tools\n",
	"hack/tools/x/x_test.go":           "package x\n",
	"other/go.mod":                     "module (\n\tnonsense\n",
	"other/b/b_test.go":                "package b\n",
	"third/go.mod":                     "module \"example.org/third/v2\"\n",
	"third/c/c_test.go":                "package c\n",
	"vendor/example.com/dep/dep.go":    "package dep\n",
	"cache/pkg/mod/example.com/d/d.go": "package d\n",
	"testdata/go.mod":                  "module example.net/fixture\n",
	"testdata/f/f_test.go":             "package f\n",
	"sub/.git":                         "gitdir: ../.git/modules/sub\n",
	"sub/go.mod":                       "module example.com/sub\n",
	"sub/s_test.go":                    "package s\n",
}

func TestFind(t *testing.T) {
	root := repo(t, files)
	outside := repo(t, map[string]string{"o_test.go": "package o\n"})
	abs := func(name string) string { return filepath.Join(root, filepath.FromSlash(name)) }
	for _, test := range []struct{ dir, name, pkg, want string }{
		{"", "a_test.go", "example.com/m/a", "a/a_test.go"},
		{"", "root_test.go", "example.com/m", "root_test.go"},
		{"", "helper.go", "example.com/m/a", "a/helper.go"},
		{"", "elsewhere.go", "example.com/m/a", ""},
		{"", "a_test.go", "example.com/mm/a", ""},
		{"", "a_test.go", "fmt", ""},
		{"", "x_test.go", "example.com/m/tools/x", "hack/tools/x/x_test.go"}, // a nested module
		{"", "c_test.go", "example.org/third/v2/c", "third/c/c_test.go"},
		{"", "b_test.go", "example.com/m/other/b", "other/b/b_test.go"}, // whose go.mod has no module line
		{"", "f_test.go", "example.net/fixture/f", ""},                  // of a test
		{"third", "c_test.go", "example.org/third/v2/c", "third/c/c_test.go"},
		{"third", "a_test.go", "example.com/m/a", "a/a_test.go"}, // of a workspace
		{"sub", "s_test.go", "example.com/sub", "sub/s_test.go"}, // a submodule is part of the repository
		{"", abs("a/a_test.go"), "example.com/m/a", "a/a_test.go"},
		{"", abs("vendor/example.com/dep/dep.go"), "example.com/m/a", ""},
		{"", abs("cache/pkg/mod/example.com/d/d.go"), "example.com/m/a", ""},
		{"", abs("a"), "example.com/m/a", ""},
		{"", filepath.Join(outside, "o_test.go"), "example.com/m/a", ""},
		{"", "example.com/m/a/a_test.go", "example.com/m/a", "a/a_test.go"}, // -trimpath
		{"", "a/a_test.go", "", "a/a_test.go"},
		{"", "./root_test.go", "", "root_test.go"},
		{"a", "./a_test.go", "", "a/a_test.go"},
		{"a", "../root_test.go", "", "root_test.go"},
		{"", "../../../../etc/passwd", "", ""},
		{"", "../a_test.go", "example.com/m/a/../../../..", ""},
		{"", "a\x00_test.go", "example.com/m/\x00a", ""},
	} {
		tree, err := New(filepath.Join(root, test.dir), "")
		if err != nil {
			t.Fatal(err)
		}
		module := tree.Module()
		got, ok := tree.Find(test.name, test.pkg)
		if got != test.want || ok != (test.want != "") {
			t.Errorf("%q of %q in %q: %q, %v, want %q", test.name, test.pkg, test.dir, got, ok, test.want)
		}
		if now := tree.Module(); now != module { // other modules may have been searched for
			t.Errorf("%q of %q: the module is %s, want %s", test.name, test.pkg, now, module)
		}
	}
}

func TestRoot(t *testing.T) {
	git, none := repo(t, files), repo(t, map[string]string{"work/m/go.mod": "module m\n", "work/m/a_test.go": ""})
	for _, test := range []struct{ dir, workspace, want string }{
		{filepath.Join(git, "a"), "", git},
		{filepath.Join(git, "a"), filepath.Dir(git), git}, // checked out below the job's folder
		{filepath.Join(git, "sub"), git, git},
		{filepath.Join(git, "a"), filepath.Join(git, "a"), filepath.Join(git, "a")},
		{filepath.Join(none, "work", "m"), filepath.Join(none, "work"), filepath.Join(none, "work")},
		{filepath.Join(none, "work", "m"), "", filepath.Join(none, "work", "m")},
		{filepath.Join(none, "work", "m"), git, filepath.Join(none, "work", "m")},
		{filepath.Join(none, "work", "m"), "/no/such/folder", filepath.Join(none, "work", "m")},
	} {
		tree, err := New(test.dir, test.workspace)
		if err != nil || tree.root != test.want {
			t.Errorf("%s in %s: %s, %v, want %s", test.dir, test.workspace, tree.root, err, test.want)
		}
	}
	if _, err := New(filepath.Join(none, "nowhere"), ""); err == nil {
		t.Error("a folder that does not exist")
	}
}

func TestSymbolicLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("links need rights there")
		return
	}
	root := repo(t, files)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(root, link); err != nil {
		t.Fatal(err)
	}
	tree, err := New(filepath.Join(link, "a"), link)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{filepath.Join(link, "a", "a_test.go"), filepath.Join(root, "a", "a_test.go")} {
		if got, _ := tree.Find(name, "example.com/m/a"); got != "a/a_test.go" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestFunction(t *testing.T) {
	tree, err := New(repo(t, files), "")
	if err != nil {
		t.Fatal(err)
	}
	for name, line := range map[string]int{"TestA": 3, "TestAB": 4, "TestB": 0, "": 0, "Test.*": 0} {
		file, got, ok := tree.Function("example.com/m/a", name)
		if got != line || ok != (line > 0) || ok && file != "a/a_test.go" {
			t.Errorf("%q: %s:%d, %v", name, file, got, ok)
		}
	}
	if _, _, ok := tree.Function("example.com/nowhere", "TestA"); ok {
		t.Error("in no folder")
	}
}

func TestLogged(t *testing.T) {
	output := strings.Join([]string{
		"=== RUN   TestA", "    a_test.go:3: first: a.go:1: x", "        more.go:4", "    b.go:12: ", "a_test.go:5: not indented",
		"    /abs/with blank/c_test.go:6: full path", `    C:\d\d_test.go:7: windows`, "    99999999999999999999.go:99999999999999999999: x",
		"    x.go:a: no", "    :3: no",
	}, "\n")
	got := Logged(output)
	want := []Place{
		{"a_test.go", 3, 0, "first: a.go:1: x"}, {"b.go", 12, 0, ""}, {"/abs/with blank/c_test.go", 6, 0, "full path"},
		{`C:\d\d_test.go`, 7, 0, "windows"}, {"99999999999999999999.go", 0, 0, "x"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// A position in a message does not belong to the test itself.
func TestLoggedInAMessage(t *testing.T) {
	for output, want := range map[string][]Place{
		"    a_test.go:7: unexpected output:\n        --- FAIL: TestX (0.00s)\n            b_test.go:42: inner\n        b_test.go:43: at eight\n": {{"a_test.go", 7, 0, "unexpected output:"}},
		// After an unfinished line of the test.
		"a line\nhalf    a_test.go:7: b_test.go:8: no\nhalf b_test.go:9: x\n":      {{"a_test.go", 7, 0, "b_test.go:8: no"}},
		"half    a_test.go:7: no\n    a_test.go:8: last\nhalf    b_test.go:9: x\n": {{"a_test.go", 8, 0, "last"}},
		// Before Go 1.14, logs of a subtest are printed when it has ended.
		"        a_test.go:3: of a subtest\n            b_test.go:42: inner\n        a_test.go:5: too\n":  {{"a_test.go", 3, 0, "of a subtest"}, {"a_test.go", 5, 0, "too"}},
		"            b_test.go:4: deeper\n    a_test.go:3: the test\n        b_test.go:4: of a subtest\n": {{"a_test.go", 3, 0, "the test"}},
	} {
		if got := Logged(output); !slices.Equal(got, want) {
			t.Errorf("%q: %+v, want %+v", output, got, want)
		}
	}
}

func TestHasLine(t *testing.T) {
	tree, err := New(repo(t, map[string]string{".git/HEAD": "", "a/a.go": "package a\n\nvar x\n", "a/b.go": "package a"}), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		file string
		line int
		want bool
	}{
		{"a/a.go", 1, true}, {"a/a.go", 4, true}, {"a/a.go", 5, false}, {"a/a.go", 0, false}, {"a/a.go", -1, false},
		{"a/b.go", 1, true}, {"a/b.go", 2, false}, {"a/none.go", 1, false},
	} {
		if got := tree.HasLine(test.file, test.line); got != test.want {
			t.Errorf("line %d of %s: %v", test.line, test.file, got)
		}
	}
}

// Thousands of failures may name one file.
func TestFindAsksTheSystemOnce(t *testing.T) {
	root := repo(t, map[string]string{".git/HEAD": "", "go.mod": "module m\n", "a_test.go": "package m\n"})
	tree, err := New(root, "")
	if err != nil {
		t.Fatal(err)
	}
	before, _ := tree.Find("a_test.go", "m")
	_, none := tree.Find("b_test.go", "m")
	for _, change := range []error{os.Remove(filepath.Join(root, "a_test.go")), os.WriteFile(filepath.Join(root, "b_test.go"), nil, 0o600)} {
		if change != nil {
			t.Fatal(change)
		}
	}
	after, _ := tree.Find("a_test.go", "m")
	if _, ok := tree.Find("b_test.go", "m"); before != "a_test.go" || after != before || none || ok {
		t.Errorf("found %q, then %q; %v, then %v", before, after, none, ok)
	}
}

func TestFrames(t *testing.T) {
	output := "panic: x\n\ngoroutine 6 [running]:\npanic({0x1, 0x2})\n\t/goroot/src/runtime/panic.go:860 +0x13a\nm.F(...)\n\t/m/a.go:7\n" +
		"m.T(0x1)\r\n\texample.com/m/a_test.go:10 +0x54\r\nWARNING: DATA RACE\n  m.F()\n      /m/r.go:8 +0x33\n\t/m/s.go:9 +0x1 fp=0x2 sp=0x3 pc=0x4\n\t/m/s.go:10 fp=0x2 sp=0x3\n\t/m/no.go:9 x\n    a.go:3: log\n\ta.go:4: no\n"
	got := Frames(output)
	want := []Place{{"/goroot/src/runtime/panic.go", 860, 0, ""}, {"/m/a.go", 7, 0, ""}, {"example.com/m/a_test.go", 10, 0, ""}, {"/m/r.go", 8, 0, ""}, {"/m/s.go", 9, 0, ""}, {"/m/s.go", 10, 0, ""}}
	if !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestLoggedFrames(t *testing.T) {
	output := "    faststr.go:265: test panicked: x\n        goroutine 9 [running]:\n        m.(*S).TestX(0x0?)\n        \t/m/s_test.go:14 +0x28\n"
	if got, want := LoggedFrames(output), []Place{{File: "/m/s_test.go", Line: 14}}; !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// The place where a test hangs, not where its parent or another test waits.
func TestStuck(t *testing.T) {
	output := "panic: test timed out after 1s\n\trunning tests:\n\t\tTestA (1s)\n\ngoroutine 17 [running]:\ntesting.(*M).startAlarm.func1()\n\t/go/testing.go:1 +0x1\n\n" +
		"goroutine 1 [chan receive]:\ntesting.tRunner.func1()\n\t/go/testing.go:2\nmain.main()\n\t_testmain.go:3\n\n" +
		"goroutine 7 [sleep]:\ntime.Sleep(0x1)\n\t/go/time.go:4\nm.TestA(0x1)\n\t/m/a_test.go:5\ntesting.tRunner(0x1)\n\t/go/testing.go:6\n\n" +
		"goroutine 8 [chan receive]:\nruntime.gopark()\n\t/go/runtime.go:1\ntesting.(*T).Run(0x1)\n\t/go/testing.go:7\nm.TestB(0x1)\n\t/m/b_test.go:8\n\n" +
		"goroutine 9 [sleep]:\ntime.Sleep(0x1)\n\t/go/time.go:9\nm.TestB.func1(0x1)\n\t/m/b_test.go:10\n"
	for test, want := range map[string]string{
		"TestA": "a_test.go:5 b_test.go:10 b_test.go:8",
		"TestB": "b_test.go:10 b_test.go:8 a_test.go:5",
		"Test":  "a_test.go:5 b_test.go:10 b_test.go:8",
		"":      "a_test.go:5 b_test.go:10 b_test.go:8",
	} {
		var got []string
		for _, p := range Stuck(output, test) {
			if name, ok := strings.CutPrefix(p.File, "/m/"); ok {
				got = append(got, fmt.Sprintf("%s:%d", name, p.Line))
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %v, want %s", test, got, want)
		}
	}
}

func TestBuildErrors(t *testing.T) {
	output := "# example.com/m\n./a.go:3:4: undefined: x\nb/b.go:5: no column\n# example.com/m [example.com/m.test]\n./a.go:3:4: undefined: x\n" +
		"\thave ()\nc.go:1:2: cannot use\n\thave (int)\n\twant (string)\nvet: ./v.go:6:7: no\n/abs/w.go:8:9: x\nwarning: y.go\n\tnothing's\n"
	got := BuildErrors(output)
	want := []Place{
		{"./a.go", 3, 4, "undefined: x"}, {"b/b.go", 5, 0, "no column"}, {"c.go", 1, 2, "cannot use\n\thave (int)\n\twant (string)"},
		{"./v.go", 6, 7, "no"}, {"/abs/w.go", 8, 9, "x"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestCgoInTests(t *testing.T) {
	const text = "use of cgo in test /m/a b_test.go not supported"
	if got, want := CgoInTests("# m\n"+text+"\n"), []Place{{"/m/a b_test.go", 1, 0, text}}; !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestBroken(t *testing.T) {
	for line, want := range map[string]Place{
		"go.mod:4: unknown directive: requre":             {"go.mod", 4, 0, "unknown directive: requre"},
		"/m/go.sum:1: wrong number of fields 2\r":         {"/m/go.sum", 1, 0, "wrong number of fields 2"},
		"go: ../go.work:3:2: x":                           {"../go.work", 3, 2, "x"},
		`C:\m\go.mod:4: x`:                                {`C:\m\go.mod`, 4, 0, "x"},
		"a/b.go:5:6: expected 'package'":                  {"a/b.go", 5, 6, "expected 'package'"},
		"my.mod:4: x":                                     {},
		"ago.mod:4: x":                                    {},
		"go: go.mod requires go >= 1.99 (running go 1.2)": {},
		"go: errors parsing go.mod:":                      {},
		"\tgo.mod:4: x":                                   {},
	} {
		got := Broken("first\n" + line + "\nlast")
		if ok := len(got) == 1 && got[0] == want || len(got) == 0 && want == (Place{}); !ok {
			t.Errorf("%q: %+v, want %+v", line, got, want)
		}
	}
}

// With any test output, the results are files of the repository.
func FuzzFind(f *testing.F) {
	for _, seed := range []string{"a_test.go", "../x", "/etc/passwd", "example.com/m/a/a_test.go", "\x00", `C:\x`, "a/../a/a_test.go"} {
		f.Add("    "+seed+":3: x\n\t"+seed+":4 +0x1\n"+seed+":5:6: y\n", "example.com/m/a")
	}
	f.Fuzz(func(t *testing.T, output, pkg string) {
		tree, err := New(repo(t, map[string]string{"go.mod": "module example.com/m\n", "a/a_test.go": "package a\n"}), "")
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range slices.Concat(Logged(output), Frames(output), Stuck(output, pkg), BuildErrors(output), CgoInTests(output), Broken(output)) {
			for _, in := range []string{pkg, ""} {
				if file, ok := tree.Find(p.File, in); ok && file != "a/a_test.go" {
					t.Errorf("%q in %q is %q", p.File, in, file)
				}
			}
		}
		tree.Function(pkg, output)
	})
}
