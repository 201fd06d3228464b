package gotest

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/gotestshard/gotestshard/format/plain"
)

// Again writes the commands that run failed tests again, for the folder in which gotestshard
// was started.
type Again struct {
	dir     string   // for -C, empty for none
	base    string   // the folder that the go command works in; absolute and without links, empty if unknown
	flags   []string // each with its value, and the arguments of the test itself, quoted for a shell
	missing bool     // whether some are left out

	places sync.Map // by package and folder, since finding one out takes several system calls
}

// Failed is a test that failed.
type Failed struct {
	Package string   // import path
	Dir     string   // the folder of the package, empty if unknown
	Test    string   // empty for all tests of the package
	Binary  []string // the arguments of the process in which it failed, nil if unknown
}

// idleFlags are the flags that do not change how a single test ends: they choose tests,
// measure, print, or concern other packages.
var idleFlags = []string{
	"C", "a", "artifacts", "bench", "benchmem", "benchtime", "blockprofile", "blockprofilerate", "c", "cover", "covermode", "coverpkg",
	"coverprofile", "cpuprofile", "failfast", "fullpath", "fuzz", "fuzzminimizetime", "fuzztime", "i", "json", "list", "memprofile",
	"memprofilerate", "mutexprofile", "mutexprofilefraction", "n", "o", "outputdir", "p", "run", "shuffle", "trace", "v", "work", "x",
}

// NewAgain returns the Again of a go test command with these arguments that runs in dir, or
// in the current folder if dir is empty.
func NewAgain(args Args, dir string) *Again {
	a := &Again{dir: dir}
	if change, ok := args.Lookup("C"); ok {
		a.dir = within(dir, change)
	}
	if base, err := filepath.Abs(a.dir); err == nil {
		a.base = withoutLinks(base)
	}
	args = args.Without(idleFlags...)
	if count, _ := args.Lookup("count"); count == "1" { // it only avoids the cache
		args = args.Without("count")
	}
	if skip, _ := args.Lookup("skip"); !strings.Contains(skip, "/") { // it concerns other tests
		args = args.Without("skip")
	}
	packages, end := args.layout()
	for i := 0; i < end; {
		_, _, length, _ := args.flagAt(i)
		isFlag := strings.HasPrefix(args[i], "-")
		switch words := Line(args[i : i+length]...); {
		case slices.Contains(packages, i):
		case isFlag || len(a.flags) == 0:
			a.flags = append(a.flags, words)
		default: // the value of a flag that is the test's own
			a.flags[len(a.flags)-1] += " " + words
		}
		i += length
	}
	if end < len(args) {
		a.flags = append(a.flags, Line(args[end:]...))
	}
	all := len(a.flags)
	a.flags = slices.DeleteFunc(a.flags, func(flag string) bool { return plain.Line(flag) != flag }) // they need more than a line
	a.missing = len(a.flags) < all
	return a
}

// withoutLinks returns the path of a folder without symbolic links.
func withoutLinks(dir string) string {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		return real
	}
	return dir
}

// Command returns a go test command that runs a test again alone, for a POSIX shell. It has
// at most room characters, for which it first leaves out the longest flags, then shortens the
// package, and then runs a whole test instead of a subtest. A "…" in the command shows that
// something is missing. The name of a test is never cut, so a very long one may take more
// room.
func (a *Again) Command(f Failed, room int) string {
	for test := f.Test; ; {
		command, ok := a.shortened(f, test, room)
		at := strings.LastIndexByte(test, '/')
		if ok || at < 0 {
			return command
		}
		test = test[:at]
	}
}

// shortened is Command without running a whole test instead of a subtest.
func (a *Again) shortened(f Failed, test string, room int) (command string, ok bool) {
	head := "go test"
	if a.dir != "" {
		head += " -C " + shellWord(a.dir)
	}
	switch {
	case strings.HasPrefix(test, "Benchmark"):
		head += " -run '^$' -bench " + shellWord(testPattern(test))
	case test != "":
		head += " -run " + shellWord(testPattern(test))
	}
	pkg := shellWord(a.place(f.Package, f.Dir))
	flags, missing := slices.Clone(a.flags), a.missing
	if seed := numericShuffle(f.Binary); seed != "" {
		flags = append([]string{"-shuffle=" + seed}, flags...)
	}
	fits := func() bool {
		words := append([]string{head, pkg}, flags...)
		if missing {
			words = append(words, "…")
		}
		command = strings.Join(words, " ")
		return utf8.RuneCountInString(command) <= room
	}
	for !fits() && len(flags) > 0 {
		longest := slices.MaxFunc(flags, func(a, b string) int { return cmp.Compare(len(a), len(b)) })
		at := slices.Index(flags, longest)
		flags, missing = slices.Delete(flags, at, at+1), true
	}
	for !fits() {
		_, rest, ok := strings.Cut(strings.TrimPrefix(strings.Trim(pkg, "'"), "…/"), "/")
		if !ok {
			return command, false
		}
		pkg = "…/" + rest
	}
	return command, true
}

// place returns a package as the user may write it: a path below the folder, if it is in the
// same module as the folder, and otherwise the import path.
func (a *Again) place(pkg, dir string) string {
	type key struct{ pkg, dir string }
	if known, ok := a.places.Load(key{pkg, dir}); ok {
		return known.(string)
	}
	place := a.findPlace(pkg, dir)
	a.places.Store(key{pkg, dir}, place)
	return place
}

// findPlace is place for a package that is not known yet.
func (a *Again) findPlace(pkg, dir string) string {
	below, err := filepath.Rel(a.base, withoutLinks(dir))
	if err != nil || !filepath.IsLocal(below) {
		return pkg
	}
	for at := below; at != "."; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(a.base, at, "go.mod")); err == nil {
			return pkg
		}
	}
	if below == "." {
		return "."
	}
	return "./" + filepath.ToSlash(below)
}

// testPattern returns the -run that selects exactly a test or a subtest.
func testPattern(test string) string {
	var levels []string
	for name := range strings.SplitSeq(test, "/") {
		levels = append(levels, NamesPattern([]string{name}))
	}
	return strings.Join(levels, "/")
}

// numericShuffle returns the seed in the arguments of a test binary, empty for none.
func numericShuffle(args []string) string {
	const flag = FlagPrefix + "shuffle="
	for _, arg := range args {
		if seed, ok := strings.CutPrefix(arg, flag); ok && seed != "on" && seed != "off" {
			return seed
		}
	}
	return ""
}
