package page

import (
	"fmt"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/format/report"
)

// line sums up all workers, empty without workers.
func (b *builder) line() string {
	n := len(b.Shards.Shards)
	tests := b.Shards.Tests()
	if n == 0 || tests <= 0 {
		return ""
	}
	var busy time.Duration
	for _, shard := range b.Shards.Shards {
		busy += shard.Busy
	}
	kind := "worker"
	if b.Shards.Named {
		kind = "shard"
	}
	share := 100 * busy.Seconds() / tests.Seconds() / float64(n)
	return fmt.Sprintf("%s ran %s of tests in %s: %.0f%% busy.", plain.Counted(n, kind), report.Took(busy), report.Took(tests), share)
}

// sentence is the outcome of the run.
func (b *builder) sentence(c counts) string {
	var parts []string
	add := func(n int, what string) {
		if n > 0 {
			parts = append(parts, plain.Number(n)+" "+what)
		}
	}
	total := plain.Counted(c.Tests, "test")
	brokenPackages := 0
	for _, p := range b.Packages {
		if p.Result == report.PackageFailed || p.Result == report.PackageUnfinished {
			brokenPackages++
		}
	}
	add(c.Failed, "failed")
	add(c.Flaky, "flaky")
	add(c.Skipped, "skipped")
	var text string
	switch {
	case c.Tests == 0 && b.OK:
		text = "No tests were run"
	case c.Failed == 0 && b.OK && len(parts) == 0:
		text = "All " + total + " passed"
		if c.Tests == 1 {
			text = "The only test passed"
		}
	case len(parts) == 0:
		text = "The run failed: " + total + " passed"
		if c.Tests == 0 {
			text = "The run failed before any test"
		}
	case c.Failed == 0 && !b.OK:
		text = "The run failed: of " + total + ", " + strings.Join(parts, ", ") + ", the others passed"
	default:
		text = "Of " + total + ", " + strings.Join(parts, ", ")
	}
	if c.Failed == 0 && !b.OK && brokenPackages > 0 {
		text += "; " + plain.Counted(brokenPackages, "package") + " failed"
	}
	if b.Errors > 0 {
		text += "; " + plain.Counted(b.Errors, "error")
	}
	return text + " in " + report.Took(b.Elapsed) + b.parts() + "."
}

// parts says how long the build and the tests took, as the last line of a run does.
func (b *builder) parts() string {
	build := b.Shards.Build
	if build <= 0 {
		return ""
	}
	return " (build " + report.Took(build) + ", tests " + report.Took(max(0, b.Elapsed-build)) + ")"
}
