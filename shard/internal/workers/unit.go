package workers

import (
	"context"
	"io"

	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/listing"
)

// hold returns what a test process waits for beside its worker, nil for nothing: other runs on the
// machine, and the other workers of a node.
func (e *Engine) hold() gate {
	machine := hold(e.opts.Groups, func(text string) { e.listing.Say(text) })
	if e.opts.Unit == nil || e.opts.Unit.Gate == nil {
		return machine
	}
	return both(machine, func(ctx context.Context, groups []string, alone bool) (release func(), ok bool) {
		return e.opts.Unit.Gate(ctx, groups, alone || e.alone.Load())
	})
}

// openDurations opens the durations of tests. Those of a unit are read and saved by its node.
func (e *Engine) openDurations(ctx context.Context, dir string, stderr io.Writer) (*listing.Durations, error) {
	if unit := e.opts.Unit; unit != nil {
		measured := history.NewRun()
		if unit.Measured == nil {
			unit.Measured = measured
		}
		return &listing.Durations{Past: unit.Past, Shared: new(history.History), Run: measured}, nil
	}
	return listing.OpenDurations(ctx, e.opts.Distribution, e.opts.Partition, dir, stderr)
}
