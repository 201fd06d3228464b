package listing

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/pool"
	"github.com/gotestshard/gotestshard/shard/internal/split"
	"github.com/gotestshard/gotestshard/shard/internal/suite"
)

// hasRules reports whether the configuration file has a [[test]] about where tests of a package
// run, or with an empty name those of any package.
func (l *Listing) hasRules(pkg string) bool {
	return slices.ContainsFunc(l.tables.Tests, func(rule option.TestRule) bool {
		return (rule.Group != "" || rule.Serial) && (pkg == "" || rule.Match.In(pkg))
	})
}

// groupOf returns the group of a test, empty for none.
func (l *Listing) groupOf(pkg string, test suite.Test) string {
	for _, rule := range l.tables.Tests {
		if rule.Group != "" && rule.Match.Matches(pkg, test.Name) {
			return rule.Group
		}
	}
	return test.Group
}

// isSerial reports whether nothing may run at the same time as a test.
func (l *Listing) isSerial(pkg string, test suite.Test) bool {
	return test.Serial || slices.ContainsFunc(l.tables.Tests, func(rule option.TestRule) bool {
		return rule.Serial && rule.Match.Matches(pkg, test.Name)
	})
}

// addRules adds what [[test]] says to a package that stays whole in a mode that does not list the
// tests otherwise.
func (l *Listing) addRules(b *split.Binary, selection gotest.Selection) {
	if !l.hasRules(b.Task.Package) {
		return
	}
	pkg, err := l.find(b.Task)
	if err != nil {
		l.once(fmt.Sprintf("group and serial of [[test]] in the configuration file have no effect: %v", err))
		return
	}
	l.addPlaces(&b.Package, pkg, selection)
}

// addPlaces adds to a package that stays whole where its selected tests may run.
func (l *Listing) addPlaces(p *plan.Package, pkg suite.Package, selection gotest.Selection) {
	for _, test := range pkg.Tests {
		if !selection.Match(test.Name) {
			continue
		}
		if group := l.groupOf(pkg.ImportPath, test); group != "" && !slices.Contains(p.Groups, group) {
			p.Groups = append(p.Groups, group)
		}
		p.Serial = p.Serial || l.isSerial(pkg.ImportPath, test)
	}
}

// Repeated returns a package whose processes run again and again with these arguments, with the
// groups of the tests that these select, and whether these run alone.
func (l *Listing) Repeated(task pool.Task, args []string) plan.Package {
	b := split.Binary{Task: task, Package: plan.Package{Name: task.Package, Whole: true}}
	marks, ok := l.directives(&b)
	b.Package.Limits = l.tables.GroupLimits()
	if ok && !marks.Serial && len(marks.Groups) == 0 && !l.hasRules(task.Package) {
		return b.Package
	}
	selection, reason := gotest.NewSelection(args)
	if pkg, err := l.find(task); reason == "" && err == nil { // otherwise those of all tests
		b.Package.Serial, b.Package.Groups = pkg.Serial, nil
		l.addPlaces(&b.Package, pkg, selection)
	}
	for _, group := range b.Package.Groups {
		if b.Package.Limits[group] == 0 { // in a run, a package that stays whole is in one process
			b.Package.Limits[group] = 1
		}
	}
	var why string
	switch {
	case b.Package.Serial:
		why = "its processes run alone, because of serial"
	case len(b.Package.Groups) > 0:
		why = "its processes keep to the limits of the groups " + strings.Join(b.Package.Groups, ", ")
	default:
		return b.Package
	}
	l.once(task.Package + ": " + why)
	return b.Package
}
