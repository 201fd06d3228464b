//go:build unix

package shard

import (
	"errors"
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

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/result"
)

// BenchmarkMerge merges the files of nodes with 100,000 events each: 5,000 tests with 4
// subtests each, in 100 packages that are split over all nodes. Each file has the whole plan
// and timings. It reports the time per event and the peak memory of the program.
//
//	go test ./shard -run '^$' -bench Merge -benchtime 1x
func BenchmarkMerge(b *testing.B) {
	gotestshard, err := exec.LookPath("gotestshard")
	if err != nil {
		b.Fatal(err)
	}
	for _, nodes := range []int{10, 100} {
		dir := b.TempDir()
		events := writeNodes(b, dir, nodes, 50)
		for _, reports := range []string{"", "--jsonfile out.json --shard-report shards.json --summary-md summary.md --timings timings.json", "--junitfile junit.xml"} {
			name := "no report"
			if reports != "" {
				name = strings.Fields(reports)[0]
			}
			b.Run(fmt.Sprintf("%d nodes/%s", nodes, name), func(b *testing.B) {
				var largest int64
				begin := time.Now()
				for b.Loop() {
					cmd := exec.Command(gotestshard, append(append([]string{"merge"}, strings.Fields(reports)...), ".")...)
					cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOVERSION=x")
					if out, err := cmd.CombinedOutput(); err != nil {
						b.Fatalf("%v\n%s", err, out)
					}
					largest = max(largest, peakMemory(cmd))
				}
				b.ReportMetric(float64(time.Since(begin).Nanoseconds())/float64(events*b.N), "ns/event")
				b.ReportMetric(float64(largest)/1e6, "MB-peak")
			})
		}
	}
}

// peakMemory returns the peak memory of a program that has ended, in bytes.
func peakMemory(cmd *exec.Cmd) int64 {
	peak := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
	if runtime.GOOS == "linux" {
		peak *= 1024 // it is in kilobytes there
	}
	return peak
}

// writeNodes writes the files of nodes and returns the total number of events. Each node has
// the given number of tests of each of 100 packages.
func writeNodes(b *testing.B, dir string, nodes, tests int) (events int) {
	b.Helper()
	const packages = 100
	pkg := func(p int) string { return fmt.Sprintf("example.com/bench/internal/p%d", p) }
	test := func(node, i int) string { return fmt.Sprintf("TestOfNode%dNumber%d", node, i) }
	var parts []plan.Part
	for node := range nodes {
		var part plan.Part
		for p := range packages {
			piece := plan.PartPackage{Name: pkg(p), Rest: node == 0}
			for i := range tests {
				piece.Tests = append(piece.Tests, test(node, i))
			}
			part.Packages = append(part.Packages, piece)
		}
		parts = append(parts, part)
	}
	digest := plan.Digest(parts)
	for node := range nodes {
		file, err := os.Create(filepath.Join(dir, fmt.Sprintf("part-%d%s", node+1, result.Extension)))
		if err != nil {
			b.Fatal(err)
		}
		w, err := result.NewWriter(file, result.Header{Part: node + 1, Parts: nodes, Digest: digest, Started: time.Now(), Workers: []string{"gw0", "gw1"}})
		if err := errors.Join(err, w.Plan(parts)); err != nil {
			b.Fatal(err)
		}
		run := history.NewRun()
		event := func(form string, args ...any) {
			events++
			if err := w.Event(fmt.Appendf(nil, `{"Time":"2026-01-02T03:04:05.123456789Z",`+form+`}`, args...)); err != nil {
				b.Fatal(err)
			}
		}
		for p := range packages {
			of := fmt.Sprintf(`"Package":%q`, pkg(p))
			event(`"Action":"start",%s`, of)
			for i := range tests {
				names := []string{test(node, i)}
				for sub := range 4 {
					names = append(names, fmt.Sprintf("%s/sub%d", names[0], sub))
				}
				for _, name := range names {
					event(`"Action":"run",%s,"Test":%q,"Worker":"gw0"`, of, name)
					event(`"Action":"output",%s,"Test":%q,"Output":"=== RUN   %s\n","Worker":"gw0"`, of, name, name)
				}
				for _, name := range slices.Backward(names) {
					event(`"Action":"output",%s,"Test":%q,"Output":"--- PASS: %s (0.00s)\n","Worker":"gw0"`, of, name, name)
					event(`"Action":"pass",%s,"Test":%q,"Elapsed":0.01,"Worker":"gw0"`, of, name)
				}
				run.Test(pkg(p), names[0], time.Millisecond, history.Passed)
			}
			event(`"Action":"pass",%s,"Elapsed":1,"Worker":"gw0"`, of)
		}
		shard := report.Shard{Worker: "gw0", Busy: time.Minute, Started: time.Now(), Completed: time.Now()}
		if err := errors.Join(w.Shard(shard), w.Timings(run), w.End(result.End{Wall: time.Minute}), file.Close()); err != nil {
			b.Fatal(err)
		}
	}
	return events
}
