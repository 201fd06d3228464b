package pulling

import (
	"context"
	"slices"

	"github.com/gotestshard/gotestshard/shard/internal/changed"
	"github.com/gotestshard/gotestshard/shard/internal/listing"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

// narrow returns the packages that --changed does not leave out of a plan, all without it. A node
// that finds a plan takes that: what nodes know of earlier runs differs, and so may what they would
// leave out.
func (n *node) narrow(ctx context.Context, packages []plan.Package) ([]plan.Package, error) {
	if n.opts.Changed == "" {
		return packages, nil
	}
	if _, planned, err := n.queue.Stored(ctx); err != nil || planned {
		return packages, err
	}
	found, err := changed.Find(ctx, n.opts, listing.WorkerPackages(n.opts.GoTest, n.opts.Environ))
	if err != nil {
		return nil, err
	}
	found.Say(n.opts.Explain, n.stderr)
	if found.Everything != "" {
		return packages, nil
	}
	return slices.DeleteFunc(slices.Clone(packages), func(pkg plan.Package) bool { return slices.Contains(found.LeftOut, pkg.Name) }), nil
}
