package listing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/changed"
	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
	"github.com/gotestshard/gotestshard/shard/internal/suite"
)

// PrintPlan prints which worker would run what, without running anything. Nothing is built
// either, so packages with cached results are planned like all others.
func PrintPlan(opts option.Options, stdout, stderr io.Writer) error {
	signals := signals.Start(true)
	defer signals.Stop()
	err := printPlanUntil(signals.Ctx, opts, stdout, stderr)
	if signals.Received() != 0 {
		return exit.Signalled(signals.Received())
	}
	return err
}

// printPlanUntil is PrintPlan, but stops when ctx ends.
func printPlanUntil(ctx context.Context, opts option.Options, stdout, stderr io.Writer) error {
	settings, err := gotest.ReadSettings(ctx, opts.Environ, opts.Dir, opts.Args)
	if err != nil {
		return err
	}
	opts, changes, err := narrow(ctx, opts)
	if err != nil {
		return err
	}
	listing := New(ctx, opts, settings, nil, stderr)
	defer listing.Close()
	var suites []suite.Package
	if !opts.NothingChanged {
		if suites, err = ListOnly(listing); err != nil {
			return err
		}
	}
	timings, err := OpenDurations(ctx, opts.Distribution, opts.Partition, settings.Dir, stderr)
	if err != nil {
		return err
	}
	listing.history = timings.Past
	selection, reason := gotest.NewSelection(settings.Binary)
	if reason != "" && opts.Dist != plan.LoadScope {
		listing.once("packages stay whole: " + reason)
	}
	var parts []plan.Part
	if opts.Partition.Total > 0 {
		if parts, err = listing.Partition(opts.Partition.Total, settings, timings.Shared); err != nil {
			return err
		}
		listing.Part = NewPart(parts, opts.Partition).Without(opts.LeftOut)
	}
	packages := listing.packagesOf(suites, selection, reason)
	printed := planReport(opts.Dist, packages, plan.Simulate(opts.Dist, opts.Workers, apart(packages), nil))
	printed.Changed = changes
	printed.WithoutHistory = listing.withoutHistory(packages)
	if options := environ.RaceOptions(environ.List(opts.GoEnvironment())); settings.Race && options != "" {
		printed.Environment = []string{options}
	}
	if parts != nil {
		printed.Part, printed.Parts, printed.Digest = opts.Partition.Index, opts.Partition.Total, plan.Digest(parts)
	}
	write := printed.WriteText
	switch opts.Plan {
	case option.PlanFull:
		write = printed.WriteFull
	case option.PlanJSON:
		write = printed.WriteJSON
	}
	if err := write(stdout); err != nil {
		return fmt.Errorf("printing the plan: %w", err)
	}
	return nil
}

// narrow returns the options without what --changed leaves out, and what the plan has of it.
func narrow(ctx context.Context, opts option.Options) (option.Options, *report.Changes, error) {
	if opts.Changed == "" {
		return opts, nil, nil
	}
	found, err := changed.Find(ctx, opts, WorkerPackages(opts.GoTest, opts.Environ))
	if err != nil {
		return opts, nil, err
	}
	return found.Narrow(opts), found.Report(), nil
}

// packagesOf is what of the packages runs here and has tests, and says why others are left
// out.
func (l *Listing) packagesOf(suites []suite.Package, selection gotest.Selection, reason string) []plan.Package {
	var packages []plan.Package
	for i, p := range l.planAll(suites, selection, reason, l.history) {
		if !l.Part.has(p.Name) {
			continue
		}
		l.warn(suites[i].Marks)
		if suites[i].Problem != nil {
			l.Say(p.Name + " is left out: " + oneLine(suites[i].Problem.Error()))
			continue
		}
		if l.Part.divided(p.Name) {
			p, _ = l.Part.of(p)
		}
		if p = l.spread(suites[i], p, selection, l.history); len(p.Tests) > 0 {
			packages = append(packages, p)
		}
	}
	return packages
}

// apart returns the packages with the pieces of tests in place of these tests.
func apart(packages []plan.Package) []plan.Package {
	all := make([]plan.Package, len(packages))
	for i, p := range packages {
		all[i] = p.Apart()
	}
	return all
}

// withoutHistory is how many tests have no duration from earlier runs.
func (l *Listing) withoutHistory(packages []plan.Package) int {
	n := 0
	for _, p := range packages {
		for _, test := range p.Tests {
			if _, ok := l.history.Test(p.Name, test.Name); !ok {
				n++
			}
		}
	}
	return n
}

// ListOnly lists all tests for a command that runs none of them.
func ListOnly(listing *Listing) ([]suite.Package, error) {
	suites, err := listing.list()
	if err != nil {
		return nil, errors.New(oneLine(err.Error()))
	}
	if broken := problemOfAll(suites); broken != "" {
		return nil, fmt.Errorf("planning: %s", broken)
	}
	return suites, nil
}

// problemOfAll returns the problem of the first package if no package can be run, for
// example because a pattern matches nothing; otherwise it returns "".
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

// oneLine joins a text of several lines, such as a message of the go command, into one. A
// line that ends with a colon, like a heading, needs no further separator.
func oneLine(text string) string {
	joined := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
			continue
		case strings.HasSuffix(joined, ":"):
			joined += " "
		case joined != "":
			joined += ": "
		}
		joined += line
	}
	return joined
}

func planReport(mode plan.Mode, packages []plan.Package, result plan.Result) report.Plan {
	p := report.Plan{
		Mode: string(mode), Whole: mode == plan.LoadScope, Longest: ReportUnit(result.Limits.Longest), Total: result.Limits.Total,
		Makespan: result.Makespan, Bound: result.Bound, Ratio: result.Ratio(),
	}
	for _, pkg := range packages {
		p.Tests += len(pkg.Tests)
	}
	expected := plan.Expected(mode, apart(packages))
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

// ReportUnit returns a unit of a plan in the form of a report.
func ReportUnit(u plan.Unit) report.Unit {
	return report.Unit{Package: u.Package, Kind: string(u.Kind), Name: u.Name, Time: u.Time}
}
