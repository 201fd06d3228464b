package workers

import (
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/live"
)

// Busy implements live.Source.
func (e *Engine) Busy() []live.Busy {
	var busy []live.Busy
	for _, run := range e.pool.Running() {
		busy = append(busy, live.Busy{Worker: e.opts.WorkerName(run.Worker), Package: run.Package, Since: run.Started})
	}
	return busy
}

// Usual and Expected implement live.Source.
func (e *Engine) Usual(pkg, test string) (time.Duration, bool) { return e.listing.Usual(pkg, test) }
func (e *Engine) Expected() map[string]live.Package            { return e.listing.Expected() }
