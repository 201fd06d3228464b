package linkcache

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/early"
	"github.com/gotestshard/gotestshard/shard/internal/environ"
)

func TestSurplus(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	name := func(c, rest string) string { return strings.Repeat(c, 64) + rest }
	file := func(name string, size int64, ago time.Duration) entry { return entry{name, size, now.Add(-ago)} }
	a, b, c := name("a", ".link"), name("b", ".link"), name("c", ".link")
	for what, test := range map[string]struct {
		entries []entry
		want    []string
	}{
		"room":      {[]entry{file(a, 40, 1), file(b, 60, 2)}, nil},
		"one":       {[]entry{file(a, 40, 1), file(b, 40, 3), file(c, 40, 2)}, []string{b}},
		"several":   {[]entry{file(a, 100, 1), file(b, 1, 3), file(c, 1, 2)}, []string{b, c}},
		"too large": {[]entry{file(a, 101, 1)}, []string{a}},
		"same time": {[]entry{file(b, 60, 1), file(a, 60, 1)}, []string{a}},
		"not complete": {[]entry{file(name("a", ".new-1"), 1000, time.Minute), file(name("b", ".new-2"), 1, 2*time.Hour)},
			[]string{name("b", ".new-2")}},
		"others": {[]entry{file("photo.link", 1000, 9999*time.Hour), file("x.new-1", 1, 9999*time.Hour), file(unsupported, 0, 9999*time.Hour),
			file(name("A", ".link"), 1000, 1), file(name("a", ".link.txt"), 1000, 1)}, nil},
	} {
		if got := surplus(test.entries, now, 100); !slices.Equal(got, test.want) {
			t.Errorf("%s: it removes %q, want %q", what, got, test.want)
		}
	}
}

func TestParse(t *testing.T) {
	const begin, end = "/go/link -o /w/b001/p.test -importcfg /w/b001/importcfg.link ", " -buildid=a/b/c/a -extld=gcc /w/b001/_pkg_.a"
	for args, want := range map[string]bool{
		begin + "-buildmode=exe" + end:                                  true,
		begin + "-buildmode=pie -X=main.fipso=1 -X a.o=-v -s -w" + end:  true,
		begin + "-buildmode=exe" + end[:len(end)-14] + "-buildid= /x.a": true,
		strings.ReplaceAll(begin, "/link", "/link.exe") + end:           true,
		strings.ReplaceAll(begin, "/link", "/compile") + end:            false,
		begin + "-buildmode=plugin" + end:                               false,
		begin + "-fipso /w/fips.o" + end:                                false,
		begin + "-cpuprofile=x" + end:                                   false,
		begin + "-v" + end:                                              false,
		begin + "-tmpdir=/x" + end:                                      false,
		begin + "-buildid= /w/b001/_pkg_.a":                             false,
		"/go/link -V=full":                                              false,
		"/go/link":                                                      false,
		"gcc -### -x c -c -":                                            false,
	} {
		l, ok := parse(strings.Fields(args), nil)
		if ok != want || ok && (l.output != "/w/b001/p.test" || l.importcfg != "/w/b001/importcfg.link") {
			t.Errorf("%s: %v, %+v", args, ok, l)
		}
	}
}

// A key does not depend on temporary folders, nor on where packages are, but on everything
// else.
func TestKey(t *testing.T) {
	sum := func(c string) string { return strings.Repeat(c, 64) + "-d" }
	key := func(importcfg, flags, main string, env ...string) string {
		objects := filepath.Join(t.TempDir(), "b001")
		file := filepath.Join(objects, "importcfg.link")
		if err := os.Mkdir(objects, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(importcfg), 0o600); err != nil {
			t.Fatal(err)
		}
		args := []string{"/go/link", "-o", filepath.Join(objects, "p.test"), "-importcfg", file, "-buildid=a/b/c/a"}
		l, ok := parse(append(append(args, strings.Fields(flags)...), main), env)
		if !ok {
			t.Fatal("not the linker")
		}
		key, err := l.key()
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	packages := "packagefile p=/cache/" + sum("a") + "\npackagefile fmt=/cache/" + sum("b") + "\nmodinfo \"m\"\n"
	base := key(packages, "-s", "/cache/"+sum("a"), "GOROOT=/go", "HOME=/a")
	if !isSum(base) {
		t.Errorf("the key is %q", base)
	}
	for what, same := range map[string]string{
		"other folders":    key(strings.ReplaceAll(packages, "/cache/", "/other/"), "-s", "/other/"+sum("a"), "GOROOT=/go", "HOME=/a"),
		"another variable": key(packages, "-s", "/cache/"+sum("a"), "GOROOT=/go", "HOME=/b", "GOTESTSHARD_RUN_ID=x"),
	} {
		if same != base {
			t.Errorf("%s: the key differs", what)
		}
	}
	for what, other := range map[string]string{
		"flags":     key(packages, "-w", "/cache/"+sum("a"), "GOROOT=/go"),
		"package":   key(strings.Replace(packages, sum("b"), sum("c"), 1), "-s", "/cache/"+sum("a"), "GOROOT=/go"),
		"path":      key(strings.Replace(packages, "fmt", "fnt", 1), "-s", "/cache/"+sum("a"), "GOROOT=/go"),
		"module":    key(strings.Replace(packages, `"m"`, `"n"`, 1), "-s", "/cache/"+sum("a"), "GOROOT=/go"),
		"main":      key(packages, "-s", "/cache/"+sum("d"), "GOROOT=/go"),
		"variable":  key(packages, "-s", "/cache/"+sum("a"), "GOROOT=/other"),
		"no GOROOT": key(packages, "-s", "/cache/"+sum("a")),
	} {
		if other == base {
			t.Errorf("another %s has the same key", what)
		}
	}
	missing := link{tool: []string{"link", "main.a"}, importcfg: filepath.Join(t.TempDir(), "none"), env: environ.List{}}
	if _, err := missing.key(); err == nil {
		t.Error("a missing file has a key")
	}
}

func TestPrerequisites(t *testing.T) {
	for rules, want := range map[string]string{
		"out: a b\n":                             "a b",
		"out: \\\n  /x/a.o \\\n  /x/b.o\n\na:\n": "/x/a.o /x/b.o",
		"C:/out.exe: \\\r\n  C:/a.o\r\n":         "C:/a.o",
		`out: a\ b` + "\n":                       "?",
		"out: $$a\n":                             "?",
		"":                                       "?",
	} {
		got := "?"
		if names, ok := prerequisites(rules); ok {
			got = strings.Join(names, " ")
		}
		if got != want {
			t.Errorf("%q: %s, want %s", rules, got, want)
		}
	}
}

func TestIsTool(t *testing.T) {
	words := Words("gotestshard", "/dir", 5)
	if !early.IsTool(append(words[1:], "/go/link")) || early.IsTool(words[1:]) || early.IsTool([]string{"./...", "a", "b", "c"}) {
		t.Error("the words of -toolexec and a tool are those of the program")
	}
}
