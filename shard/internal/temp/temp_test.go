package temp

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAbsolute(t *testing.T) {
	work := t.TempDir()
	t.Chdir(work)
	if err := os.Mkdir("own", 0o700); err != nil {
		t.Fatal(err)
	}
	work, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".", "own", "./own/../own", filepath.Join(work, "own")} {
		t.Setenv(Variable, name)
		want, err := filepath.Abs(name)
		if err != nil {
			t.Fatal(err)
		}
		dir, err := Dir("", "folder-")
		if err != nil || !filepath.IsAbs(dir) || filepath.Dir(dir) != want {
			t.Errorf("with %q the folder is %q, %v", name, dir, err)
		}
		file, err := File("file-")
		if err != nil {
			t.Fatal(err)
		}
		_ = file.Close()
		if !filepath.IsAbs(file.Name()) || filepath.Dir(file.Name()) != want {
			t.Errorf("with %q the file is %q", name, file.Name())
		}
		if dir, err = Dir(name, "folder-"); err != nil || !filepath.IsAbs(dir) || filepath.Dir(dir) != want {
			t.Errorf("in %q the folder is %q, %v", name, dir, err)
		}
	}
}

func TestErrorSaysWhatToDo(t *testing.T) {
	t.Setenv(Variable, filepath.Join(t.TempDir(), "missing"))
	_, dirErr := Dir("", "folder-")
	_, fileErr := File("file-")
	for _, err := range []error{dirErr, fileErr} {
		if err == nil || !strings.Contains(err.Error(), "set "+Variable+" to a folder that exists") {
			t.Errorf("the error is %v", err)
		}
	}
}

// Every temporary folder and file is created by this package: os.MkdirTemp and
// os.CreateTemp return a relative path if the environment has one.
func TestOthersComeHere(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	checked := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			switch {
			case entry.Name() == "testdata", entry.Name() == "temp", strings.HasPrefix(entry.Name(), ".") && path != root,
				path == filepath.Join(root, "shard", "worker"),                // a separate module
				path == filepath.Join(root, "shard", "internal", "shardtest"): // used only by tests
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		checked++
		for _, call := range []string{`os.MkdirTemp("`, `os.CreateTemp("`, "os.TempDir("} {
			if strings.Contains(string(text), call) {
				t.Errorf("%s calls %s: use package temp", path, call)
			}
		}
		return nil
	})
	if err != nil || checked < 100 {
		t.Errorf("checked %d files: %v", checked, err)
	}
}
