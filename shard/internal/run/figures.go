package run

import (
	"io"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format"
	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/reports"
)

// buildTime returns how long it took until the first test process started, 0 if none did.
// Named shards build on their own.
func buildTime(opts option.Options, shards report.Shards, started time.Time) time.Duration {
	var first time.Time
	for _, shard := range shards.Shards {
		if first.IsZero() || !shard.Started.IsZero() && shard.Started.Before(first) {
			first = shard.Started
		}
	}
	if opts.Workers == 0 || first.IsZero() {
		return 0
	}
	return first.Sub(started)
}

// attemptSummary returns a function that prints the figures before each rerun.
func attemptSummary(opts option.Options, outcome reports.Outcome, started time.Time, out io.Writer) func(attempts int) {
	return func(attempts int) {
		switch {
		case opts.Format == format.Failures: // only its last line has figures
			return
		case opts.OwnSummary():
			_, _ = io.WriteString(out, "\n")
			counted := outcome.Noted.Count(outcome.Execution)
			counted.All.Errors = observe.CountErrors(outcome.Execution)
			reports.WriteDone(out, reports.Done{Attempts: attempts, Figures: counted.All, Wall: time.Since(started)})
		default:
			testjson.PrintSummary(out, outcome.Execution, testjson.SummarizeNone)
		}
		_, _ = io.WriteString(out, "\n")
	}
}
