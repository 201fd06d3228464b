package shard

import (
	"context"
	"io"
	"os"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/suite"
)

// printPlan prints which worker would run what, and runs nothing. Nothing is
// built either, so what would come from the cache is planned like all else.
func printPlan(opts option.Options, stdout, stderr io.Writer) error {
	settings, err := gotest.ReadSettings(context.Background(), opts.Dir, opts.Args)
	if err != nil {
		return err
	}
	signals := watchSignals(true)
	defer signals.stop()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	signals.passTo(listingStopper{cancel})

	listing := &listing{
		mode: opts.Dist, workers: opts.Workers, query: listingQuery(opts, settings),
		history: openTimings(opts, settings, stderr).past, say: sayTo(stderr), said: map[string]bool{},
	}
	suites, err := suite.List(ctx, listing.query)
	switch {
	case signals.received() != 0:
		return signalled(signals.received())
	case err != nil:
		return err
	}
	selection, reason := gotest.NewSelection(settings.Binary)
	if reason != "" && opts.Dist != plan.LoadScope {
		listing.once("packages stay whole: " + reason)
	}
	var packages []plan.Package
	for _, pkg := range suites {
		listing.warn(pkg.Marks)
		if pkg.Problem != nil {
			listing.say(pkg.ImportPath + " is left out: " + pkg.Problem.Error())
			continue
		}
		p := listing.plan(pkg, selection)
		if len(p.Tests) == 0 {
			continue
		}
		p.Whole = p.Whole || reason != "" || opts.Dist == plan.LoadScope
		packages = append(packages, p)
	}
	result := plan.Simulate(opts.Dist, opts.Workers, packages, nil)
	printed := planReport(opts, packages, result)
	if opts.Plan == option.PlanJSON {
		return printed.WriteJSON(stdout)
	}
	return printed.WriteText(stdout)
}

func planReport(opts option.Options, packages []plan.Package, result plan.Result) report.Plan {
	return report.Plan{}
}

// listingStopper ends go list.
type listingStopper struct{ cancel func() }

func (s listingStopper) interrupt(os.Signal) { s.cancel() }
func (s listingStopper) kill()               { s.cancel() }
func (s listingStopper) cleanUp() error      { return nil }
