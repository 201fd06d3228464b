//go:build unix

package history

import (
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// limitFileSize makes writes fail as on a full disk.
func limitFileSize(limit string) {
	if n, err := strconv.Atoi(limit); err == nil {
		signal.Ignore(syscall.SIGXFSZ)
		_ = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: uint64(n), Max: uint64(n)})
	}
}

func TestSaveOnAFullDisk(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "t.json")
	if err := os.WriteFile(file, history(10).encode(), 0o600); err != nil {
		t.Fatal(err)
	}
	before := read(t, file)
	out, err := helper(file, "TestNew", "HISTORY_TEST_LIMIT=100").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "file too large") {
		t.Errorf("%v: %s", err, out)
	}
	if read(t, file) != before || names(t, dir) != "t.json" {
		t.Errorf("left %q", names(t, dir))
	}
}

// The umask belongs to the process, so these tests run one after another.
func withUmask(t *testing.T, mask int) {
	old := syscall.Umask(mask)
	t.Cleanup(func() { syscall.Umask(old) })
}

func mode(t *testing.T, file string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func TestModes(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", filepath.Join(t.TempDir(), "cache"))
	t.Setenv("HOME", t.TempDir())
	file, err := DefaultFile([]string{"m"})
	if err != nil {
		t.Fatal(err)
	}
	withUmask(t, 0o022)
	if err := record("TestA 1").Save(file, now); err != nil {
		t.Fatal(err)
	}
	if mode(t, file) != 0o600 || mode(t, filepath.Dir(file)) != 0o700 || mode(t, filepath.Dir(filepath.Dir(file))) != 0o700 {
		t.Errorf("in the cache: %v in %v", mode(t, file), mode(t, filepath.Dir(file)))
	}
	named := filepath.Join(t.TempDir(), "folder", "t.json")
	for _, c := range []struct {
		umask     int
		want, dir fs.FileMode
	}{{0o022, 0o644, 0o755}, {0o027, 0o640, 0o750}} {
		withUmask(t, c.umask)
		if err := record("TestA 1").Save(named, now); err != nil {
			t.Fatal(err)
		}
		if mode(t, named) != c.want || mode(t, filepath.Dir(named)) != c.dir {
			t.Errorf("umask %o: %v in %v", c.umask, mode(t, named), mode(t, filepath.Dir(named)))
		}
		if err := os.Chmod(named, 0o666); err != nil {
			t.Fatal(err)
		}
		if err := record("TestA 1").Save(named, now); err != nil {
			t.Fatal(err)
		}
		if mode(t, named) != 0o666 {
			t.Errorf("an existing file's mode became %v", mode(t, named))
		}
		if err := os.RemoveAll(filepath.Dir(named)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLinksStay(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "real"), 0o700); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link.json")
	for name, target := range map[string]string{link: "second.json", filepath.Join(dir, "second.json"): "real/t.json"} {
		if err := os.Symlink(target, name); err != nil {
			t.Fatal(err)
		}
	}
	check := func(what, want string) {
		t.Helper()
		if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
			t.Errorf("%s replaced the link", what)
		}
		if got := names(t, filepath.Join(dir, "real")); got != want || names(t, dir) != "link.json real second.json" {
			t.Errorf("%s left %q and %q", what, got, names(t, dir))
		}
	}
	for range 2 { // at first its target does not exist
		if err := record("TestA 1").Save(link, now); err != nil {
			t.Fatal(err)
		}
		check("Save", "t.json")
	}
	write(t, filepath.Join(dir, "real", "t.json"), "damaged")
	if _, err := Load(link); err == nil {
		t.Error("no warning")
	}
	check("Load", "t.json.damaged")
	round := filepath.Join(dir, "round")
	if err := os.Symlink("round", round); err != nil {
		t.Fatal(err)
	}
	if err := record("TestA 1").Save(round, now); err == nil || !strings.Contains(err.Error(), "too many symbolic links") {
		t.Errorf("a link to itself: %v", err)
	}
}

// Reading a pipe would wait, and a device such as /dev/null would be replaced. The pipe
// stands for both, because with a bug in the code, a test on the device itself would remove
// it from the whole machine.
func TestAPipeIsLeftAlone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(file, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(file); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("Load: %v", err)
	}
	if err := record("TestA 1").Save(file, now); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("Save: %v", err)
	}
	if info, err := os.Lstat(file); err != nil || info.Mode()&fs.ModeNamedPipe == 0 || names(t, filepath.Dir(file)) != "pipe" {
		t.Errorf("left %q", names(t, filepath.Dir(file)))
	}
}
