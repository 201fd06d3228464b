package tool

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/history"
)

const ShowUsage = `Usage:
    %[1]s [flags]

Print the slowest tests and packages of the timing history. For each it prints
the estimate, which is the median of the last samples, and the share of the total.
The time of a package is the sum of its tests. The column whole is the duration in
one process, which is shorter when tests run in parallel. The column start is the
time that each process of the package takes in addition to its tests.

    %[1]s --num 5
    %[1]s --json
`

func showTimings(name string, args []string, stdout io.Writer) error {
	flags := newTimingsFlags(name)
	num := flags.Uint("num", 20, "print at most `N` tests and N packages, 0 for all")
	asJSON := flags.Bool("json", false, "print JSON")
	if done, err := flags.parse(args, ShowUsage, stdout); done || err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q; see '%s --help'", flags.Arg(0), name)
	}
	file, _, err := flags.history()
	if err != nil {
		return err
	}
	known, err := history.Read(file) // it does not change a file that is not a history
	if err != nil {
		return fmt.Errorf("showing timings: %w; name another file with --timings", err)
	}
	costs := costsOf(known, file)
	if n := uint64(*num); n > 0 {
		costs.Tests = costs.Tests[:min(n, uint64(len(costs.Tests)))]
		costs.Packages = costs.Packages[:min(n, uint64(len(costs.Packages)))]
	}
	if *asJSON {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(costs)
	}
	_, err = io.WriteString(stdout, costs.text())
	return err
}

// timingCosts are the costs of tests and packages, highest first.
type timingCosts struct {
	Version       int           `json:"version"`
	File          string        `json:"file"`
	Total         float64       `json:"total_seconds"`
	TotalTests    int           `json:"total_tests"`
	TotalPackages int           `json:"total_packages"`
	Tests         []testCost    `json:"tests"`
	Packages      []packageCost `json:"packages"`
}

type testCost struct {
	Package  string    `json:"package"`
	Test     string    `json:"test"`
	Estimate float64   `json:"estimate_seconds"`
	Share    float64   `json:"share"`           // of the total, 0 to 1
	Samples  []float64 `json:"samples_seconds"` // oldest first
}

type packageCost struct {
	Package string   `json:"package"`
	Tests   int      `json:"tests"`
	Sum     float64  `json:"tests_seconds"`
	Share   float64  `json:"share"`
	Whole   *float64 `json:"package_seconds"` // in one process, null if unknown
	Start   *float64 `json:"start_seconds"`   // null if unknown
}

func costsOf(known *history.History, file string) timingCosts {
	costs := timingCosts{Version: 1, File: file, Tests: []testCost{}, Packages: []packageCost{}}
	packages := map[string]*packageCost{}
	for _, name := range known.Packages() {
		start, runs := known.Start(name)
		packages[name] = &packageCost{Package: name, Whole: optional(known.Package(name)), Start: optional(start, runs > 0)}
	}
	var total time.Duration
	for _, t := range known.Tests() {
		total += t.Estimate
		cost := testCost{Package: t.Package, Test: t.Test, Estimate: t.Estimate.Seconds(), Samples: []float64{}}
		for _, sample := range t.Samples {
			cost.Samples = append(cost.Samples, sample.Seconds())
		}
		costs.Tests = append(costs.Tests, cost)
		packages[t.Package].Tests++
		packages[t.Package].Sum += t.Estimate.Seconds()
	}
	costs.Total, costs.TotalTests, costs.TotalPackages = total.Seconds(), len(costs.Tests), len(packages)
	for _, p := range packages {
		p.Share = shareOf(p.Sum, costs.Total)
		costs.Packages = append(costs.Packages, *p)
	}
	for i := range costs.Tests {
		costs.Tests[i].Share = shareOf(costs.Tests[i].Estimate, costs.Total)
	}
	slices.SortStableFunc(costs.Tests, func(a, b testCost) int { return cmp.Compare(b.Estimate, a.Estimate) })
	slices.SortFunc(costs.Packages, func(a, b packageCost) int {
		return cmp.Or(cmp.Compare(b.Sum, a.Sum), cmp.Compare(a.Package, b.Package))
	})
	return costs
}

func optional(took time.Duration, ok bool) *float64 {
	if !ok {
		return nil
	}
	seconds := took.Seconds()
	return &seconds
}

func shareOf(part, all float64) float64 {
	if all == 0 {
		return 0
	}
	return part / all
}

func (c timingCosts) text() string {
	if c.TotalPackages == 0 {
		return fmt.Sprintf("%s has no tests yet\n", c.File)
	}
	rows := [][]string{{"estimate", "share", "samples", "test"}}
	for _, t := range c.Tests {
		var samples []string
		for _, sample := range t.Samples {
			samples = append(samples, shortSeconds(&sample))
		}
		rows = append(rows, []string{shortSeconds(&t.Estimate), percent(t.Share), cmp.Or(strings.Join(samples, " "), "skipped"),
			shown(t.Package) + " " + shown(t.Test)})
	}
	text := plain.Columns(rows, isLast(rows))
	rows = [][]string{{"tests", "time", "share", "whole", "start", "package"}}
	for _, p := range c.Packages {
		rows = append(rows, []string{strconv.Itoa(p.Tests), shortSeconds(&p.Sum), percent(p.Share), shortSeconds(p.Whole), shortSeconds(p.Start),
			shown(p.Package)})
	}
	return text + "\n" + plain.Columns(rows, isLast(rows)) + fmt.Sprintf("\n%s of %s take %s one after another\n",
		plain.Counted(c.TotalTests, "test"), plain.Counted(c.TotalPackages, "package"), shortSeconds(&c.Total))
}

// shortSeconds returns a duration rounded to a tenth of a millisecond, in Go's format.
func shortSeconds(s *float64) string {
	if s == nil {
		return "-"
	}
	took := time.Duration(*s * float64(time.Second))
	switch {
	case took >= time.Second:
		return took.Round(10 * time.Millisecond).String()
	default:
		return took.Round(time.Millisecond / 10).String()
	}
}

func percent(share float64) string { return fmt.Sprintf("%.1f%%", 100*share) }

// isLast is whether a column is the last one, which is aligned to the left.
func isLast(rows [][]string) func(column int) bool {
	return func(column int) bool { return column == len(rows[0])-1 }
}

// shown returns a name from a file as it is, or quoted if a terminal would not only print it.
func shown(name string) string {
	if plain.Line(name) != name {
		return strconv.Quote(name)
	}
	return name
}
