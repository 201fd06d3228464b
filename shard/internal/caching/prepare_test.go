package caching

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// clone is a folder with files.
type clone struct {
	*testing.T
	dir string
}

func (c clone) at(name string) string { return filepath.Join(c.dir, filepath.FromSlash(name)) }

func (c clone) check(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

func (c clone) write(name, text string) {
	c.Helper()
	c.check(os.MkdirAll(filepath.Dir(c.at(name)), 0o700))
	c.check(os.WriteFile(c.at(name), []byte(text), 0o600))
}

// git runs a command in a folder of the clone, without the settings of this machine.
func (c clone) git(dir string, args ...string) {
	c.Helper()
	command := exec.Command("git", append([]string{"-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "protocol.file.allow=always"}, args...)...)
	command.Dir, command.Env = c.at(dir), c.environ()
	if out, err := command.CombinedOutput(); err != nil {
		c.Fatalf("git %q: %v\n%s", args, err, out)
	}
}

func (c clone) environ() environ.List {
	return append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_CEILING_DIRECTORIES="+c.dir)
}

// times returns the modification times of everything that is not in .git.
func (c clone) times() map[string]time.Time {
	c.Helper()
	times := map[string]time.Time{}
	c.check(filepath.WalkDir(c.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Name() == ".git" {
			return cmp.Or(err, skip(entry))
		}
		info, err := entry.Info()
		name, _ := filepath.Rel(c.dir, path)
		times[filepath.ToSlash(name)] = info.ModTime()
		return err
	}))
	return times
}

func skip(entry fs.DirEntry) error {
	if entry.IsDir() {
		return fs.SkipDir
	}
	return nil
}

// prepare prepares a folder of the clone and returns the line about it.
func (c clone) prepare(dir string, apart ...string) string {
	c.Helper()
	tree := newTree(c.environ(), c.at(dir), apart...)
	c.check(tree.prepare(c.Context()))
	c.check(tree.counts.err())
	return tree.counts.String()
}

// fill makes a repository with everything that a work tree can have. It returns the names of what
// is prepared, and of what is not.
func (c clone) fill() (prepared, left []string) {
	c.write("sub/origin/in.txt", "in a submodule")
	c.git("sub/origin", "init", "-q", "-b", "main")
	c.git("sub/origin", "add", ".")
	c.git("sub/origin", "commit", "-q", "-m", "x")
	for _, name := range []string{
		"m/go.mod", "m/a/a_test.go", "m/a/testdata/deep/er/x.golden", "m/nested/go.mod", "m/vendor/v/v.go", "m/gone.txt", "m/was/folder.txt", "m/was_file",
		"m/.gitignore", "m/ünï code/näme with space.txt", "m/.hidden/x",
	} {
		c.write(name, name)
	}
	c.write("m/.gitignore", "ignored\n*.log\n")
	c.git("m", "init", "-q", "-b", "main")
	c.git("m", "submodule", "add", "-q", c.at("sub/origin"), "third/party")
	c.git("m", "add", ".")
	c.git("m", "commit", "-q", "-m", "x")

	c.write("m/untracked/u.txt", "untracked")
	c.write("m/other/repository/o.txt", "o") // untracked, in a repository of its own
	c.git("m/other/repository", "init", "-q")
	c.write("m/ignored/i.txt", "ignored")
	c.write("m/a/x.log", "ignored")
	c.write("m/cache/00/x-a", "of the go command")
	c.write("outside/o.txt", "outside")
	c.write("outside/folder.txt", "outside, where git has a file")
	c.check(os.Remove(c.at("m/gone.txt")))
	c.check(os.Remove(c.at("m/was_file")))
	c.write("m/was_file/now.txt", "in a folder")
	c.check(os.Chmod(c.at("m/a/a_test.go"), 0o400))
	prepared = []string{
		"go.mod", "a", "a/a_test.go", "a/testdata", "a/testdata/deep", "a/testdata/deep/er", "a/testdata/deep/er/x.golden", "nested", "nested/go.mod",
		"vendor", "vendor/v", "vendor/v/v.go", "was_file", "was_file/now.txt", ".gitignore", ".gitmodules", "ünï code", "ünï code/näme with space.txt", ".hidden", ".hidden/x",
		"third", "third/party", "third/party/in.txt", "untracked", "untracked/u.txt", "other", "other/repository", "other/repository/o.txt", ".",
	}
	left = []string{"ignored", "ignored/i.txt", "a/x.log", "cache", "cache/00", "cache/00/x-a"}
	if runtime.GOOS == "windows" { // where making a link is a privilege
		return append(prepared, "was", "was/folder.txt"), left
	}
	c.check(os.RemoveAll(c.at("m/was")))
	for name, target := range map[string]string{"m/was": "../outside", "m/a/inside": "a_test.go", "m/a/outside.txt": "../../outside/o.txt", "m/dangling": "nowhere"} {
		c.check(os.Symlink(target, c.at(name)))
	}
	return append(prepared, "was", "a/inside", "a/outside.txt", "dangling"), left
}

func TestPrepare(t *testing.T) {
	c := clone{t, t.TempDir()}
	prepared, left := c.fill()
	before, outside := clone{t, c.at("m")}.times(), clone{t, c.at("outside")}.times()
	first := c.prepare("m", c.at("m/cache"), c.at("no such folder"))
	after := clone{t, c.at("m")}.times()
	for _, name := range prepared {
		if after[name].Nanosecond() != 0 || after[name].Year() > 2021 {
			t.Errorf("%s has the time %s", name, after[name])
		}
		delete(after, name)
	}
	for _, name := range left {
		if !after[name].Equal(before[name]) {
			t.Errorf("%s has another time", name)
		}
		delete(after, name)
	}
	if len(after) > 0 {
		t.Errorf("the test says nothing about %v", after)
	}
	for name, at := range (clone{t, c.at("outside")}).times() {
		if !at.Equal(outside[name]) {
			t.Errorf("outside/%s has another time", name)
		}
	}
	files := 0
	for _, name := range prepared {
		if info, err := os.Lstat(c.at("m/" + name)); err == nil && !info.IsDir() {
			files++
		}
	}
	if want := (&counts{}); first != want.of(files, len(prepared)-files, len(prepared), 0) {
		t.Errorf("the first time: %s", first)
	}
	if again, want := c.prepare("m", c.at("m/cache")), (&counts{}).of(files, len(prepared)-files, 0, len(prepared)); again != want {
		t.Errorf("the second time: %s, want %s", again, want)
	}
}

// of returns the line for these counts.
func (c *counts) of(files, folders, set, right int) string {
	c.files.Store(int64(files))
	c.folders.Store(int64(folders))
	c.set.Store(int64(set))
	c.right.Store(int64(right))
	return c.String()
}

// The times depend on contents alone: not on what git thinks, when or where.
func TestPrepareDependsOnContents(t *testing.T) {
	c := clone{t, t.TempDir()}
	for _, at := range []string{"one", "two", "plain"} {
		c.write(at+"/a.txt", "same size 1")
		c.write(at+"/d/b.txt", "b")
	}
	c.git("one", "init", "-q")
	c.git("two", "init", "-q")
	c.git("two", "add", ".")
	same := func(what string, want ...string) {
		t.Helper()
		one := clone{t, c.at("one")}.times()
		for _, other := range []string{"two", "plain"} {
			c.prepare(other)
			var differ []string
			for name, at := range (clone{t, c.at(other)}).times() {
				if !at.Equal(one[name]) {
					differ = append(differ, name)
				}
			}
			if slices.Sort(differ); !slices.Equal(differ, want) {
				t.Errorf("%s: %q differ in %s, want %q", what, differ, other, want)
			}
		}
	}
	c.prepare("one")
	same("the same")
	c.write("one/a.txt", "same size 2")
	c.prepare("one")
	same("another content of the same size", "a.txt")
	c.write("one/a.txt", "same size 1")
	c.write("one/d/c.txt", "c")
	c.prepare("one")
	same("one file more", "d")
	c.check(os.Remove(c.at("one/d/c.txt")))
	c.prepare("one")
	same("the same again")
	// A tool may write to a file and set its time back.
	at := clone{t, c.at("one")}.times()["a.txt"]
	c.write("one/a.txt", "same size 3")
	c.check(os.Chtimes(c.at("one/a.txt"), at, at))
	c.prepare("one")
	same("written behind the back", "a.txt")
}

func TestListWithoutGit(t *testing.T) {
	c := clone{t, t.TempDir()}
	for _, name := range []string{"a/x.txt", ".git/config", ".hidden/x", "node_modules/p/index.js", "b/.git"} {
		c.write(name, "x")
	}
	t.Setenv("PATH", t.TempDir())
	got, err := list(t.Context(), os.Environ(), c.dir)
	if want := []string{".hidden", ".hidden/x", "a", "a/x.txt", "b"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}

func TestPrepareReportsProblems(t *testing.T) {
	c := clone{t, t.TempDir()}
	c.write("file", "x")
	env := goEnv{GOMOD: os.DevNull}
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{c.at("missing")}, "does not exist; write gotestshard cache prepare DIR with the folder of a clone"},
		{[]string{c.at("file")}, "is not a folder; write gotestshard cache prepare DIR"},
		{[]string{"a", "b"}, `takes one folder, but there are 2: ["a" "b"]`},
		{nil, "there is no module here; go to the folder of a module, or write gotestshard cache prepare DIR"},
	} {
		if _, err := folderToPrepare(test.args, env); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v, want %s", test.args, err, test.want)
		}
	}
	for want, env := range map[string]goEnv{"w": {GOMOD: c.at("w/m/go.mod"), GOWORK: c.at("w/go.work")}, "w/m": {GOMOD: c.at("w/m/go.mod"), GOWORK: "off"}} {
		if dir, err := folderToPrepare(nil, env); err != nil || dir != c.at(want) {
			t.Errorf("%s, %v, want %s", dir, err, want)
		}
	}
	var failed counts
	failed.fail(fs.ErrPermission)
	failed.fail(fs.ErrClosed)
	if err := failed.err(); !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "(and 1 other problem); tests that read it will run again: run this command as the user who owns the files") {
		t.Error(err)
	}
}

// What changes while it is prepared keeps the time of that.
func TestPrepareWhileSomethingWrites(t *testing.T) {
	c := clone{t, t.TempDir()}
	c.write("x", "old")
	before, err := os.Lstat(c.at("x"))
	c.check(err)
	var counts counts
	later := before.ModTime().Add(-time.Hour)
	c.check(os.Chtimes(c.at("x"), later, later))
	if s := newStamper(&counts); s.set(file, c.at("x"), before, time.Unix(firstStamp, 0), setTime) != file || counts.passed.Load() != 1 {
		t.Error("it was not passed")
	}
	if now := c.times()["x"]; !now.Equal(later) {
		t.Errorf("the time is %s", now)
	}
	if got := counts.String(); !strings.HasSuffix(got, ", 1 left because something was writing there") {
		t.Error(got)
	}
	c.check(os.Remove(c.at("x")))
	if s := newStamper(&counts); s.stamp(c.at("x")) != nothing || s.set(file, c.at("x"), before, later, setTime) != nothing || counts.err() != nil {
		t.Errorf("what is gone is a problem: %v", counts.err())
	}
}

func TestPrepareCommand(t *testing.T) {
	c := clone{t, t.TempDir()}
	c.write("go.mod", "module m\n")
	call := option.Call{Environ: append(c.environ(), "GOCACHE="+c.at("cache"), "GOFLAGS=", "GOWORK=off")}
	run := func(args ...string) (string, error) {
		var out, errs strings.Builder
		err := Run(args, call, &out, &errs)
		return out.String() + errs.String(), err
	}
	for _, want := range []string{"prepared 1 file and 1 folder: 2 times set, 0 already right\n", "prepared 1 file and 1 folder: 0 times set, 2 already right\n"} {
		if got, err := run("prepare", c.dir); err != nil || got != want {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	}
	if since, err := (buildCache{c.at("cache")}).since(); err != nil || since.IsZero() {
		t.Errorf("the use of the build cache does not show: %v", err)
	}
	c.check(os.Mkdir(c.at("empty"), 0o700))
	if _, err := run("prepare", c.at("empty")); err == nil || !strings.Contains(err.Error(), "has no file to prepare: it is empty, or git ignores everything in it") {
		t.Error(err)
	}
	if got, err := run("trim"); err != nil || !strings.HasPrefix(got, "trimmed "+c.at("cache")+": 0 files of 0B kept, 0 files of 0B removed\n") {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := run("trim", "x"); err == nil || !strings.Contains(err.Error(), `takes no arguments, but there is "x"`) {
		t.Error(err)
	}
	c.write("clone/file", "x")
	call.Environ = append(call.Environ, "GOCACHE="+c.at("go.mod")) // it cannot be written, but times can be set
	if got, err := run("prepare", c.at("clone")); err == nil || got != "prepared 1 file and 1 folder: 2 times set, 0 already right\n" {
		t.Errorf("%q, %v", got, err)
	}
	call.Environ = append(call.Environ, "GOCACHEPROG=prog")
	if _, err := run("trim"); err == nil || !strings.Contains(err.Error(), "GOCACHEPROG is set") {
		t.Error(err)
	}
	if help, err := run("trim", "--help"); err != nil || !strings.Contains(help, "--max") {
		t.Errorf("%q, %v", help, err)
	}
}
