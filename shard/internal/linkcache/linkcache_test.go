package linkcache

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// fake is a variable with the folder of the log of a linker that the tests start: this program.
// fakeMode is a variable with what it does.
const (
	fake     = "LINKCACHE_FAKE"
	fakeMode = "LINKCACHE_FAKE_MODE"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(fake); dir != "" {
		os.Exit(fakeLink(dir, os.Getenv(fakeMode), os.Args[1:]))
	}
	os.Exit(m.Run())
}

// fakeLink writes the main package and the flags to the output.
func fakeLink(dir, mode string, args []string) int {
	log, err := os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return 9
	}
	defer func() { _ = log.Close() }()
	_, _ = fmt.Fprintln(log, args)
	var output, temporary, report string
	for i, arg := range args {
		switch {
		case arg == "-o":
			output = args[i+1]
		case strings.HasPrefix(arg, "-tmpdir="):
			temporary = strings.TrimPrefix(arg, "-tmpdir=")
		}
		_, after, ok := strings.Cut(arg, "--dependency-file=")
		if ok {
			report = after
		}
	}
	main, err := os.ReadFile(args[len(args)-1])
	if err != nil {
		return 9
	}
	switch mode {
	case "fails":
		fmt.Println("undefined: x")
		return 2
	case "warns":
		fmt.Println("a warning")
	case "external", "old":
		lib, _ := os.ReadFile(filepath.Join(dir, "lib.a"))
		main = append(main, lib...)
		if temporary != "" { // otherwise the linker has a folder of its own
			_ = os.WriteFile(filepath.Join(temporary, "go.o"), nil, 0o600)
		}
		if report != "" && mode == "old" {
			fmt.Println("unknown flag")
			return 1
		}
		if report != "" {
			_ = os.WriteFile(report, []byte("out: \\\n  "+filepath.Join(temporary, "go.o")+" \\\n  "+filepath.Join(dir, "lib.a")+"\n\nlib.a:\n"), 0o600)
		}
	}
	if os.WriteFile(output, main, 0o700) != nil {
		return 9
	}
	return 0
}

// linker links programs with the fake linker.
type linker struct {
	t    *testing.T
	dir  string
	tool string
	folder
}

func newLinker(t *testing.T, mode string) *linker {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("this program cannot be named link without a copy")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	l := &linker{t: t, dir: t.TempDir()}
	l.tool = filepath.Join(l.dir, "link")
	l.folder = folder{dir: filepath.Join(l.dir, "cache"), most: 1 << 20}
	if err := os.Symlink(self, l.tool); err != nil {
		t.Fatal(err)
	}
	t.Setenv(fake, l.dir)
	t.Setenv(fakeMode, mode)
	l.write("lib.a", "lib")
	return l
}

func (l *linker) write(name, text string) string {
	name = filepath.Join(l.dir, name)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		l.t.Error(err)
	}
	return name
}

// link links a program in a new folder, as the go command does, and returns what it is.
func (l *linker) link(main string, flags ...string) (program string, code int, out string) {
	objects, err := os.MkdirTemp(l.dir, "b")
	if err != nil {
		l.t.Error(err)
	}
	archive := filepath.Join(objects, "_pkg_.a")
	importcfg := filepath.Join(objects, "importcfg.link")
	output := filepath.Join(objects, "p.test")
	for name, text := range map[string]string{archive: main, importcfg: "packagefile p=" + archive + "\nmodinfo \"x\"\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			l.t.Error(err)
		}
	}
	args := []string{l.tool, "-o", output, "-importcfg", importcfg, "-buildmode=exe", "-buildid=a/b/c/a"}
	call, ok := parse(append(append(args, flags...), archive), os.Environ())
	if !ok {
		l.t.Fatal("not the linker")
	}
	var printed bytes.Buffer
	code, err = call.run(l.folder, &printed)
	if err != nil {
		l.t.Error(err)
	}
	text, _ := os.ReadFile(output)
	if info, err := os.Stat(output); err == nil && info.Mode()&0o100 == 0 {
		l.t.Errorf("its mode is %v", info.Mode())
	}
	if left, _ := filepath.Glob(filepath.Join(objects, "external*")); len(left) > 0 {
		l.t.Errorf("left behind: %q", left)
	}
	return string(text), code, printed.String()
}

// wants links a program and checks what it is, and how often the linker has run since the
// start.
func (l *linker) wants(calls int, want, main string, flags ...string) {
	l.t.Helper()
	if got, code, out := l.link(main, flags...); got != want || code != 0 || out != "" {
		l.t.Errorf("the program is %q, want %q; exit code %d, output %q", got, want, code, out)
	}
	l.wantsCalls(calls)
}

func (l *linker) wantsCalls(want int) {
	l.t.Helper()
	log, _ := os.ReadFile(filepath.Join(l.dir, "log"))
	if got := strings.Count(string(log), "\n"); got != want {
		l.t.Errorf("the linker has run %d times, want %d:\n%s", got, want, log)
	}
}

// kept returns the files of the folder.
func (l *linker) kept() []string {
	files, _ := filepath.Glob(filepath.Join(l.folder.dir, "*"))
	return files
}

func TestSameProgramIsLinkedOnce(t *testing.T) {
	l := newLinker(t, "")
	l.wants(1, "one", "one")
	l.wants(1, "one", "one")
	l.wants(2, "two", "two")
	l.wants(3, "one", "one", "-s")
	l.wants(3, "two", "two")
	t.Setenv("GO_EXTLINK_ENABLED", "1")
	l.wants(4, "one", "one")
	if kept := l.kept(); len(kept) != 4 {
		t.Errorf("kept: %q", kept)
	}
}

// A damaged program is linked again, and then kept again.
func TestDamagedProgram(t *testing.T) {
	l := newLinker(t, "")
	calls := 1
	l.wants(calls, "program", "program")
	for name, damage := range map[string]func(text []byte) []byte{
		"a byte":       func(text []byte) []byte { text[3] ^= 1; return text },
		"its end":      func(text []byte) []byte { return text[:len(text)-1] },
		"its start":    func(text []byte) []byte { return text[1:] },
		"its note":     func(text []byte) []byte { return bytes.Replace(text, []byte(`"size":7`), []byte(`"size":6`), 1) },
		"its length":   func(text []byte) []byte { text[len(text)-16] = 0xff; return text },
		"everything":   func([]byte) []byte { return nil },
		"another file": func([]byte) []byte { return []byte("#!/bin/sh\n") },
	} {
		file := l.kept()[0]
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, damage(bytes.Clone(text)), 0o600); err != nil {
			t.Fatal(err)
		}
		calls++
		l.wants(calls, "program", "program")
		l.wants(calls, "program", "program")
		if t.Failed() {
			t.Fatalf("after damage to %s", name)
		}
	}
}

func TestWhatIsNotKept(t *testing.T) {
	for mode, want := range map[string]struct {
		code int
		out  string
	}{"fails": {2, "undefined: x\n"}, "warns": {0, "a warning\n"}} {
		l := newLinker(t, mode)
		for range 2 {
			if _, code, out := l.link("p"); code != want.code || out != want.out {
				t.Errorf("%s: exit code %d, output %q", mode, code, out)
			}
		}
		l.wantsCalls(2)
	}
	l := newLinker(t, "")
	l.most = 10
	l.wants(1, "a large program", "a large program")
	l.wants(2, "a large program", "a large program")
	l.folder.dir = l.write("file", "no folder")
	l.wants(3, "p", "p")
	l.wants(4, "p", "p")
}

// A program for which an external linker has read other files is linked again when one of them
// has changed.
func TestExternalLinker(t *testing.T) {
	l := newLinker(t, "external")
	l.wants(1, "p:lib", "p:")
	l.wants(1, "p:lib", "p:")
	l.write("lib.a", "other")
	l.wants(2, "p:other", "p:")
	l.wants(2, "p:other", "p:")
	l.wants(3, "p:other", "p:", "-extldflags=-x")
	log, _ := os.ReadFile(filepath.Join(l.dir, "log"))
	if !strings.Contains(string(log), " -extldflags=-x -Wl,--dependency-file=") {
		t.Errorf("the user's flags are missing: %s", log)
	}
}

// If the external linker cannot report what it reads, nothing is kept, and it is asked once.
func TestOldExternalLinker(t *testing.T) {
	l := newLinker(t, "old")
	l.wants(2, "p:lib", "p:")
	l.wants(3, "p:lib", "p:")
}

func TestManyAtOnce(t *testing.T) {
	l := newLinker(t, "")
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			want := fmt.Sprint("program ", i%2)
			if got, code, out := l.link(want); got != want || code != 0 || out != "" {
				t.Errorf("the program is %q, exit code %d, output %q", got, code, out)
			}
		})
	}
	all.Wait()
	if kept := l.kept(); len(kept) != 2 {
		t.Errorf("kept: %q", kept)
	}
}
