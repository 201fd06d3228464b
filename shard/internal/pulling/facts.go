package pulling

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/listing"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/queue"
)

// facts returns what all nodes of the build must have in common, and the version of the go command.
// Durations of tests are not among it: the plan of the first node counts.
func (n *node) facts(ctx context.Context, packages []plan.Package) (facts []queue.Fact, version string, err error) {
	if version, err = gotest.Version(ctx, n.opts.Environ); err != nil {
		return nil, "", err
	}
	args := slices.Concat(n.opts.Args, listing.WorkerPackages(n.opts.GoTest, n.opts.Environ))
	return []queue.Fact{
		{Name: "version of gotestshard", Value: n.opts.Program},
		{Name: "version of Go", Value: version},
		{Name: "commit", Value: n.origin.Commit},
		{Name: "arguments of go test", Value: strings.Join(args, " ")},
		{Name: "--dist", Value: string(n.opts.Dist)},
		{Name: "--changed", Value: n.opts.Changed},
		{Name: "digest of packages and tests", Value: digest(packages)},
	}, version, nil
}

// digest identifies packages and their tests, without what is known about their durations.
func digest(packages []plan.Package) string {
	var all plan.Part
	for _, pkg := range packages {
		all.Packages = append(all.Packages, plan.PartPackage{Name: pkg.Name, Tests: listing.Names(pkg.Tests), Whole: pkg.Whole})
	}
	slices.SortFunc(all.Packages, func(a, b plan.PartPackage) int { return cmp.Compare(a.Name, b.Name) })
	return plan.Digest([]plan.Part{all})[:16]
}
