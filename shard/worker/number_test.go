package worker

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// namesPerProcess is a multiple of numberBlock, so that no number is left over.
const namesPerProcess = 64 * numberBlock

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

// The names of one worker, or outside a run, differ only in their suffixes. The suffixes of
// eight processes are consecutive numbers times a step, so they do not repeat before all are
// used.
func TestNamesOfEightProcesses(t *testing.T) {
	for _, test := range []struct {
		name, prefix string
		env          func(dir string) []string
	}{
		{"in a run", "gw0_", func(dir string) []string { return runEnv(dir, "gw0", 0, 1) }},
		{"outside", "master_", func(dir string) []string { return []string{"TMPDIR=" + dir, "TMP=" + dir} }},
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
			var counted []int // since the first name of the first process
			var first uint32
			for i, p := range all {
				p.mustPass()
				text, err := os.ReadFile(filepath.Join(files, strconv.Itoa(i)))
				check(t, err)
				for line := range strings.Lines(string(text)) {
					suffix, ok := strings.CutPrefix(strings.TrimSpace(line), test.prefix)
					number, err := strconv.ParseUint(suffix, 16, 32)
					if !ok || len(suffix) != 8 || err != nil {
						t.Fatalf("%q is not a name", line)
					}
					if len(counted) == 0 {
						first = uint32(number)
					}
					counted = append(counted, int(int32((uint32(number)-first)*inverseOfStep())))
				}
			}
			slices.Sort(counted)
			for i, number := range counted {
				if number != counted[0]+i {
					t.Fatalf("the number %d follows %d", number, counted[0]+i-1)
				}
			}
			if len(counted) != 8*namesPerProcess {
				t.Errorf("%d names of %d", len(counted), 8*namesPerProcess)
			}
		})
	}
}

// inverseOfStep is the number that undoes a multiplication by numberStep, which is possible
// since it is odd. Each iteration doubles the number of correct bits (Newton).
func inverseOfStep() uint32 {
	inverse := uint32(numberStep)
	for range 5 {
		inverse *= 2 - numberStep*inverse
	}
	return inverse
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
