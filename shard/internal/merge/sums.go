package merge

import (
	"slices"
	"time"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/node"
)

// shards returns the workers of all parts. If the file of a part is cut, the times of its
// workers are not known.
func (e *playback) shards() []report.Shard {
	if e.opts.Merge.Units != nil {
		return e.unitShards()
	}
	var all []report.Shard
	for _, part := range e.parts {
		for _, worker := range part.workers() {
			i := slices.IndexFunc(part.shards, func(s report.Shard) bool { return s.Worker == worker })
			switch {
			case i >= 0:
				all = append(all, part.shards[i])
			case len(part.Workers) == 0 && part.end != nil:
				all = append(all, report.Shard{
					Worker: worker, Node: worker, Busy: part.end.Wall, Started: part.Started, Completed: part.Started.Add(part.end.Wall),
				})
			default:
				all = append(all, report.Shard{Worker: worker, Node: part.node()})
			}
		}
	}
	return all
}

// wall returns how long the merged run took. The nodes run in parallel, so this is the
// duration of the longest one.
func (e *playback) wall() time.Duration {
	if e.opts.Merge.Units != nil {
		return e.unitsWall()
	}
	var longest time.Duration
	for _, part := range e.parts {
		if part.end != nil {
			longest = max(longest, part.end.Wall)
		}
	}
	return longest
}

// build returns how long it took until the first test process started, 0 if that is not known
// or if there are several nodes, which build at the same time.
func (e *playback) build() time.Duration {
	if len(e.parts) != 1 || e.parts[0].Dist == "" {
		return 0
	}
	var first time.Time
	for _, shard := range e.parts[0].shards {
		if first.IsZero() || !shard.Started.IsZero() && shard.Started.Before(first) {
			first = shard.Started
		}
	}
	if first.IsZero() {
		return 0
	}
	return max(0, first.Sub(e.parts[0].Started))
}

// started returns when the first node started.
func (e *playback) started() time.Time {
	first := e.parts[0].Started
	for _, part := range e.parts[1:] {
		if part.Started.Before(first) {
			first = part.Started
		}
	}
	return first
}

// origins returns where the parts come from.
func (e *playback) origins() (all []node.Job) {
	seen := map[node.Job]bool{} // a node may have thousands of units
	for _, part := range e.parts {
		if part.Node == "" || !seen[part.Origin] {
			all = append(all, part.Origin)
		}
		seen[part.Origin] = true
	}
	return all
}

// goVersion returns the Go version of the nodes, empty if it is not known.
func (e *playback) goVersion() string {
	for _, part := range e.parts {
		if part.Go != "" {
			return part.Go
		}
	}
	return ""
}
