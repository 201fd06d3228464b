package listing

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/node"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/split"
	"github.com/gotestshard/gotestshard/shard/internal/suite"
)

// commandLineFiles is the import path of a package that is given as files.
const commandLineFiles = "command-line-arguments"

// Partition returns what each of so many CI nodes runs, as far as the source, the
// command line and past tell, which are the same on all nodes: what one of them
// remembers by itself must not count.
func (l *Listing) Partition(total int, settings gotest.Settings, past *history.History) ([]plan.Part, error) {
	suites, err := l.list()
	if err != nil {
		return nil, errors.New(oneLine(err.Error()))
	}
	selection, reason := gotest.NewSelection(settings.Binary)
	return plan.Partition(l.mode, total, l.planAll(suites, selection, reason, past)), nil
}

// planAll is what the planner needs to know of each package. Those that the go
// command will not run have no tests; with a reason nothing can be split.
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
			p.Estimate = 0 // that is of what is not selected
		}
		packages[i] = p
	}
	return packages
}

// Part is what runs on this node.
type Part struct {
	Name     string                      // such as "2/4"
	Packages map[string]plan.PartPackage // by import path
	Digest   string                      // of the packages of which there is only a part, empty for none
	shared   map[string]map[string]bool  // the tests that one of the parts has, by import path
}

// NewPart returns the part of that index, from 1.
func NewPart(parts []plan.Part, of node.Partition) *Part {
	p := &Part{Name: of.String(), Packages: map[string]plan.PartPackage{}, shared: map[string]map[string]bool{}}
	for _, other := range parts {
		for _, pkg := range other.Packages {
			if p.shared[pkg.Name] == nil {
				p.shared[pkg.Name] = map[string]bool{}
			}
			for _, test := range pkg.Tests {
				p.shared[pkg.Name][test] = true
			}
		}
	}
	var some plan.Part
	for _, pkg := range parts[of.Index-1].Packages {
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

// names returns the import paths in order.
func (p *Part) names() []string {
	var names []string
	for name := range p.Packages {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Arguments are the arguments of go test with the packages of this part in place of
// the user's. Files stay as they are.
func (p *Part) Arguments(args gotest.Args, packages []string) (gotest.Args, []string) {
	if _, ok := p.Packages[commandLineFiles]; ok {
		return args, packages
	}
	return args.WithPackages(p.names()), nil
}

// of returns a package of this part, with the tests that it has of it, and the names
// of those that others have.
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

// divided is whether other parts have something of a package too.
func (p *Part) divided(pkg string) bool {
	if p == nil {
		return false
	}
	planned, ok := p.Packages[pkg]
	return ok && !planned.Whole
}

// covers is whether each test of a package is in one of the parts. The parts were made
// before the go command said with which arguments it starts the test binary.
func (p *Part) covers(pkg plan.Package) bool {
	shared := p.shared[pkg.Name]
	return !pkg.Whole && !slices.ContainsFunc(pkg.Tests, func(t plan.Test) bool { return !shared[t.Name] })
}

// has is whether a package is in this part. Without parts all of them are.
func (p *Part) has(pkg string) bool {
	if p == nil {
		return true
	}
	_, ok := p.Packages[pkg]
	return ok
}

// undivided keeps a package whole that was to be divided: the part that has the rest
// of it runs all of it, and the others nothing.
func (l *Listing) undivided(b *split.Binary, why string) {
	if l.Part.Packages[b.Task.Package].Rest {
		l.Say(fmt.Sprintf("%s stays whole, all of it on this node: %s", b.Task.Package, why))
		return
	}
	b.Nothing = true
	l.Say(fmt.Sprintf("%s stays whole, all of it on another node: %s", b.Task.Package, why))
}
