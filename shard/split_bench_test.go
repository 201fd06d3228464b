//go:build unix

package shard

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// BenchmarkSplit runs packages with sleeping tests alternately under go test, loadscope and
// load, and reports the ratios of the medians. docs/benchmarks.md has the command, the goals
// and the results.
//
// Ratios named wall are for the time that the user waits, including the build of the go
// command. Ratios named makespan are for the time from the start of the first test process
// to the end of the last one.
func BenchmarkSplit(b *testing.B) {
	gotestshard := buildForBench(b, b.TempDir(), "gotestshard", "github.com/gotestshard/gotestshard")

	b.Run("equal", func(b *testing.B) {
		benchEqual(b, gotestshard)
	})
	b.Run("unequal", func(b *testing.B) {
		benchUnequal(b, gotestshard)
	})
	for _, workers := range []int{2, 4, 8} {
		b.Run(fmt.Sprintf("short-tests/n=%d", workers), func(b *testing.B) {
			benchShortTests(b, gotestshard, workers)
		})
	}
	b.Run("subtests", func(b *testing.B) {
		benchSubtests(b, gotestshard)
	})
}

// benchEqual measures 64 tests of 0.5 s.
func benchEqual(b *testing.B, gotestshard string) {
	const tests, each, workers = 64, 500 * time.Millisecond, 8
	all := make([]time.Duration, tests)
	for i := range all {
		all[i] = each
	}
	dir := benchSleepers(b, all, 0)
	load := splitCommand{program: gotestshard, dir: dir, workers: workers, mode: "load"}
	past := load.withHistory(b)
	var plain, without, with spans
	for b.Loop() {
		plain.add(benchGoTest(b, dir))
		without.add(load.run(b))
		with.add(past.run(b))
	}
	b.ReportMetric(median(plain.wall), "s/go-test")
	b.ReportMetric(median(plain.wall)/median(without.wall), "x-wall-without-history")
	b.ReportMetric(median(plain.wall)/median(with.wall), "x-wall-with-history")
	ideal := (tests * each / workers).Seconds()
	b.ReportMetric(median(without.makespan)/ideal, "makespan/bound-without-history")
	b.ReportMetric(median(with.makespan)/ideal, "makespan/bound-with-history")
	b.ReportMetric(0, "ns/op") // hides the time of all runs together, which is not useful
}

// benchUnequal measures 3 tests of 4 s, spread among 200 tests of 0.05 s.
func benchUnequal(b *testing.B, gotestshard string) {
	const short, shorts, long, longs, workers = 50 * time.Millisecond, 200, 4 * time.Second, 3, 4
	var all []time.Duration
	for i := range shorts {
		if i%(shorts/longs) == shorts/longs/2 {
			all = append(all, long)
		}
		all = append(all, short)
	}
	if len(all) != shorts+longs {
		b.Fatalf("there are %d tests, want %d", len(all), shorts+longs)
	}
	dir := benchSleepers(b, all, 0)
	load := splitCommand{program: gotestshard, dir: dir, workers: workers, mode: "load"}
	past := load.withHistory(b)
	var without, with spans
	for b.Loop() {
		without.add(load.run(b))
		with.add(past.run(b))
	}
	bound := max(long, (longs*long+shorts*short)/workers).Seconds()
	b.ReportMetric(bound, "s/bound")
	b.ReportMetric(median(without.makespan)/bound, "makespan/bound-without-history")
	b.ReportMetric(median(with.makespan)/bound, "makespan/bound-with-history")
	b.ReportMetric(median(without.wall), "s/wall-without-history")
	b.ReportMetric(median(with.wall), "s/wall-with-history")
	b.ReportMetric(0, "ns/op")
}

// benchShortTests measures 2,000 tests of 1 ms in a package in which each process takes
// 200 ms before its first test.
func benchShortTests(b *testing.B, gotestshard string, workers int) {
	all := make([]time.Duration, 2000)
	for i := range all {
		all[i] = time.Millisecond
	}
	dir := benchSleepers(b, all, 200*time.Millisecond)
	scope := splitCommand{program: gotestshard, dir: dir, workers: workers, mode: "loadscope"}
	load := splitCommand{program: gotestshard, dir: dir, workers: workers, mode: "load"}
	past := load.withHistory(b)
	var whole, without, with spans
	for b.Loop() {
		whole.add(scope.run(b))
		without.add(load.run(b))
		with.add(past.run(b))
	}
	b.ReportMetric(median(whole.wall), "s/loadscope")
	b.ReportMetric(median(without.wall)/median(whole.wall), "wall/loadscope-without-history")
	b.ReportMetric(median(with.wall)/median(whole.wall), "wall/loadscope-with-history")
	b.ReportMetric(median(without.makespan)/median(whole.makespan), "makespan/loadscope-without-history")
	b.ReportMetric(median(with.makespan)/median(whole.makespan), "makespan/loadscope-with-history")
	b.ReportMetric(0, "ns/op")
}

// benchSubtests measures one test of 16 subtests of 1 s.
func benchSubtests(b *testing.B, gotestshard string) {
	const subtests, each, workers = 16, time.Second, 4
	dir := benchSleepers(b, nil, 0)
	text := fmt.Sprintf("package p\n\nimport (\n\"strconv\"\n\"testing\"\n\"time\"\n)\n\n"+
		"func TestMany(t *testing.T) {\n\tfor i := range %d {\n\t\tt.Run(strconv.Itoa(i), func(*testing.T) { time.Sleep(%d) })\n\t}\n}\n", subtests, each)
	if err := os.WriteFile(filepath.Join(dir, "many_test.go"), []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	load := splitCommand{program: gotestshard, dir: dir, workers: workers, mode: "load"}.withHistory(b)
	past := splitCommand{program: gotestshard, dir: dir, workers: workers, mode: "loadsub"}.withHistory(b)
	var whole, with spans
	for b.Loop() {
		whole.add(load.run(b))
		with.add(past.run(b))
	}
	b.ReportMetric(median(whole.wall), "s/wall-load")
	b.ReportMetric(median(with.wall), "s/wall-with-history")
	b.ReportMetric(median(with.makespan), "s/makespan-with-history")
	b.ReportMetric(0, "ns/op")
}

// benchSleepers writes a module of one package with a sleeping test for each of the durations,
// and a TestMain that sleeps before the tests.
func benchSleepers(b *testing.B, tests []time.Duration, start time.Duration) string {
	b.Helper()
	var text strings.Builder
	fmt.Fprintf(&text, "package p\n\nimport (\n\"os\"\n\"testing\"\n\"time\"\n)\n\n"+
		"func TestMain(m *testing.M) {\n\ttime.Sleep(%d)\n\tos.Exit(m.Run())\n}\n\n", start)
	for i, sleep := range tests {
		fmt.Fprintf(&text, "func TestNumber%04d(*testing.T) { time.Sleep(%d) }\n", i, sleep)
	}
	dir := b.TempDir()
	for name, text := range map[string]string{"go.mod": "module example.com/bench\n\ngo 1.26\n", "p_test.go": text.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	benchGoTest(b, dir, "-run=^$") // compiles its imports
	return dir
}

// span is how long a run took.
type span struct {
	wall     time.Duration // the whole run
	makespan time.Duration // from the start of the first test process to the end of the last
}

type spans struct{ wall, makespan []time.Duration }

func (s *spans) add(one span) {
	s.wall = append(s.wall, one.wall)
	s.makespan = append(s.makespan, one.makespan)
}

func benchGoTest(b *testing.B, dir string, args ...string) span {
	b.Helper()
	cmd := exec.Command("go", append([]string{"test", "-count=1"}, args...)...)
	cmd.Dir = dir
	begin := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("go test: %v\n%s", err, out)
	}
	return span{wall: time.Since(begin)}
}

// splitCommand is a run of gotestshard in dir.
type splitCommand struct {
	program, dir string
	workers      int
	mode         string
	timings      string // a file, empty for none
}

// withHistory returns the same command with the timing history of one run.
func (c splitCommand) withHistory(b *testing.B) splitCommand {
	b.Helper()
	c.timings = filepath.Join(b.TempDir(), "timings.json")
	c.run(b)
	return c
}

func (c splitCommand) run(b *testing.B) span {
	b.Helper()
	report := filepath.Join(b.TempDir(), "report.json")
	timings := c.timings
	if timings == "" {
		timings = "off"
	}
	cmd := exec.Command(c.program, "-n", fmt.Sprint(c.workers), "--dist", c.mode, "--timings", timings, "--shard-report", report, "--", "-count=1")
	cmd.Dir = c.dir
	begin := time.Now()
	out, err := cmd.CombinedOutput()
	wall := time.Since(begin)
	if err != nil {
		b.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	text, err := os.ReadFile(report)
	if err != nil {
		b.Fatal(err)
	}
	var ran struct {
		Workers []struct{ Started, Completed *time.Time }
	}
	if err := json.Unmarshal(text, &ran); err != nil {
		b.Fatalf("%s: %v", report, err)
	}
	var first, last time.Time
	for _, worker := range ran.Workers {
		if worker.Started == nil || worker.Completed == nil {
			continue // the worker had no work
		}
		if first.IsZero() || worker.Started.Before(first) {
			first = *worker.Started
		}
		if worker.Completed.After(last) {
			last = *worker.Completed
		}
	}
	if first.IsZero() {
		b.Fatalf("%s: no worker had work", report)
	}
	return span{wall, last.Sub(first)}
}
