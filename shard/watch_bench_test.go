//go:build unix

package shard

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// BenchmarkWatch saves a file of a package that nothing imports, in a module of 300 packages, and
// measures when its test process starts: in watch mode, from the end of the quarter of a second in
// which saves are joined, and in turn by go test of that package. docs/benchmarks.md has the command.
func BenchmarkWatch(b *testing.B) {
	const packages = 300
	dir := b.TempDir()
	writeImporters(b, dir, packages)
	w := startBenchWatch(b, dir, buildForBench(b, b.TempDir(), "gotestshard", "github.com/gotestshard/gotestshard"))
	leaf := fmt.Sprintf("p%d", packages-1)
	var alone, watched []time.Duration
	// In a quarter of a second after a run, a save would be one that the tests may have made.
	const afterRun = 300 * time.Millisecond
	for turn := range b.N + 1 {
		saved := saveConstant(b, filepath.Join(dir, leaf), 2*turn+1)
		at := startedAt(b, dir)
		w.await("DONE")
		time.Sleep(afterRun)

		w.signal(syscall.SIGSTOP)
		saveConstant(b, filepath.Join(dir, leaf), 2*turn+2)
		cmd := exec.Command("go", "test", "./"+leaf)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "STARTED="+filepath.Join(dir, "started"))
		began := time.Now()
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("go test: %v\n%s", err, out)
		}
		if turn > 0 { // the first builds what both need
			watched = append(watched, at.Sub(saved)-250*time.Millisecond)
			alone = append(alone, startedAt(b, dir).Sub(began))
		}
		w.signal(syscall.SIGCONT)
		w.await("DONE")
		time.Sleep(afterRun)
		_ = os.Remove(filepath.Join(dir, "started"))
	}
	middle := func(all []time.Duration) time.Duration {
		slices.Sort(all)
		return all[len(all)/2]
	}
	b.ReportMetric(float64(middle(alone).Milliseconds()), "ms-go-test")
	b.ReportMetric(float64(middle(watched).Milliseconds()), "ms-watch")
	b.ReportMetric(float64((middle(watched) - middle(alone)).Milliseconds()), "ms-later")
}

// writeImporters writes a module in which each package imports up to two before it, but nothing the
// last one. A test process writes into a file when it started.
func writeImporters(b *testing.B, dir string, packages int) {
	b.Helper()
	files := map[string]string{"go.mod": "module example.com/bench\n\ngo 1.26\n"}
	for i := range packages {
		imports := ""
		for _, at := range slices.Compact([]int{i / 2, i / 3}) {
			if at < i {
				imports += fmt.Sprintf("\t_ \"example.com/bench/p%d\"\n", at)
			}
		}
		name := fmt.Sprintf("p%d", i)
		files[name+"/x.go"] = fmt.Sprintf("package %s\n\nimport (\n\t_ \"net/url\"\n%s)\n\nconst C = 0\n", name, imports)
		files[name+"/x_test.go"] = "package " + name + `

import (
	"os"
	"strconv"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	os.WriteFile(os.Getenv("STARTED"), strconv.AppendInt(nil, time.Now().UnixNano(), 10), 0o600)
	os.Exit(m.Run())
}

func TestC(t *testing.T) { t.Log(C) }
`
	}
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
}

// saveConstant changes a constant of a package and returns when it did.
func saveConstant(b *testing.B, dir string, value int) time.Time {
	b.Helper()
	name := filepath.Join(dir, "x.go")
	text, err := os.ReadFile(name)
	if err != nil {
		b.Fatal(err)
	}
	before, _, _ := strings.Cut(string(text), "const C")
	saved := time.Now()
	if err := os.WriteFile(name, fmt.Appendf(nil, "%sconst C = %d // %d\n", before, value, saved.UnixNano()), 0o600); err != nil {
		b.Fatal(err)
	}
	return saved
}

// startedAt waits for the start of a test process, and forgets it.
func startedAt(b *testing.B, dir string) time.Time {
	b.Helper()
	name := filepath.Join(dir, "started")
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		text, _ := os.ReadFile(name)
		if at, err := strconv.ParseInt(string(text), 10, 64); err == nil && len(text) == len(strconv.FormatInt(time.Now().UnixNano(), 10)) {
			_ = os.Remove(name)
			return time.Unix(0, at)
		}
	}
	b.Fatal("no test has started")
	return time.Time{}
}

// benchWatch is a gotestshard that watches.
type benchWatch struct {
	b     *testing.B
	cmd   *exec.Cmd
	lines *bufio.Scanner
}

func startBenchWatch(b *testing.B, dir, program string) benchWatch {
	b.Helper()
	cmd := exec.Command(program, "--watch", "-n", "2")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "STARTED="+filepath.Join(dir, "started"))
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	w := benchWatch{b, cmd, bufio.NewScanner(stdout)}
	b.Cleanup(func() {
		w.signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	w.await("Watching")
	return w
}

func (w benchWatch) signal(sig os.Signal) { _ = w.cmd.Process.Signal(sig) }

// await waits for a line.
func (w benchWatch) await(begin string) {
	w.b.Helper()
	for w.lines.Scan() {
		if strings.HasPrefix(w.lines.Text(), begin) {
			return
		}
	}
	w.b.Fatalf("the watch ended: %v", w.lines.Err())
}
