// Package changed finds out what differs from a commit and which packages that can concern, for
// --changed. Package affected decides; this one asks.
//
//	git ────────────── files that differ ┐
//	go list ────────── packages ─────────┼─ affected.Select ─ Found ─ options of a run
//	package uncached ─ what tests read ──┘
package changed

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/affected"
	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/result"
	"github.com/gotestshard/gotestshard/shard/internal/suite"
	"github.com/gotestshard/gotestshard/shard/internal/temp"
)

// Found is what a change can concern.
type Found struct {
	affected.Selection
	Ref  string // what the user compares with, in words
	Base string // the commit, empty if there is none
	// Files is how many files differ.
	Files int
	// Module is the path of the main module, empty for several.
	Module string
}

// Find finds out what the change that opts.Changed names can concern. packages are those that
// run if the arguments name none.
func Find(ctx context.Context, opts option.Options, packages []string) (Found, error) {
	settings, err := gotest.ReadSettings(ctx, opts.Environ, opts.Dir, opts.Args)
	if err != nil {
		return Found{}, err
	}
	repository, err := open(ctx, opts.GoEnvironment(), settings.Dir)
	if err != nil {
		return Found{}, err
	}
	if err := repository.misplaced(opts.Changed, opts.Args); err != nil {
		return Found{}, err
	}
	found := Found{}
	facts := affected.Facts{Exists: repository.exists, Existed: repository.existed, CanBuild: canBuild(settings)}
	if found.Base, found.Ref, facts.Everything, err = repository.base(opts.Changed); err != nil {
		return Found{}, err
	}
	if found.Base != "" {
		if facts.Changes, err = repository.changes(found.Base); err != nil {
			return Found{}, err
		}
		env := environ.List(opts.GoEnvironment())
		facts.Changes = slices.DeleteFunc(facts.Changes, func(c affected.Change) bool { return isOwn(repository, c, opts.Outputs(), env, settings) })
	}
	found.Files = len(facts.Changes)
	g, err := list(ctx, suite.Query{Dir: opts.Dir, Env: opts.GoEnvironment(), Args: opts.Args, Packages: packages}, repository)
	if err != nil {
		return Found{}, err
	}
	g.doubtIgnored(repository)
	facts.Nodes, facts.Packages, facts.Roots, found.Module = g.nodes, g.packages, g.roots, g.module
	facts.Everything = cmp.Or(facts.Everything, g.everything, notFollowed(settings))
	if facts.Everything == "" {
		if facts.Modules, facts.Everything, err = repository.modules(g, facts.Changes); err != nil {
			return Found{}, err
		}
	}
	if facts.Everything == "" {
		g.addReads(facts.Packages, reading{opts, settings, repository, facts.Changes})
	}
	found.Selection = affected.Select(facts)
	return found, nil
}

// notFollowed returns which flag of go test takes other files than those in the repository,
// empty for none.
func notFollowed(settings gotest.Settings) string {
	switch {
	case settings.Overlay != "":
		return "-overlay is set, and a change of what it puts in the place of files would not be seen"
	case settings.ModFile != "":
		return "-modfile is set, and a change of that file would not be seen"
	}
	return ""
}

// Narrow returns the options of a run of what was found.
func (f Found) Narrow(opts option.Options) option.Options {
	if f.Everything != "" || len(f.LeftOut) == 0 {
		return opts
	}
	opts.LeftOut, opts.NoTests = f.LeftOut, option.NoTestsPass
	if opts.Partition.Total > 0 {
		return opts // the parts are those of everything, so that all nodes have the same
	}
	var names []string
	for _, pkg := range f.Packages {
		names = append(names, pkg.Path)
	}
	if len(names) == 0 {
		opts.NothingChanged = true
		return opts
	}
	if opts.RerunFails > 0 && opts.Workers == 0 {
		opts.Packages = names // each rerun has another one in their place
		return opts
	}
	return opts.WithGoTest(gotest.Args(opts.Args).WithPackages(names))
}

// Record returns what the result file has of it.
func (f Found) Record() *result.Changed {
	return &result.Changed{Base: f.Base, Everything: f.Everything, Selected: len(f.Packages), LeftOut: f.LeftOut}
}

// Report returns what a plan shows of it.
func (f Found) Report() *report.Changes {
	changes := &report.Changes{
		Base: f.Base, Files: f.Files, Everything: f.Everything, Selected: []report.ChangedReason{}, LeftOut: append([]string{}, f.LeftOut...),
		Summary: f.Summary(), Lines: f.Lines(),
	}
	for _, pkg := range f.Packages {
		changes.Selected = append(changes.Selected, report.ChangedReason{
			Package: pkg.Path, Kind: string(pkg.Reason.Kind), File: pkg.Reason.File, Via: pkg.Reason.Via, Reason: pkg.Reason.In(f.Module),
		})
	}
	return changes
}

// Say prints what runs, with the reasons if they are asked for.
func (f Found) Say(explain bool, stderr io.Writer) {
	_, _ = fmt.Fprintf(stderr, "gotestshard: %s\n", plain.Line(f.Summary()))
	if !explain {
		return
	}
	for _, line := range f.Lines() {
		_, _ = fmt.Fprintf(stderr, "    %s\n", line)
	}
}

// Summary returns in a sentence what runs.
func (f Found) Summary() string {
	all := len(f.Packages) + len(f.LeftOut)
	of := "of " + plain.Counted(all, "package")
	none, some, them := "none "+of+" runs", fmt.Sprintf("%d %s run", len(f.Packages), of), "concerns none of them"
	switch {
	case all == 1:
		none, some, them = "the only package does not run", "the only package runs", "does not concern it"
	case len(f.LeftOut) == 0:
		some = "all " + of + " run"
	case len(f.Packages) == 1:
		some += "s"
	}
	switch {
	case f.Everything != "":
		return "everything runs: " + f.Everything
	case f.Files == 0 && len(f.Packages) == 0:
		return fmt.Sprintf("nothing differs from %s, so %s", f.Ref, none)
	case len(f.Packages) == 0:
		return fmt.Sprintf("%s: %s from %s, and that %s", none, f.differ(), f.Ref, them)
	}
	return fmt.Sprintf("%s: %s from %s", some, f.differ(), f.Ref)
}

func (f Found) differ() string {
	if f.Files == 1 {
		return "1 file differs"
	}
	return fmt.Sprintf("%d files differ", f.Files)
}

// Lines returns a line for each package that runs, with its reason.
func (f Found) Lines() (lines []string) {
	if f.Everything != "" {
		return nil // the summary has the reason
	}
	for _, pkg := range f.Packages {
		lines = append(lines, plain.Line(affected.Short(pkg.Path, f.Module)+": "+pkg.Reason.In(f.Module)))
	}
	return lines
}

// isOwn reports whether a file is one that the run itself writes, or in a cache, or a
// folder of temporary files, that a CI has in the repository.
func isOwn(r *repository, c affected.Change, outputs []option.Output, env environ.List, settings gotest.Settings) bool {
	names := []string{settings.CoverProfile}
	for _, output := range outputs {
		names = append(names, output.File)
	}
	if c.Kind == affected.Added {
		names = append(names, settings.Cache, env.Get("GOMODCACHE"), temp.Shared(""))
		if dir, err := os.UserCacheDir(); err == nil {
			names = append(names, filepath.Join(dir, "gotestshard"))
		}
		for _, dir := range filepath.SplitList(env.Get("GOPATH")) {
			names = append(names, filepath.Join(dir, "pkg"))
		}
	}
	return slices.ContainsFunc(names, func(name string) bool {
		path, ok := r.relative(name)
		return name != "" && ok && path != "." && (path == c.Path || strings.HasPrefix(c.Path, path+"/"))
	})
}
