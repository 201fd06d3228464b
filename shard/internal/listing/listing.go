// Package listing collects what is known about the packages before they run: their tests,
// the durations of these, which part of them runs here, and the plan that --plan prints.
package listing

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/pool"
	"github.com/gotestshard/gotestshard/shard/internal/split"
	"github.com/gotestshard/gotestshard/shard/internal/suite"
)

// Listing is what is known about the packages before they run: the tests in their source,
// and their durations in earlier runs.
type Listing struct {
	mode    plan.Mode
	workers int
	query   suite.Query
	history *history.History
	covers  bool              // whether the run measures coverage
	Say     func(text string) // prints a message, separate from the tests' output

	ctx     context.Context // its end stops the listing
	cancel  context.CancelFunc
	running sync.WaitGroup
	list    func() ([]suite.Package, error)          // lists only once
	listed  func() (map[string]suite.Package, error) // by import path

	Part *Part // what runs here, nil for everything

	seed func() int64 // for -shuffle=on, the same in the whole run

	Mu      sync.Mutex
	said    map[string]bool
	Planned map[string]Planned // of the packages that ran, by import path
}

// Planned is how a package was planned.
type Planned struct {
	plan.Package
	Splits bool // whether another mode may split it
}

// New returns a listing that has listed nothing yet. It stops when ctx ends. Close must be
// called.
func New(ctx context.Context, opts option.Options, settings gotest.Settings, past *history.History, stderr io.Writer) *Listing {
	l := &Listing{
		mode: opts.Dist, workers: opts.Workers, history: past,
		query: listingQuery(opts, settings), covers: settings.Cover,
		said: map[string]bool{}, Planned: map[string]Planned{},
	}
	l.Say = sayTo(stderr)
	l.seed = sync.OnceValue(func() int64 { return time.Now().UnixNano() })
	l.ctx, l.cancel = context.WithCancel(ctx)
	l.list = sync.OnceValues(func() ([]suite.Package, error) { return suite.List(l.ctx, l.query) })
	l.listed = sync.OnceValues(func() (map[string]suite.Package, error) {
		packages, err := l.list()
		byPath := map[string]suite.Package{}
		for _, pkg := range packages {
			byPath[pkg.ImportPath] = pkg
		}
		return byPath, err
	})
	return l
}

// Begin starts listing the tests, in the modes that need them.
func (l *Listing) Begin() {
	if l.mode != plan.LoadScope {
		l.running.Go(func() { _, _ = l.list() }) // later callers get the error
	}
}

// sayTo returns a function that prints to stderr.
func sayTo(stderr io.Writer) func(string) {
	return func(text string) { _, _ = fmt.Fprintf(stderr, "gotestshard: %s\n", text) }
}

func listingQuery(opts option.Options, settings gotest.Settings) suite.Query {
	return suite.Query{
		Dir: opts.Dir, Env: opts.GoEnvironment(),
		Args: opts.Args, Packages: WorkerPackages(opts), Overlay: settings.Overlay,
	}
}

// Close ends the listing when it is no longer needed.
func (l *Listing) Close() {
	l.cancel()
	l.running.Wait()
}

// once prints a message that applies to several packages only once.
func (l *Listing) once(text string) {
	l.Mu.Lock()
	defer l.Mu.Unlock()
	if !l.said[text] {
		l.said[text] = true
		l.Say(text)
	}
}

// Binary combines what is known about the package of a task with the selection on its
// command line.
func (l *Listing) Binary(task pool.Task, failFast bool) split.Binary {
	b := split.Binary{Task: task, FailFast: failFast}
	b.Package = plan.Package{Name: task.Package, Whole: true}
	splits := false
	if l.mode == plan.LoadScope {
		marks, ok := l.directives(&b)
		_, reason := gotest.NewSelection(task.Command[task.Binary+1:])
		splits = reason == "" && ok && !marks.Serial && !marks.Together
	} else {
		l.split(&b)
	}
	b.Package.Start, b.Package.StartOnce = startCost(l.history, task.Package)
	b.Package.Estimate, _ = l.history.Package(task.Package)
	if l.mode == plan.Each {
		b.Each = l.workers
	}
	l.Mu.Lock()
	defer l.Mu.Unlock()
	l.Planned[task.Package] = Planned{b.Package, splits}
	return b
}

// directives reads the directives of a package whose tests are not listed. The package is
// serial if any part of it is, and has the groups of all its tests.
func (l *Listing) directives(b *split.Binary) (marks suite.Marks, ok bool) {
	marks, err := suite.Directives(b.Task.Dir)
	if err != nil {
		l.Say(fmt.Sprintf("looking for directives: %v", err))
	}
	l.warn(marks)
	b.Package.Serial, b.Package.Groups = marks.Serial, marks.Groups
	return marks, err == nil
}

func (l *Listing) warn(marks suite.Marks) {
	for _, warning := range marks.Warnings {
		l.once(warning.String())
	}
}

// split finds the tests of a binary, unless there is a reason to keep its package whole.
func (l *Listing) split(b *split.Binary) {
	selection, reason := gotest.NewSelection(b.Task.Command[b.Task.Binary+1:])
	if selection.Shuffle() == "on" {
		selection = selection.ResolveShuffle(l.seed())
	}
	b.Selection = selection
	divided := l.Part.divided(b.Task.Package)
	var pkg suite.Package
	if reason == "" {
		var err error
		if pkg, err = l.find(b.Task); err != nil {
			reason = err.Error()
		}
	}
	if reason != "" {
		if l.ctx.Err() != nil { // nothing will run
			b.Package.Whole = true
			return
		}
		l.directives(b)
		if divided {
			l.undivided(b, reason)
		} else {
			l.once("packages stay whole: " + reason)
		}
		return
	}
	l.warn(pkg.Marks)
	b.Package = l.plan(pkg, selection, l.history)
	b.Hides = pkg.Hides != ""
	switch reason := unsure(pkg, b.Task); {
	case divided && (reason != "" || b.Package.Whole):
		b.Package.Whole = true
		l.undivided(b, cmp.Or(reason, "its tests cannot be run separately"))
	case reason != "":
		l.Say(fmt.Sprintf("%s stays whole: %s", b.Package.Name, reason))
		b.Package.Whole = true
	case divided && !l.Part.covers(b.Package):
		b.Package.Whole = true
		l.undivided(b, "its test binary was started with other flags than those its tests were divided by, such as flags after -args")
	case divided:
		b.Package, b.Elsewhere = l.Part.of(b.Package)
		b.Hides = b.Hides && l.Part.Packages[pkg.ImportPath].Rest
		b.Nothing = len(b.Package.Tests) == 0 && !b.Hides
	}
}

// find returns the listed package of a task. A package that the patterns of the command
// line do not match, such as one after a flag of the test's own, is listed separately.
func (l *Listing) find(task pool.Task) (suite.Package, error) {
	listed, err := l.listed()
	if err != nil {
		return suite.Package{}, err
	}
	if pkg, ok := listed[task.Package]; ok {
		return pkg, nil
	}
	query := l.query
	// Arguments between the user's own flags are not known to be packages.
	query.Args, query.Packages = query.Args.BuildFlags(), []string{task.Package}
	packages, err := suite.List(l.ctx, query)
	if err != nil {
		return suite.Package{}, err
	}
	if len(packages) != 1 || packages[0].ImportPath != task.Package {
		return suite.Package{}, fmt.Errorf("go list did not list %s in %s", task.Package, task.Dir)
	}
	return packages[0], nil
}

// unsure returns why the tests of a package may differ from the listed ones, empty if they
// do not.
func unsure(pkg suite.Package, task pool.Task) string {
	if pkg.Problem != nil {
		return pkg.Problem.Error()
	}
	names, ok := suite.MainTests(task.Command[task.Binary])
	if !ok {
		return ""
	}
	listed := map[string]bool{}
	for _, test := range pkg.Tests {
		listed[test.Name] = true
	}
	for _, name := range names {
		if !listed[name] {
			return "its test binary has " + name + ", which its source files do not show"
		}
		delete(listed, name)
	}
	if len(listed) > 0 {
		return "its source files have " + slices.Min(slices.Collect(maps.Keys(listed))) + ", which its test binary does not have"
	}
	return ""
}

// bound returns why one process must run all of a package, empty if several processes can
// share it. Reasons are in its source, or the command line of a process cannot select its
// tests, all tests that the mode keeps together, or the unlisted tests without the others.
func (l *Listing) bound(pkg suite.Package, p plan.Package, selection gotest.Selection) string {
	if p.Whole || !l.mode.Splits() {
		return ""
	}
	if pkg.Whole != "" {
		return pkg.Whole
	}
	if l.covers && pkg.WholeCovered != "" {
		return pkg.WholeCovered
	}
	if pkg.Hides != "" {
		if _, ok := selection.Rest(Names(p.Tests)); !ok {
			return fmt.Sprintf("%s, and the names of its %d tests are too long to exclude them from a process for other tests", pkg.Hides, len(p.Tests))
		}
	}
	if l.mode != plan.LoadFile && l.mode != plan.LoadGroup {
		return ""
	}
	together := map[string][]string{}
	for _, test := range p.Tests {
		switch {
		case l.mode == plan.LoadFile: // a process may have several files
			together["files"] = append(together["files"], test.Name)
		case test.Group != "":
			together["group "+test.Group] = append(together["group "+test.Group], test.Name)
		}
	}
	for _, what := range slices.Sorted(maps.Keys(together)) {
		if names := together[what]; !selection.Fits(names) {
			return fmt.Sprintf("the %d tests of its %s have names that are too long to select only some of them, especially with a -run or -skip for subtests", len(names), what)
		}
	}
	return ""
}

// Names returns the names of tests.
func Names(tests []plan.Test) []string {
	all := make([]string, len(tests))
	for i, test := range tests {
		all[i] = test.Name
	}
	return all
}

// plan returns what the planner needs to know about a package; past has its durations.
func (l *Listing) plan(pkg suite.Package, selection gotest.Selection, past *history.History) plan.Package {
	p := plan.Package{Name: pkg.ImportPath, Whole: pkg.Together, Serial: pkg.Serial}
	p.Start, p.StartOnce = startCost(past, pkg.ImportPath)
	p.Estimate, _ = past.Package(pkg.ImportPath)
	median, _ := past.Median(pkg.ImportPath)
	for _, test := range pkg.Tests {
		if !selection.Match(test.Name) {
			continue
		}
		estimate, ok := past.Test(pkg.ImportPath, test.Name)
		if ok {
			estimate = max(estimate, time.Microsecond) // 0 is for an unknown test
		} else {
			estimate = median
		}
		p.Tests = append(p.Tests, plan.Test{
			Name: test.Name, Files: test.Files, Group: test.Group, Serial: test.Serial,
			Estimate: estimate * time.Duration(max(1, selection.Times())),
		})
	}
	if len(p.Tests) == 0 {
		p.Whole = true // it prints the reason itself
	}
	if reason := l.bound(pkg, p, selection); reason != "" {
		l.once(fmt.Sprintf("%s stays whole: %s", p.Name, reason))
		p.Whole = true
	}
	return p
}

// startCost returns the duration of the process starts of a package in earlier runs, and
// whether it comes from a single run.
func startCost(past *history.History, pkg string) (took time.Duration, once bool) {
	took, runs := past.Start(pkg)
	return took, runs == 1
}

// Packages returns the import paths of all packages that can be named to the go command:
// those that the command line selects, that run here and that have no problem.
func (l *Listing) Packages() map[string]bool {
	listed, err := l.listed()
	if err != nil {
		return nil // the go command has a better message
	}
	paths := map[string]bool{}
	for path, pkg := range listed {
		paths[path] = pkg.Problem == nil && l.Part.has(path)
	}
	return paths
}

// WorkerPackages returns the packages in addition to those that the arguments name.
func WorkerPackages(opts option.Options) []string {
	if len(opts.Packages) == 0 {
		return gotest.DefaultPackages(opts.Args)
	}
	return opts.Packages
}
