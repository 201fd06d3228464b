package listing

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/node"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/pool"
	"github.com/gotestshard/gotestshard/shard/internal/split"
	"github.com/gotestshard/gotestshard/shard/internal/suite"
)

// listed returns a listing of these packages, without the go command.
func listed(t *testing.T, mode plan.Mode, stderr io.Writer, packages ...suite.Package) *Listing {
	t.Helper()
	l := New(t.Context(), option.Options{Distribution: option.Distribution{Dist: mode, Workers: 2}}, gotest.Settings{}, new(history.History), stderr)
	t.Cleanup(l.Close)
	l.list = func() ([]suite.Package, error) { return packages, nil }
	l.listed = func() (map[string]suite.Package, error) {
		byPath := map[string]suite.Package{}
		for _, pkg := range packages {
			byPath[pkg.ImportPath] = pkg
		}
		return byPath, nil
	}
	return l
}

// lettered returns a package with tests that are called after letters, two to a file.
func lettered(name, letters string) suite.Package {
	pkg := suite.Package{ImportPath: name, Marks: suite.Marks{}}
	for i, letter := range letters {
		file := fmt.Sprintf("%d_test.go", i/2)
		pkg.Tests = append(pkg.Tests, suite.Test{Name: "Test" + string(letter), Kind: suite.KindTest, Files: []string{file}})
	}
	return pkg
}

// onNode returns what a binary of a node runs: its tests, "whole" for all that its
// arguments select, and with a star the tests that are not listed too.
func onNode(b split.Binary) string {
	switch {
	case b.Nothing:
		return "nothing"
	case b.Package.Whole:
		return "whole"
	}
	text := strings.ReplaceAll(strings.Join(Names(b.Package.Tests), ""), "Test", "")
	if b.Hides {
		text += "*"
	}
	return text
}

// Each test that go test would run is on one node, in every mode, also where the go command
// starts the test binary otherwise than the parts were made for.
func TestNodesShareWhatGoTestRuns(t *testing.T) {
	broken := suite.Package{ImportPath: "bad", Problem: fmt.Errorf("it does not parse")}
	hidden := lettered("p", "ABCDEF")
	hidden.Hides = "it hides tests"
	grouped := lettered("p", "ABCDEF")
	grouped.Tests[0].Group, grouped.Tests[5].Group = "mailbox", "mailbox"
	const divided = "its test binary was started with other flags than those its tests were divided by, such as flags after -args"
	for _, test := range []struct {
		name     string
		mode     plan.Mode
		nodes    int
		packages []suite.Package
		flags    string // those of the command line, by which the parts are made
		args     string // what the test binary is started with; empty for the same
		main     string // the tests in the binary, as letters; empty for what is listed
		want     string
		said     string // why a package stays whole
	}{
		{name: "tests", mode: plan.Load, nodes: 3, packages: []suite.Package{lettered("p", "ABCDEF")}, want: "p:AB | p:CD | p:EF"},
		{name: "tests to steal", mode: plan.WorkSteal, nodes: 2, packages: []suite.Package{lettered("p", "ABCDEF")}, want: "p:ABC | p:DEF"},
		{name: "files", mode: plan.LoadFile, nodes: 2, packages: []suite.Package{lettered("p", "ABCDEF")}, want: "p:AB | p:CDEF"},
		{name: "groups", mode: plan.LoadGroup, nodes: 2, packages: []suite.Package{grouped}, want: "p:ABF | p:CDE"},
		{name: "packages", mode: plan.LoadScope, nodes: 2, packages: []suite.Package{lettered("p", "AB"), lettered("q", "ABC")}, want: "q:whole | p:whole"},
		{name: "one node", mode: plan.Load, nodes: 1, packages: []suite.Package{lettered("p", "AB"), broken}, want: "bad p:AB"},
		{name: "what cannot be loaded is on one node", mode: plan.Load, nodes: 2, packages: []suite.Package{broken, lettered("p", "AB")}, want: "bad p:A | p:B"},
		{name: "what is selected", mode: plan.WorkSteal, nodes: 2, packages: []suite.Package{lettered("p", "ABCDEF")}, flags: "-test.run=[BCE]$ -test.skip=C", want: "p:B | p:E"},
		{name: "a flag for one process", mode: plan.Load, nodes: 2, packages: []suite.Package{lettered("p", "ABC"), lettered("q", "AB")}, flags: "-test.run=A|B -test.cpuprofile=c",
			want: "p:whole | q:whole", said: "packages stay whole: -cpuprofile needs a single process"},
		{name: "a flag for one process behind -args", mode: plan.Load, nodes: 2, packages: []suite.Package{lettered("p", "ABCD")}, args: "-test.cpuprofile=c",
			want: "p:whole | p:nothing", said: "-cpuprofile needs a single process"},
		{name: "other tests behind -args", mode: plan.Load, nodes: 2, packages: []suite.Package{lettered("p", "ABCD")}, flags: "-test.run=A|B", args: "-test.run=A|B -test.run=C",
			want: "p:whole | p:nothing", said: divided},
		{name: "some other tests behind -args", mode: plan.Load, nodes: 2, packages: []suite.Package{lettered("p", "ABCD")}, flags: "-test.run=A|B", args: "-test.run=A|B -test.run=[BC]",
			want: "p:whole | p:nothing", said: divided},
		{name: "fewer tests behind -args", mode: plan.Load, nodes: 2, packages: []suite.Package{lettered("p", "ABCD")}, args: "-test.run=[BC]", want: "p:B | p:C"},
		{name: "none of a node's tests behind -args", mode: plan.Load, nodes: 2, packages: []suite.Package{lettered("p", "ABCD")}, args: "-test.run=[AB]", want: "p:AB | p:nothing"},
		{name: "nothing behind -args", mode: plan.Load, nodes: 2, packages: []suite.Package{lettered("p", "ABCD")}, args: "-test.run=X",
			want: "p:whole | p:nothing", said: "its tests cannot be run separately"},
		{name: "tests that are not listed", mode: plan.Load, nodes: 3, packages: []suite.Package{hidden}, want: "p:AB* | p:CD | p:EF"},
		{name: "and files", mode: plan.LoadFile, nodes: 2, packages: []suite.Package{hidden}, flags: "-test.run=[ABE]", want: "p:AB* | p:E"},
		{name: "a test that only the binary has", mode: plan.Load, nodes: 2, packages: []suite.Package{lettered("p", "AB")}, main: "ABC",
			want: "p:whole | p:nothing", said: "its test binary has TestC, which its source files do not show"},
		{name: "a test that the binary does not have", mode: plan.Load, nodes: 2, packages: []suite.Package{lettered("p", "ABCD")}, main: "ABC",
			want: "p:whole | p:nothing", said: "its source files have TestD, which its test binary does not have"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			if test.main != "" {
				writeMain(t, dir, test.main)
			}
			flags := strings.Fields(test.flags)
			args := flags
			if test.args != "" {
				args = strings.Fields(test.args)
			}
			var nodes []string
			for index := range test.nodes {
				var said strings.Builder
				l := listed(t, test.mode, &said, test.packages...)
				parts, err := l.Partition(test.nodes, gotest.Settings{Binary: flags}, new(history.History))
				if err != nil {
					t.Fatal(err)
				}
				l.Part = NewPart(parts, node.Partition{Index: index + 1, Total: test.nodes})
				var packages []string
				for _, name := range l.Part.names() {
					text := name
					if name != broken.ImportPath { // of which there is no binary
						task := pool.Task{Package: name, Command: slices.Concat([]string{filepath.Join(dir, "p.test")}, args), Dir: dir}
						text += ":" + onNode(l.Binary(task, false))
					}
					packages = append(packages, text)
				}
				nodes = append(nodes, strings.Join(packages, " "))
				if want := message(test.said, packages[0]); said.String() != want {
					t.Errorf("node %d printed %q, want %q", index+1, said.String(), want)
				}
			}
			if got := strings.Join(nodes, " | "); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

// message is what a node prints for a reason why a package that was to be divided is not.
func message(reason, on string) string {
	switch where := strings.TrimPrefix(on, "p:"); {
	case reason == "":
		return ""
	case strings.HasPrefix(reason, "packages stay whole"):
		return "gotestshard: " + reason + "\n"
	case where == "nothing":
		return "gotestshard: p stays whole, all of it on another node: " + reason + "\n"
	}
	return "gotestshard: p stays whole, all of it on this node: " + reason + "\n"
}

// writeMain writes the source of a binary's main package, as the go command does.
func writeMain(t *testing.T, dir, letters string) {
	t.Helper()
	text := "package main\n\nvar " + gotest.MainTests + " = []testing.InternalTest{\n"
	for _, letter := range letters {
		text += fmt.Sprintf("\t{\"Test%c\", _test.Test%c},\n", letter, letter)
	}
	text += "}\n\nvar " + gotest.MainFuzzTargets + " = []testing.InternalFuzzTarget{}\n\nvar " + gotest.MainExamples + " = []testing.InternalExample{}\n"
	if err := os.WriteFile(filepath.Join(dir, gotest.MainFile), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// What the parts plan is what the nodes will run, also of packages that stay whole: a merge
// finds out what did not run by it.
func TestPartsHaveOnlyWhatIsSelected(t *testing.T) {
	l := listed(t, plan.Load, io.Discard, lettered("large", "ABC"), lettered("small", "D"))
	parts, err := l.Partition(2, gotest.Settings{Binary: []string{"-test.count=2", "-test.run=A/sub|C"}}, new(history.History))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string][]string{}
	for _, part := range parts {
		for _, pkg := range part.Packages {
			tests[pkg.Name] = append(tests[pkg.Name], pkg.Tests...)
		}
	}
	if len(tests) != 2 || !slices.Equal(tests["large"], []string{"TestA", "TestC"}) || len(tests["small"]) != 0 {
		t.Errorf("%q", tests)
	}
}

// The digest is in the key of cached results: those of a package that is only partly here
// are of just these tests, and those of a whole one are the same as without parts.
func TestDigestOfAPart(t *testing.T) {
	digest := func(index, total int, packages ...suite.Package) string {
		parts, err := listed(t, plan.Load, io.Discard, packages...).Partition(total, gotest.Settings{}, new(history.History))
		if err != nil {
			t.Fatal(err)
		}
		return NewPart(parts, node.Partition{Index: index, Total: total}).Digest
	}
	p := lettered("p", "ABCD")
	all := []string{digest(1, 2, p), digest(2, 2, p), digest(1, 4, p), digest(3, 4, p)}
	for i, one := range all {
		if one == "" || slices.Contains(all[:i], one) {
			t.Errorf("%q", all)
		}
	}
	if again := digest(1, 2, p); again != all[0] {
		t.Errorf("it is %s and then %s", all[0], again)
	}
	if whole := digest(1, 1, p); whole != "" {
		t.Errorf("of a whole package it is %s", whole)
	}
}

// The go command gets the packages of the part alone, and files as they are.
func TestArgumentsOfAPart(t *testing.T) {
	for pkg, want := range map[string]string{"b": "b -v []", commandLineFiles: "-v [x_test.go]"} {
		part := &Part{Packages: map[string]plan.PartPackage{pkg: {Name: pkg}}}
		args, packages := part.Arguments(gotest.Args{"-v"}, []string{"x_test.go"})
		if got := fmt.Sprint(strings.Join(args, " "), " ", packages); got != want {
			t.Errorf("of %s: %s, want %s", pkg, got, want)
		}
	}
	l := listed(t, plan.Load, io.Discard, lettered("a", "A"), lettered("b", "B"), suite.Package{ImportPath: "c", Problem: os.ErrNotExist})
	l.Part = &Part{Packages: map[string]plan.PartPackage{"b": {Name: "b"}, "c": {Name: "c"}}}
	if got := l.Packages(); got["a"] || !got["b"] || got["c"] {
		t.Errorf("the packages are %v", got)
	}
}

// A file of durations that was given to all nodes is read and not written.
func TestDurationsOfAPart(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		name = filepath.Join(dir, name)
		if text != "" {
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return name
	}
	const some = `{"format": "gotestshard timings", "version": 1, "packages": {"p": {"seen": "2026-01-02", "tests": {"TestA": {"seen": "2026-01-02", "ms": [1000]}}}}}`
	for name, test := range map[string]struct{ text, said, err string }{
		"some.json":    {text: some},
		"missing.json": {said: "gotestshard: --timings FILE has no history, so the parts are balanced by the number of tests\n"},
		"go.mod":       {text: "module m\n", err: "--timings with --partition: the timing history FILE: "},
	} {
		var said strings.Builder
		name = file(name, test.text)
		d, err := OpenDurations(t.Context(), option.Distribution{Timings: name}, node.Partition{Index: 1, Total: 3}, "", &said)
		if got := strings.ReplaceAll(said.String(), name, "FILE"); got != test.said {
			t.Errorf("%s: it printed %q", name, got)
		}
		if test.err != "" {
			if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), name, "FILE"), test.err) {
				t.Errorf("%s: %v", name, err)
			}
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		} else {
			if _, known := d.Shared.Test("p", "TestA"); known != (test.text == some) {
				t.Errorf("%s: what the nodes share has TestA: %v", name, known)
			}
			d.Run.Test("p", "TestB", time.Second, history.Passed)
			d.Save()
		}
		if text, _ := os.ReadFile(name); string(text) != test.text {
			t.Errorf("%s has now %q", name, text)
		}
	}
}

// What would balance parts is printed only where it helps.
func TestUnevenParts(t *testing.T) {
	part := func(tests ...int) (p plan.Part) {
		for i, n := range tests {
			p.Packages = append(p.Packages, plan.PartPackage{Name: fmt.Sprint(i), Tests: make([]string, n), Whole: true})
		}
		return p
	}
	known := part(456)
	known.Expected = time.Second
	for _, test := range []struct {
		name  string
		mode  plan.Mode
		parts []plan.Part
		want  string
	}{
		{"a large package", plan.LoadScope, []plan.Part{part(456), part(70, 3), part(150, 20), part(0)}, "one of them has 456 of 699: --timings FILE"},
		{"even", plan.LoadScope, []plan.Part{part(100, 10), part(101)}, ""},
		{"a tenth", plan.LoadScope, []plan.Part{part(220), part(180)}, ""},
		{"more than a tenth", plan.LoadScope, []plan.Part{part(221), part(179)}, "221 of 400"},
		{"few tests", plan.LoadScope, []plan.Part{part(9), part()}, ""},
		{"nothing", plan.LoadScope, []plan.Part{part(), part()}, ""},
		{"one part", plan.LoadScope, []plan.Part{part(456)}, ""},
		{"tests", plan.Load, []plan.Part{part(456), part(1)}, ""},
		{"a history", plan.LoadScope, []plan.Part{known, part(1)}, ""},
	} {
		if got := uneven(test.mode, test.parts); (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: %q", test.name, got)
		}
	}
}
