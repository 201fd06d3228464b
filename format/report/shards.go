// Package report writes the reports before and after a run: the plan, the table of
// shards, and both as JSON.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gotestshard/gotestshard/format/plain"
)

// Shards describes what the workers or the named invocations of a run did.
type Shards struct {
	// RunID is the run's id.
	RunID string
	// Named is true if the shards are named invocations (--shard) and not the
	// workers of one invocation (-n).
	Named bool
	// Wall is the duration of the whole run, including the build. Build is how long it took
	// until the first test process started, 0 if none did or if that is not known.
	Wall, Build time.Duration
	// Shards are in the order of their indexes.
	Shards []Shard
	// Longest is the top-level test that took longest; its Name is empty when
	// no test ran.
	Longest Test
	// Advice is nil if there is none.
	Advice *Advice
}

// Shard is what one worker or one named invocation ran.
type Shard struct {
	Worker string
	// Node is the CI node of the worker, empty when there is only one.
	Node string
	// The final results of the tests that ran first in it, without cached ones. Flaky are
	// those that failed and passed in a rerun.
	Tests, Failed, Flaky, Skipped int
	// Busy is the time in which a test process, or the invocation, ran.
	Busy time.Duration
	// Started and Completed are the beginning of its first work and the end of its
	// last; zero if it had no work.
	Started, Completed time.Time
	Packages           []Package
	// Runs are the test processes of a worker, in the order of their starts; nil if
	// unknown.
	Runs []Run
}

// Run is one test process.
type Run struct {
	Package            string
	Started, Completed time.Time
	Failed             bool
	// Rerun is whether it reran failed tests.
	Rerun bool
	// Build identifies the contents of the test binary, empty if it is not known.
	Build string
}

// Package is one package that a shard ran.
type Package struct {
	Name    string
	Elapsed time.Duration
	Failed  bool
}

// Test is one test and how long it took.
type Test struct {
	Package, Name string
	Elapsed       time.Duration
}

// busy is the total busy time of all shards.
func (s Shards) busy() time.Duration {
	var sum time.Duration
	for _, shard := range s.Shards {
		sum += shard.Busy
	}
	return sum
}

// idle is the time in which a shard did not work, between the first and the last work of
// any shard of its node.
func (s Shards) idle(shard Shard) time.Duration {
	var first, last time.Time
	for _, other := range s.Shards {
		if other.Node != shard.Node {
			continue // it may have run at another time and with another clock
		}
		if first.IsZero() || !other.Started.IsZero() && other.Started.Before(first) {
			first = other.Started
		}
		if other.Completed.After(last) {
			last = other.Completed
		}
	}
	return max(0, last.Sub(first)-shard.Busy)
}

// Tests is the duration of the run without the build.
func (s Shards) Tests() time.Duration { return max(0, s.Wall-s.Build) }

// speedup is the total duration of the tests divided by the duration of the run without the
// build, in which the shards could not work.
func (s Shards) speedup() float64 {
	if s.Tests() <= 0 {
		return 0
	}
	return s.busy().Seconds() / s.Tests().Seconds()
}

// busyShare is the fraction of the shards' time in which they worked, 0 to 1.
func (s Shards) busyShare() float64 {
	if len(s.Shards) == 0 {
		return 0
	}
	return s.speedup() / float64(len(s.Shards))
}

const clock = "15:04:05"

// tableWidth is the width of a terminal that the table is made for.
const tableWidth = 80

// WriteTable writes the table of a summary.
func (s Shards) WriteTable(out io.Writer) error {
	rows := s.rows()
	var b strings.Builder
	b.WriteString("\n=== Shards\n")
	// Names and times of day to the left, numbers to the right.
	b.WriteString(plain.Columns(rows, func(i int) bool { return i == 0 || i >= len(rows[0])-clocks }))
	b.WriteString(s.line())
	b.WriteByte('\n')
	if advice := s.advice(); advice != "" {
		b.WriteString(advice + "\n")
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// clocks is the number of the last columns of rows, which are times of day.
const clocks = 2

// rows returns the headings of the table and a row for each shard. The column for flaky tests is
// there if there are any.
func (s Shards) rows() [][]string {
	rows := [][]string{{"worker", "packages", "tests", "failed", "flaky", "skipped", "busy", "idle", "started", "completed"}}
	const flaky = 4
	for _, shard := range s.Shards {
		started, completed := "-", "-"
		if !shard.Started.IsZero() {
			started, completed = shard.Started.Local().Format(clock), shard.Completed.Local().Format(clock)
		}
		rows = append(rows, []string{
			shard.Worker,
			fmt.Sprint(len(shard.Packages)), fmt.Sprint(shard.Tests),
			fmt.Sprint(shard.Failed), fmt.Sprint(shard.Flaky), fmt.Sprint(shard.Skipped),
			tenths(shard.Busy), tenths(s.idle(shard)), started, completed,
		})
	}
	if !slices.ContainsFunc(s.Shards, func(shard Shard) bool { return shard.Flaky > 0 }) {
		for i := range rows {
			rows[i] = slices.Delete(rows[i], flaky, flaky+1)
		}
	}
	return rows
}

// line sums up all shards, without a newline at the end. The longest test has a line of its own
// if they do not fit into one.
func (s Shards) line() string {
	kind, one := "workers", "test process"
	if s.Named {
		kind, one = "shards", "shard"
	}
	if s.busy() == 0 && s.Longest.Name == "" { // everything is from the cache, or was not built
		return "No " + one + " ran."
	}
	line := fmt.Sprintf("%d %s ran %s of tests in %s: %.1fx, %.0f%% busy.", len(s.Shards), kind,
		tenths(s.busy()), tenths(s.Tests()), s.speedup(), 100*s.busyShare())
	if s.Longest.Name == "" || s.namesLongest() {
		return line
	}
	longest := fmt.Sprintf("Longest: %s %s", Unit{Package: s.Longest.Package, Name: s.Longest.Name}.short(), about(s.Longest.Elapsed))
	if utf8.RuneCountInString(line)+1+utf8.RuneCountInString(longest) > tableWidth {
		return line + "\n" + longest
	}
	return line + " " + longest
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2fs", d.Seconds()) }

func tenths(d time.Duration) string { return fmt.Sprintf("%.1fs", d.Seconds()) }

// about returns a duration with two or three digits.
func about(d time.Duration) string {
	switch {
	case d < time.Second:
		return seconds(d)
	case d < 10*time.Second:
		return tenths(d)
	case d < 100*time.Second:
		return fmt.Sprintf("%.0fs", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// The JSON form of a report, version 1. Seconds are numbers, times are RFC 3339.
type (
	jsonReport struct {
		Version   int         `json:"version"`
		RunID     string      `json:"run_id"`
		Wall      float64     `json:"wall_seconds"`
		Build     float64     `json:"build_seconds"`
		Busy      float64     `json:"busy_seconds"`
		Speedup   float64     `json:"speedup"`
		BusyShare float64     `json:"busy_share"`
		Longest   *jsonTest   `json:"longest_test"`
		Advice    *jsonAdvice `json:"advice"`
		Workers   []jsonShard `json:"workers"`
	}
	jsonShard struct {
		Worker    string        `json:"worker"`
		Tests     int           `json:"tests"`
		Failed    int           `json:"failed"`
		Flaky     int           `json:"flaky"`
		Skipped   int           `json:"skipped"`
		Busy      float64       `json:"busy_seconds"`
		Idle      float64       `json:"idle_seconds"`
		Started   *time.Time    `json:"started"`
		Completed *time.Time    `json:"completed"`
		Packages  []jsonPackage `json:"packages"`
	}
	jsonPackage struct {
		Package string  `json:"package"`
		Elapsed float64 `json:"elapsed_seconds"`
		Failed  bool    `json:"failed"`
	}
	jsonTest struct {
		Package string  `json:"package"`
		Test    string  `json:"test"`
		Elapsed float64 `json:"elapsed_seconds"`
	}
)

// WriteJSON writes the report as JSON, for --shard-report.
func (s Shards) WriteJSON(out io.Writer) error {
	report := jsonReport{
		Version: 1, RunID: s.RunID, Wall: s.Wall.Seconds(), Build: s.Build.Seconds(), Busy: s.busy().Seconds(),
		Speedup: s.speedup(), BusyShare: s.busyShare(), Advice: s.Advice.json(), Workers: []jsonShard{},
	}
	if s.Longest.Name != "" {
		report.Longest = &jsonTest{s.Longest.Package, s.Longest.Name, s.Longest.Elapsed.Seconds()}
	}
	for _, shard := range s.Shards {
		row := jsonShard{
			Worker: shard.Worker, Tests: shard.Tests, Failed: shard.Failed, Flaky: shard.Flaky, Skipped: shard.Skipped,
			Busy: shard.Busy.Seconds(), Idle: s.idle(shard).Seconds(), Packages: []jsonPackage{},
		}
		if !shard.Started.IsZero() {
			row.Started, row.Completed = &shard.Started, &shard.Completed
		}
		for _, pkg := range shard.Packages {
			row.Packages = append(row.Packages, jsonPackage{pkg.Name, pkg.Elapsed.Seconds(), pkg.Failed})
		}
		report.Workers = append(report.Workers, row)
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(report)
}
