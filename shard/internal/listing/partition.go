package listing

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/node"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/split"
	"github.com/gotestshard/gotestshard/shard/internal/suite"
)

// commandLineFiles is the import path of a package that is specified by files.
const commandLineFiles = "command-line-arguments"

// Partition returns what each of total CI nodes runs, based on the source, the command
// line and past. These are the same on all nodes; a node must not use its own history.
func (l *Listing) Partition(total int, settings gotest.Settings, past *history.History) ([]plan.Part, error) {
	suites, err := l.list()
	if err != nil {
		return nil, errors.New(oneLine(err.Error()))
	}
	selection, reason := gotest.NewSelection(settings.Binary)
	parts := plan.Partition(l.mode, total, l.planAll(suites, selection, reason, past))
	if text := uneven(l.mode, parts); text != "" {
		l.once(text)
	}
	return parts, nil
}

// Build returns all packages of a build, and what the planner needs to know about each of them.
func (l *Listing) Build(settings gotest.Settings) ([]suite.Package, []plan.Package, error) {
	suites, err := l.list()
	if err != nil {
		return nil, nil, errors.New(oneLine(err.Error()))
	}
	selection, reason := gotest.NewSelection(settings.Binary)
	return suites, l.planAll(suites, selection, reason, l.history), nil
}

// fewTests are too few to write about.
const fewTests = 10

// uneven returns what would balance parts that have whole packages and no history, empty if
// the largest part has no more than a tenth above its share of the tests.
func uneven(mode plan.Mode, parts []plan.Part) string {
	all, most := 0, 0
	for _, part := range parts {
		tests := 0
		for _, pkg := range part.Packages {
			tests += len(pkg.Tests)
		}
		if part.Expected > 0 {
			return "" // there is a history
		}
		all, most = all+tests, max(most, tests)
	}
	if above := most - all/len(parts); mode.Splits() || above < fewTests || most*len(parts)*10 <= all*11 {
		return ""
	}
	return fmt.Sprintf("without a history the parts are balanced by the number of tests, and one of them has %d of %d: "+
		"--timings FILE balances them by duration, --dist load also divides packages", most, all)
}

// planAll returns what the planner needs to know about each package. Packages that the go
// command will not run have no tests. With a reason, nothing can be split.
func (l *Listing) planAll(suites []suite.Package, selection gotest.Selection, reason string, past *history.History) []plan.Package {
	packages := make([]plan.Package, len(suites))
	for i, pkg := range suites {
		if pkg.Problem != nil {
			packages[i] = plan.Package{Name: pkg.ImportPath, Whole: true}
			continue
		}
		p := l.plan(pkg, selection, past)
		p.Whole = p.Whole || reason != "" || l.mode == plan.LoadScope
		if len(p.Tests) == 0 && len(pkg.Tests) > 0 {
			p.Estimate = 0 // it includes tests that are not selected
		}
		packages[i] = p
	}
	return packages
}

// Part is what runs on this node.
type Part struct {
	Name     string                      // such as "2/4"
	Packages map[string]plan.PartPackage // by import path
	Digest   string                      // of the packages that are only partly in this part, empty for none
	shared   map[string]map[string]bool  // the tests that any part has, by import path
}

// NewPart returns this part of parts.
func NewPart(parts []plan.Part, of node.Partition) *Part {
	return newPart(of.String(), parts[of.Index-1], Shared(parts))
}

// PartOf returns the part of a unit.
func PartOf(unit *option.Unit) *Part {
	return newPart(fmt.Sprintf("%d/%d", unit.Number, unit.Of), unit.Part, unit.Shared)
}

// Shared returns the tests that any of the parts has, by import path.
func Shared(parts []plan.Part) map[string]map[string]bool {
	shared := map[string]map[string]bool{}
	for _, part := range parts {
		for _, pkg := range part.Packages {
			if shared[pkg.Name] == nil {
				shared[pkg.Name] = map[string]bool{}
			}
			for _, test := range pkg.Tests {
				shared[pkg.Name][test] = true
			}
		}
	}
	return shared
}

func newPart(name string, part plan.Part, shared map[string]map[string]bool) *Part {
	p := &Part{Name: name, Packages: map[string]plan.PartPackage{}, shared: shared}
	var some plan.Part
	for _, pkg := range part.Packages {
		p.Packages[pkg.Name] = pkg
		if !pkg.Whole {
			some.Packages = append(some.Packages, pkg)
		}
	}
	if len(some.Packages) > 0 {
		p.Digest = plan.Digest([]plan.Part{some})[:16]
	}
	return p
}

// Without returns the part without some packages, which run on no node.
func (p *Part) Without(leftOut []string) *Part {
	for _, name := range leftOut {
		delete(p.Packages, name)
	}
	return p
}

// names returns the import paths in order.
func (p *Part) names() []string {
	var names []string
	for name := range p.Packages {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Arguments returns the arguments of go test with the packages of this part instead of the
// user's. Files stay unchanged.
func (p *Part) Arguments(args gotest.Args, packages []string) (gotest.Args, []string) {
	if _, ok := p.Packages[commandLineFiles]; ok {
		return args, packages
	}
	return args.WithPackages(p.names()), nil
}

// of returns a package with the tests of this part, and the names of the tests of other
// parts.
func (p *Part) of(pkg plan.Package) (mine plan.Package, elsewhere []string) {
	planned := p.Packages[pkg.Name]
	if planned.Whole {
		return pkg, nil
	}
	here := map[string]bool{}
	for _, name := range planned.Tests {
		here[name] = true
	}
	all := pkg.Tests
	pkg.Tests = nil
	for _, test := range all {
		if here[test.Name] {
			pkg.Tests = append(pkg.Tests, test)
		} else {
			elsewhere = append(elsewhere, test.Name)
		}
	}
	return pkg, elsewhere
}

// divided reports whether other parts also have a share in a package.
func (p *Part) divided(pkg string) bool {
	if p == nil {
		return false
	}
	planned, ok := p.Packages[pkg]
	return ok && !planned.Whole
}

// covers reports whether each test of a package is in one of the parts. The parts were
// made before it was known with which arguments the go command starts the test binary.
func (p *Part) covers(pkg plan.Package) bool {
	shared := p.shared[pkg.Name]
	return !pkg.Whole && !slices.ContainsFunc(pkg.Tests, func(t plan.Test) bool { return !shared[t.Name] })
}

// has reports whether a package is in this part. Without parts, all packages are.
func (p *Part) has(pkg string) bool {
	if p == nil {
		return true
	}
	_, ok := p.Packages[pkg]
	return ok
}

// undivided keeps a package whole that was to be divided. The part that has the rest of it
// runs all of it, and the others run nothing.
func (l *Listing) undivided(b *split.Binary, why string) {
	if l.Part.Packages[b.Task.Package].Rest {
		l.Say(fmt.Sprintf("%s stays whole, all of it on this node: %s", b.Task.Package, why))
		return
	}
	b.Nothing = true
	l.Say(fmt.Sprintf("%s stays whole, all of it on another node: %s", b.Task.Package, why))
}
