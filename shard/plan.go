package shard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

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
		say: sayTo(stderr), said: map[string]bool{},
	}
	suites, err := suite.List(ctx, listing.query)
	switch {
	case signals.received() != 0:
		return signalled(signals.received())
	case err != nil:
		return errors.New(oneLine(err.Error()))
	}
	if broken := problemOfAll(suites); broken != "" {
		return fmt.Errorf("planning: %s", broken)
	}
	listing.history = openTimings(opts, settings, stderr).past
	selection, reason := gotest.NewSelection(settings.Binary)
	if reason != "" && opts.Dist != plan.LoadScope {
		listing.once("packages stay whole: " + reason)
	}
	var packages []plan.Package
	withoutHistory := 0
	for _, pkg := range suites {
		listing.warn(pkg.Marks)
		if pkg.Problem != nil {
			listing.say(pkg.ImportPath + " is left out: " + oneLine(pkg.Problem.Error()))
			continue
		}
		p := listing.plan(pkg, selection)
		if len(p.Tests) == 0 {
			continue
		}
		p.Whole = p.Whole || reason != "" || opts.Dist == plan.LoadScope
		packages = append(packages, p)
		for _, test := range p.Tests {
			if _, ok := listing.history.Test(p.Name, test.Name); !ok {
				withoutHistory++
			}
		}
	}
	printed := planReport(opts, packages, plan.Simulate(opts.Dist, opts.Workers, packages, nil))
	printed.WithoutHistory = withoutHistory
	write := printed.WriteText
	if opts.Plan == option.PlanJSON {
		write = printed.WriteJSON
	}
	if err := write(stdout); err != nil {
		return fmt.Errorf("printing the plan: %w", err)
	}
	return nil
}

// problemOfAll is what is wrong with the first package when none can be run, as
// behind a pattern that names nothing, and empty else.
func problemOfAll(packages []suite.Package) string {
	for _, pkg := range packages {
		if pkg.Problem == nil {
			return ""
		}
	}
	if len(packages) == 0 {
		return ""
	}
	return packages[0].ImportPath + ": " + oneLine(packages[0].Problem.Error())
}

// oneLine is a text of several lines, such as the go command's, as one.
func oneLine(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, ": ")
}

func planReport(opts option.Options, packages []plan.Package, result plan.Result) report.Plan {
	p := report.Plan{
		Mode: string(opts.Dist), Longest: reportUnit(result.Limits.Longest), Total: result.Limits.Total,
		Makespan: result.Makespan, Bound: result.Bound, Ratio: result.Ratio(),
	}
	for _, pkg := range packages {
		p.Tests += len(pkg.Tests)
	}
	expected := plan.Expected(opts.Dist, packages)
	for worker, slots := range result.Workers {
		w := report.PlanWorker{Worker: option.WorkerName(worker)}
		for _, slot := range slots {
			batch := report.PlanBatch{Package: slot.Package, From: slot.From, To: slot.To}
			for _, test := range slot.Tests {
				batch.Tests = append(batch.Tests, report.Test{Name: test.Name, Elapsed: expected(slot.Package, test.Name)})
			}
			w.Batches = append(w.Batches, batch)
		}
		p.Workers = append(p.Workers, w)
	}
	return p
}

func reportUnit(u plan.Unit) report.Unit {
	return report.Unit{Package: u.Package, Kind: string(u.Kind), Name: u.Name, Time: u.Time}
}

// listingStopper ends go list.
type listingStopper struct{ cancel func() }

func (s listingStopper) interrupt(os.Signal) { s.cancel() }
func (s listingStopper) kill()               { s.cancel() }
func (s listingStopper) cleanUp() error      { return nil }
