package workers

import (
	"slices"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/listing"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

func (e *Engine) Shards() []report.Shard {
	shards := make([]report.Shard, e.opts.Workers)
	for worker := range shards {
		shards[worker].Worker = e.opts.WorkerName(worker)
	}
	for _, run := range e.pool.Runs() {
		shard := &shards[run.Worker]
		if shard.Started.IsZero() {
			shard.Started = run.Started
		}
		shard.Completed = run.Ended
		shard.Busy += run.Took()
		shard.Runs = append(shard.Runs, report.Run{
			Package: run.Package, Started: run.Started, Completed: run.Ended, Failed: run.Failed, Rerun: run.Rerun, Build: run.Build,
		})
		if run.Rerun {
			continue
		}
		i := slices.IndexFunc(shard.Packages, func(p report.Package) bool { return p.Name == run.Package })
		if i < 0 {
			shard.Packages = append(shard.Packages, report.Package{Name: run.Package})
			i = len(shard.Packages) - 1
		}
		p := &shard.Packages[i]
		p.Elapsed += run.Took()
		p.Failed = p.Failed || run.Failed
	}
	return shards
}

// Listed implements engine.Lister. Packages that stay whole are not included, because
// their TestMain decides which tests run.
func (e *Engine) Listed() map[string][]string {
	listed := map[string][]string{}
	if !e.opts.Dist.Splits() {
		return listed
	}
	for path, p := range e.listing.Planned() {
		if !p.Whole {
			listed[path] = listing.Names(p.Tests)
		}
	}
	return listed
}

// PlannedParts implements engine.Planner.
func (e *Engine) PlannedParts() []plan.Part { return e.parts }

// Measured implements engine.Measurer.
func (e *Engine) Measured() (*history.Run, string) { return e.timings.Run, e.coverProfile }
