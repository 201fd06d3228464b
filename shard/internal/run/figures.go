package run

import (
	"io"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format"
	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/engine"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/reports"
)

// addFigures adds the counts and durations of a run that has ended to its outcome.
func addFigures(e engine.Engine, outcome reports.Outcome, run report.Shards, distributed bool) reports.Outcome {
	outcome.Counted = outcome.Noted.Count(outcome.Execution)
	run.Wall = time.Since(outcome.Started)
	outcome.Shards = shardsOf(e, outcome, run)
	if distributed {
		outcome.Elapsed = outcome.Shards.Wall
	}
	if distributed && !run.Named { // named shards build on their own
		outcome.Shards.Build = buildTime(outcome.Shards, outcome.Started)
	}
	return outcome
}

// shardsOf combines the engine's data about its shards with the recorded results of their
// tests.
func shardsOf(e engine.Engine, outcome reports.Outcome, run report.Shards) report.Shards {
	noted := outcome.Noted
	shards := noted.Tally.Report(outcome.Counted, e.Shards(), run)
	if e, ok := e.(engine.Knowing); ok {
		known := e.Known()
		shards.Longest, shards.Advice = observe.LongestTest(shards.Longest, known.Measured), known.Advice
		if noted.CI != nil && outcome.Attempts > 0 {
			noted.CI.Coverage.Correct(nil, known.Coverage())
		}
	}
	return shards
}

// buildTime returns how long it took until the first test process started, 0 if none did.
func buildTime(shards report.Shards, started time.Time) time.Duration {
	var first time.Time
	for _, shard := range shards.Shards {
		if first.IsZero() || !shard.Started.IsZero() && shard.Started.Before(first) {
			first = shard.Started
		}
	}
	if first.IsZero() {
		return 0
	}
	return first.Sub(started)
}

// attemptSummary returns a function that prints the figures before each rerun: gotestshard's own, or
// those of gotestsum.
func attemptSummary(name string, own bool, outcome reports.Outcome, out io.Writer) func(attempts int) {
	return func(attempts int) {
		switch {
		case name == format.Failures: // only its last line has figures
			return
		case own:
			_, _ = io.WriteString(out, "\n")
			counted := outcome.Noted.Count(outcome.Execution)
			counted.All.Errors = observe.CountErrors(outcome.Execution)
			reports.WriteDone(out, reports.Done{Attempts: attempts, Figures: counted.All, Wall: time.Since(outcome.Started)})
		default:
			testjson.PrintSummary(out, outcome.Execution, testjson.SummarizeNone)
		}
		_, _ = io.WriteString(out, "\n")
	}
}
