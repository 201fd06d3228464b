//go:build unix

package shard

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/shardtest"
)

// BenchmarkLines measures a failing test that prints many lines, in every format and report.
// The cost per line must not depend on the number of lines. The time is processor time, and
// the memory is the peak.
//
//	go test ./shard -run '^$' -bench Lines -benchtime 3x
func BenchmarkLines(b *testing.B) {
	dir := b.TempDir()
	program := buildForBench(b, dir, "gotestshard", "github.com/gotestshard/gotestshard")
	for _, flags := range []string{
		"-f pkgname", "-f testname", "-f standard-quiet", "-f standard-verbose", "-f dots", "-f testdox", "-f github-actions", "-f json",
		"--ci github -f testname", "--ci gitlab -f testname", "--ci teamcity", "--ci buildkite -f testname",
		"--junitfile out.xml", "--junitfile out.xml --junitfile-style surefire", "--html out.html", "--summary-md out.md", "--jsonfile out.json",
		"--result out.gotestshard",
	} {
		b.Run(strings.ReplaceAll(flags, " ", "_"), func(b *testing.B) {
			for _, lines := range []int{25_000, 50_000, 100_000, 200_000} {
				events := filepath.Join(dir, fmt.Sprintf("%d.json", lines))
				if err := writeLines(events, lines); err != nil {
					b.Fatal(err)
				}
				b.Run(fmt.Sprint(lines), func(b *testing.B) {
					var took time.Duration
					var largest int64
					for b.Loop() {
						cmd := exec.Command(program, append(strings.Fields(flags), "--shard", "a=cat "+events)...)
						cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOVERSION=x")
						if err := cmd.Run(); shardtest.ExitCode(err) != 1 {
							b.Fatalf("%s: %v", flags, err)
						}
						took += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
						largest = max(largest, peakMemory(cmd))
					}
					b.ReportMetric(float64(took.Nanoseconds())/float64(lines*b.N), "cpu-ns/line")
					b.ReportMetric(float64(largest)/1e6, "MB-peak")
				})
			}
		})
	}
}

// writeLines writes the events of a failing test that prints the given number of lines.
func writeLines(name string, lines int) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(file)
	event := func(form string, args ...any) {
		_, _ = fmt.Fprintf(w, `{"Time":"2026-01-02T03:04:05.123456789Z","Action":`+form+"}\n", args...) // w keeps its first error
	}
	event(`"start","Package":"example.com/m"`)
	event(`"run","Package":"example.com/m","Test":"TestLines"`)
	for i := range lines {
		event(`"output","Package":"example.com/m","Test":"TestLines","Output":"    a_test.go:5: this is line %d of a test that has much to say\n"`, i)
	}
	event(`"output","Package":"example.com/m","Test":"TestLines","Output":"--- FAIL: TestLines (1.00s)\n"`)
	event(`"fail","Package":"example.com/m","Test":"TestLines","Elapsed":1`)
	event(`"output","Package":"example.com/m","Output":"FAIL\n"`)
	event(`"fail","Package":"example.com/m","Elapsed":1`)
	return errors.Join(w.Flush(), file.Close())
}
