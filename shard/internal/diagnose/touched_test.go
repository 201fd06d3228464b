package diagnose

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A file that both touch is what they share if it has changed since, or is gone since.
func TestChangedFiles(t *testing.T) {
	root, elsewhere := t.TempDir(), t.TempDir()
	began := time.Now().Add(time.Hour)
	write := func(name string, at time.Time) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
	}
	in := func(names ...string) (paths []string) {
		for _, name := range names {
			paths = append(paths, filepath.Join(root, name))
		}
		return paths
	}
	write(filepath.Join(root, "a/written"), began.Add(time.Second))
	write(filepath.Join(root, "a/only_read"), began.Add(-time.Minute))
	write(filepath.Join(elsewhere, "lock"), began)
	write(filepath.Join(root, "old/x"), began)
	for folder, at := range map[string]time.Time{"a": began.Add(time.Second), "old": began.Add(-time.Minute)} {
		if err := os.Chtimes(filepath.Join(root, folder), at, at); err != nil {
			t.Fatal(err)
		}
	}
	paths := append(in("a/written", "a/only_read", "a/removed", "old/never_there", "a"), filepath.Join(elsewhere, "lock"))
	got := fmt.Sprint(changedSince(paths, began, root))
	if want := "[the file a/written the file a/removed the file " + filepath.ToSlash(filepath.Join(elsewhere, "lock")) + "]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	log := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(log, []byte("# test log\nopen x\nchdir "+elsewhere+"\nstat y\ngetenv HOME\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	folder := folderOf(root, "example.com/m", "example.com/m/a")
	own := readTouched(log, folder)
	x, y := filepath.Join(root, "a", "x"), filepath.Join(elsewhere, "y")
	for other, want := range map[string]touched{
		fmt.Sprint([]string{x}): {opened: map[string]bool{x: true}},
		fmt.Sprint([]string{y}): {opened: map[string]bool{y: true}},
		"[]":                    {looked: map[string]bool{y: true}}, // neither opens it
	} {
		if got := fmt.Sprint(own.with(want)); got != other {
			t.Errorf("%s, want %s", got, other)
		}
	}
	if lost := readTouched(log+"-not-there", folder); len(lost.opened)+len(lost.looked) > 0 {
		t.Error(lost)
	}
}
