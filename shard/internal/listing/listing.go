// Package listing collects what is known about the packages before they run: their tests,
// the durations of these, which part of them runs here, and the plan that --plan prints.
package listing

import (
	"context"
	"fmt"
	"io"
	"maps"
	"sync"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/live"
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
	tables  option.Tables
	covers  bool              // whether the run measures coverage
	Say     func(text string) // prints a message, separate from the tests' output

	ctx     context.Context // its end stops the listing
	cancel  context.CancelFunc
	running sync.WaitGroup
	list    func() ([]suite.Package, error)          // lists only once
	ended   chan struct{}                            // closed when it has listed
	listed  func() (map[string]suite.Package, error) // by import path

	Part *Part // what runs here, nil for everything

	expects  bool     // whether a person sees what is expected
	binary   []string // what the command line tells every test binary
	expected func() map[string]live.Package

	whole func(pkg, reason string) // see option.Trying, nil for none

	seed func() int64 // for -shuffle=on, the same in the whole run

	mu      sync.Mutex
	said    map[string]bool
	planned map[string]Planned // of the packages that ran, by import path
}

// Planned is how a package was planned.
type Planned struct {
	plan.Package
	Splits bool // whether another mode may split it
}

// New returns a listing that has listed nothing yet. It stops when ctx ends. Close must be
// called.
func New(ctx context.Context, opts option.Options, settings gotest.Settings, past *history.History, stderr io.Writer) *Listing {
	query := suite.Query{
		Dir: opts.Dir, Env: opts.GoEnvironment(),
		Args: opts.Args, Packages: WorkerPackages(opts.GoTest, opts.Environ), Overlay: settings.Overlay,
	}
	l := &Listing{
		mode: opts.Dist, workers: opts.Workers, history: past, tables: opts.Tables,
		query: query, covers: settings.Cover,
		said: map[string]bool{}, planned: map[string]Planned{}, ended: make(chan struct{}),
		expects: opts.Area, binary: settings.Binary, whole: opts.StaysWhole,
	}
	l.Say = sayTo(stderr)
	l.seed = sync.OnceValue(func() int64 { return time.Now().UnixNano() })
	l.ctx, l.cancel = context.WithCancel(ctx)
	l.expected = sync.OnceValue(l.expect)
	l.list = sync.OnceValues(func() ([]suite.Package, error) {
		defer close(l.ended)
		if opts.Unit != nil {
			return opts.Unit.Suites, nil
		}
		return suite.List(l.ctx, l.query)
	})
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

// Begin starts listing the tests, in the modes that need them and for a person who wants to
// know how many there are.
func (l *Listing) Begin() {
	if l.mode != plan.LoadScope || l.expects || l.hasRules("") {
		l.running.Go(func() { _, _ = l.list() }) // later callers get the error
	}
}

// sayTo returns a function that prints to stderr.
func sayTo(stderr io.Writer) func(string) {
	return func(text string) { _, _ = fmt.Fprintf(stderr, "gotestshard: %s\n", text) }
}

// Close ends the listing when it is no longer needed.
func (l *Listing) Close() {
	l.cancel()
	l.running.Wait()
}

// Planned returns how the packages that have run so far were planned, by import path.
func (l *Listing) Planned() map[string]Planned {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.planned)
}

// once prints a message that applies to several packages only once.
func (l *Listing) once(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
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
		selection, reason := gotest.NewSelection(task.Command[task.Binary+1:])
		if b.Resumes = reason == ""; b.Resumes {
			b.Selection = l.resolve(selection)
		}
		l.addRules(&b, selection)
		splits = reason == "" && ok && !marks.Serial && !marks.Together
	} else {
		l.split(&b)
	}
	b.Package.Limits = l.tables.GroupLimits()
	b.Package.Start, b.Package.StartOnce = startCost(l.history, task.Package)
	b.Package.Estimate, _ = l.history.Package(task.Package)
	if l.mode == plan.Each {
		b.Each = l.workers
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.planned[task.Package] = Planned{b.Package, splits}
	return b
}

func (l *Listing) warn(marks suite.Marks) {
	for _, warning := range marks.Warnings {
		l.once(warning.String())
	}
}

// staysWhole reports why a package stays whole.
func (l *Listing) staysWhole(pkg, reason string) {
	if l.whole != nil {
		l.whole(pkg, reason)
		return
	}
	l.once(fmt.Sprintf("%s stays whole: %s", pkg, reason))
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
	p := plan.Package{Limits: l.tables.GroupLimits(), Name: pkg.ImportPath, Whole: pkg.Together, Serial: pkg.Serial}
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
			Name: test.Name, Files: test.Files, Group: l.groupOf(pkg.ImportPath, test), Serial: l.isSerial(pkg.ImportPath, test), Split: test.Split,
			Estimate: estimate * time.Duration(max(1, selection.Times())),
		})
	}
	if len(p.Tests) == 0 {
		p.Whole = true // it prints the reason itself
	}
	if reason := l.bound(pkg, p, selection); reason != "" {
		l.staysWhole(p.Name, reason)
		p.Whole = true
	}
	switch {
	case l.whole == nil:
	case pkg.Together:
		l.whole(p.Name, "//gotestshard:together is above its package clause")
	case pkg.Serial:
		l.whole(p.Name, "//gotestshard:serial is above its package clause")
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
func WorkerPackages(tests option.GoTest, env environ.List) []string {
	if len(tests.Packages) == 0 {
		return gotest.DefaultPackages(env, tests.Dir, tests.Args)
	}
	return tests.Packages
}
