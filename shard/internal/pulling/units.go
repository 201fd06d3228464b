package pulling

import (
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/queue"
)

// units cuts the packages into units.
func (n *node) units(packages []plan.Package) []plan.Part {
	return plan.Units(n.opts.Dist, packages, plan.Cut{Nodes: n.opts.Nodes, Workers: n.opts.Workers, Most: queue.MostUnits})
}
