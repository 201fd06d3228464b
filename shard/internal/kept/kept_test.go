package kept

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// folder returns the folder of a new module, in a new cache.
func folder(t *testing.T) Folder {
	t.Helper()
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("LocalAppData", cache)
	t.Setenv("HOME", cache)
	return module(t, t.TempDir())
}

func module(t *testing.T, dir string) Folder {
	t.Helper()
	f, err := Of(dir)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func keep(t *testing.T, f Folder, text string) {
	t.Helper()
	file, err := f.Create()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := file.Keep(); err != nil {
		t.Error(err)
	}
}

func last(t *testing.T, f Folder) string {
	t.Helper()
	name, err := f.Last()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheNewestRunsAreKept(t *testing.T) {
	f := folder(t)
	if _, err := f.Last(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a run: %v", err)
	}
	for i := range MostRuns + 2 {
		keep(t, f, fmt.Sprint("run ", i))
	}
	names, err := f.names()
	if err != nil || len(names) != MostRuns || last(t, f) != fmt.Sprint("run ", MostRuns+1) {
		t.Errorf("%q, %v", names, err)
	}
	for _, name := range []string{f.dir, filepath.Join(f.dir, names[0])} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm()&0o077 != 0 && filepath.Separator == '/' {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

func TestTheFileOfARunThatGoesOnIsNotTheLast(t *testing.T) {
	f := folder(t)
	keep(t, f, "complete")
	file, err := f.Create()
	if err != nil {
		t.Fatal(err)
	}
	if got := last(t, f); got != "complete" {
		t.Error(got)
	}
	file.Discard()
	if entries, err := os.ReadDir(f.dir); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestRunsAtTheSameTime(t *testing.T) {
	f := folder(t)
	var all sync.WaitGroup
	for range MostRuns {
		all.Go(func() { keep(t, f, "one of them") })
	}
	all.Wait()
	if names, err := f.names(); err != nil || len(names) != MostRuns || last(t, f) != "one of them" {
		t.Errorf("%q, %v", names, err)
	}
}

func TestALargeResultIsNotKept(t *testing.T) {
	f := folder(t)
	file, err := f.Create()
	if err != nil {
		t.Fatal(err)
	}
	file.most = 10
	if n, err := file.Write(make([]byte, 11)); n != 11 || err != nil {
		t.Error(n, err)
	}
	if err := file.Keep(); err == nil || !strings.Contains(err.Error(), "its result is larger than 0 MB") {
		t.Error(err)
	}
	if entries, err := os.ReadDir(f.dir); err != nil || len(entries) > 0 {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestOldModulesAreRemoved(t *testing.T) {
	first := folder(t)
	cache := filepath.Dir(first.dir)
	folders := []Folder{first, module(t, t.TempDir()), module(t, t.TempDir())}
	now := time.Now()
	for i, f := range folders {
		keep(t, f, "0123456789")
		keep(t, f, "0123456789")
		names, _ := f.names()
		for j, name := range names {
			age := time.Duration(10*(len(folders)-i)-j) * time.Minute
			if err := os.Chtimes(filepath.Join(f.dir, name), now, now.Add(-age)); err != nil {
				t.Fatal(err)
			}
		}
	}
	foreign := filepath.Join(cache, "file")
	if err := os.WriteFile(foreign, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	leftOver, err := folders[2].Create()
	if err != nil {
		t.Fatal(err)
	}
	counts := func() (counts []int) {
		for _, f := range folders {
			entries, _ := os.ReadDir(f.dir)
			counts = append(counts, len(entries))
		}
		return counts
	}
	for _, test := range []struct {
		modules int
		bytes   int64
		after   time.Duration
		want    string
	}{
		{3, 1000, 0, "[2 2 3]"}, {2, 1000, 0, "[0 2 3]"}, {2, 39, 0, "[0 1 3]"}, {2, 39, abandoned + time.Hour, "[0 1 2]"}, {1, 1, 0, "[0 0 1]"},
	} {
		removeOldModules(cache, test.modules, test.bytes, now.Add(test.after))
		if got := fmt.Sprint(counts()); got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
	}
	if _, err := os.Stat(folders[0].dir); !errors.Is(err, fs.ErrNotExist) {
		t.Error("an empty folder stays")
	}
	if _, err := os.Stat(foreign); err != nil {
		t.Error("the file of another program is gone")
	}
	leftOver.Discard()
}

func TestTheModuleOfAFolder(t *testing.T) {
	f := folder(t)
	sub := filepath.Join(f.Root, "m", "sub")
	if err := os.MkdirAll(sub, 0o700); err != nil {
		t.Fatal(err)
	}
	if module(t, sub).Root != sub {
		t.Error("without a module it is the folder itself")
	}
	if err := os.WriteFile(filepath.Join(f.Root, "go.work"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := module(t, sub); got != f {
		t.Errorf("in a workspace: %v", got)
	}
	if err := os.WriteFile(filepath.Join(f.Root, "m", "go.mod"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := module(t, sub); got.Root != filepath.Dir(sub) || got.dir == f.dir {
		t.Errorf("in a module: %v", got)
	}
	if _, within, err := Root(sub); within != "sub" || err != nil {
		t.Errorf("%q, %v", within, err)
	}
	if _, err := Of(filepath.Join(sub, "missing")); err == nil {
		t.Error("a folder that does not exist has a module")
	}
}
