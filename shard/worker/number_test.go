package worker

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

const namesPerProcess = 125_000

func init() {
	helpers["names"] = func(t *testing.T) {
		tell("ready")
		hear(t)
		file, err := os.Create(os.Getenv("NAMES"))
		check(t, err)
		out := bufio.NewWriter(file)
		for range namesPerProcess {
			_, _ = out.WriteString(UniqueName(t) + "\n") // Flush has the error
		}
		check(t, out.Flush())
		check(t, file.Close())
	}
}

// A million names of one worker, or outside a run: only their suffixes differ.
func TestAMillionNames(t *testing.T) {
	for _, test := range []struct {
		name string
		env  func(dir string) []string
	}{
		{"in a run", func(dir string) []string { return runEnv(dir, "gw0", 0, 1) }},
		{"outside", func(dir string) []string { return []string{"TMPDIR=" + dir, "TMP=" + dir} }},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, files := t.TempDir(), t.TempDir()
			var all []*process
			for i := range 8 {
				all = append(all, start(t, "names", append(test.env(dir), "NAMES="+filepath.Join(files, strconv.Itoa(i)))...))
			}
			for _, p := range all {
				p.expect("ready")
			}
			for _, p := range all {
				p.goOn()
			}
			names := make(map[string]bool, 8*namesPerProcess)
			for i, p := range all {
				p.mustPass()
				file, err := os.Open(filepath.Join(files, strconv.Itoa(i)))
				check(t, err)
				for lines := bufio.NewScanner(file); lines.Scan(); {
					names[lines.Text()] = true
				}
				check(t, file.Close())
			}
			if len(names) != 8*namesPerProcess {
				t.Errorf("%d different names of %d", len(names), 8*namesPerProcess)
			}
		})
	}
}

func TestCounter(t *testing.T) {
	r := testRun(t)
	first, err := r.suffix()
	check(t, err)
	path := filepath.Join(r.dir, "name", "counter")
	data, err := os.ReadFile(path)
	check(t, err)
	if string(data[:8]) != first {
		t.Errorf("the first suffix, %s, is not the beginning of the UUID in %q", first, data)
	}

	// A damaged counter is replaced.
	check(t, os.WriteFile(path, []byte("spoilt"), 0o600))
	r.numbers = numbers{}
	if again, err := r.suffix(); err != nil || again == first {
		t.Errorf("after a spoilt counter: %q, %v", again, err)
	}
}

// Names outside a run work even without a folder that belongs to the user.
func TestNamesWithoutAFolder(t *testing.T) {
	r := plainRun(t)
	check(t, os.Mkdir(r.dir, 0o755))
	check(t, os.Chmod(r.dir, 0o777))
	if _, err := r.suffix(); err != nil {
		t.Error(err)
	}
	if _, err := r.folder("lock"); err == nil && os.Getuid() >= 0 {
		t.Error("a folder that others can write to was taken")
	}
}
