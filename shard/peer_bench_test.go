//go:build unix

package shard

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// BenchmarkPeer runs gotestsum and gotestshard alternately on the same input and reports the
// ratio of their median wall times. docs/benchmarks.md has the command and the results.
func BenchmarkPeer(b *testing.B) {
	bin := b.TempDir()
	gotestshard := buildForBench(b, bin, "gotestshard", "github.com/gotestshard/gotestshard")
	gotestsum := buildForBench(b, bin, "gotestsum", "gotest.tools/gotestsum")

	b.Run("rerun", func(b *testing.B) {
		benchRerun(b, gotestsum, gotestshard)
	})
	b.Run("cached", func(b *testing.B) {
		dir := benchModule(b, 40)
		runPairs(b, dir, []string{gotestsum}, []string{gotestshard, "-n", "auto"})
	})
	b.Run("many-packages", func(b *testing.B) {
		dir := benchModule(b, 40)
		runPairs(b, dir, []string{gotestsum, "--", "-count=1", "./..."}, []string{gotestshard, "-n", "auto", "--", "-count=1", "./..."})
	})
	b.Run("race", func(b *testing.B) {
		dir := benchModule(b, 40)
		b.Setenv("GORACE", "") // the tests set it
		runPairs(b, dir, []string{gotestsum, "--", "-race", "-count=1", "./..."}, []string{gotestshard, "-n", "auto", "--", "-race", "-count=1", "./..."})
	})
	b.Run("million-events", func(b *testing.B) {
		events := benchEvents(b, 1_000_000)
		runPairs(b, b.TempDir(), []string{gotestsum, "--raw-command", "cat", events}, []string{gotestshard, "--shard", "x=cat " + events})
	})
	b.Run("ten-million-events", func(b *testing.B) {
		events := benchEvents(b, 10_000_000)
		runPairs(b, b.TempDir(), nil, []string{gotestshard, "--shard", "x=cat " + events})
	})
}

// buildForBench builds a program into dir and returns its path.
func buildForBench(b *testing.B, dir, name, pkg string) string {
	b.Helper()
	program := filepath.Join(dir, name)
	if out, err := exec.Command("go", "build", "-race=false", "-o", program, pkg).CombinedOutput(); err != nil {
		b.Fatalf("building %s: %v\n%s", name, err, out)
	}
	return program
}

// benchModule writes a module of packages with two quick tests each.
func benchModule(b *testing.B, packages int) string {
	b.Helper()
	dir := b.TempDir()
	write := func(name, text string) {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	write("go.mod", "module example.com/bench\n\ngo 1.26\n")
	for i := range packages {
		write(fmt.Sprintf("p%d/p_test.go", i), fmt.Sprintf(
			"package p%d\n\nimport \"testing\"\n\nfunc TestA(t *testing.T) {}\nfunc TestB(t *testing.T) {}\n", i))
	}
	return dir
}

// benchRerun measures how much time the rerun of one failed test adds to a run. Linking the
// test binary takes about a second, because it is built with -race by an external linker, as
// with cgo.
func benchRerun(b *testing.B, gotestsum, gotestshard string) {
	dir := b.TempDir()
	imports := ""
	for pkg := range strings.FieldsSeq("archive/zip compress/bzip2 crypto/tls database/sql debug/dwarf debug/elf debug/macho debug/pe encoding/gob " +
		"encoding/xml expvar go/build go/doc go/format go/importer go/types html/template image/gif image/jpeg image/png " +
		"math/big mime/multipart net/http net/http/httptest net/http/pprof net/rpc net/smtp runtime/pprof text/template") {
		imports += fmt.Sprintf("import _ %q\n", pkg)
	}
	for name, text := range map[string]string{
		"go.mod": "module example.com/bench\n\ngo 1.26\n",
		"p_test.go": "package p\n\nimport (\n\"os\"\n\"testing\"\n)\n" + imports + `
func TestFlaky(t *testing.T) {
	if os.Remove("fail") == nil {
		t.Error("the first time")
	}
}
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	run := func(fails bool, command ...string) time.Duration {
		if fails {
			if err := os.WriteFile(filepath.Join(dir, "fail"), nil, 0o600); err != nil {
				b.Fatal(err)
			}
		}
		cmd := exec.Command(command[0], append(command[1:], "--rerun-fails", "--packages", ".", "--", "-count=1", "-race", "-ldflags=-linkmode=external -s=false -w=false")...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
		begin := time.Now()
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%s: %v\n%s", strings.Join(command, " "), err, out)
		}
		return time.Since(begin)
	}
	run(false, gotestsum)
	var once, theirs, ours []time.Duration
	for b.Loop() {
		sum, shard := run(false, gotestsum), run(false, gotestshard, "-n", "2")
		once = append(once, sum)
		theirs = append(theirs, run(true, gotestsum)-sum)
		ours = append(ours, run(true, gotestshard, "-n", "2")-shard)
	}
	b.ReportMetric(median(once), "s/run")
	b.ReportMetric(median(theirs), "s/gotestsum-rerun")
	b.ReportMetric(median(ours), "s/gotestshard-rerun")
	b.ReportMetric(0, "ns/op")
}

func median(d []time.Duration) float64 {
	slices.Sort(d)
	return (d[len(d)/2] + d[(len(d)-1)/2]).Seconds() / 2
}

// benchEvents writes a recording of n events of passing tests, four events per test.
func benchEvents(b *testing.B, n int) string {
	b.Helper()
	file, err := os.Create(filepath.Join(b.TempDir(), "events.json"))
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(file)
	const packages = 100
	for p := range packages {
		head := func(action string) string {
			return fmt.Sprintf(`{"Time":"2026-01-02T03:04:05.123456789Z","Action":%q,"Package":"example.com/bench/p%d"`, action, p)
		}
		_, _ = fmt.Fprintf(w, "%s}\n", head("start"))
		for i := range n / 4 / packages {
			test := fmt.Sprintf(`,"Test":"TestNumber%d"`, i)
			_, _ = fmt.Fprintf(w, "%s%s}\n", head("run"), test)
			_, _ = fmt.Fprintf(w, `%s%s,"Output":"=== RUN   TestNumber%d\n"}`+"\n", head("output"), test, i)
			_, _ = fmt.Fprintf(w, `%s%s,"Output":"--- PASS: TestNumber%d (0.00s)\n"}`+"\n", head("output"), test, i)
			_, _ = fmt.Fprintf(w, `%s%s,"Elapsed":0.01}`+"\n", head("pass"), test)
		}
		_, _ = fmt.Fprintf(w, `%s,"Elapsed":1}`+"\n", head("pass"))
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := file.Close(); err != nil {
		b.Fatal(err)
	}
	return file.Name()
}

// runPairs runs theirs, if there is one, and ours alternately. The first pair does not count.
func runPairs(b *testing.B, dir string, theirs, ours []string) {
	run := func(command []string) (took time.Duration, peak int64) {
		if command == nil {
			return 0, 0
		}
		cmd := exec.Command(command[0], command[1:]...)
		cmd.Dir = dir
		begin := time.Now()
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%s: %v\n%s", strings.Join(command, " "), err, out)
		}
		peak = cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
		if runtime.GOOS == "linux" {
			peak *= 1024 // it is in kilobytes there
		}
		return time.Since(begin), peak
	}
	run(theirs)
	run(ours)
	var their, our []time.Duration
	var largest int64
	for b.Loop() {
		took, _ := run(theirs)
		their = append(their, took)
		took, peak := run(ours)
		our = append(our, took)
		largest = max(largest, peak)
	}
	if theirs != nil {
		b.ReportMetric(median(our)/median(their), "ratio")
		b.ReportMetric(median(their), "s/gotestsum")
	}
	b.ReportMetric(median(our), "s/gotestshard")
	b.ReportMetric(float64(largest)/1e6, "MB-peak")
	b.ReportMetric(0, "ns/op") // hides the time of the pair, which is not useful
}
