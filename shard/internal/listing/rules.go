package listing

import (
	"fmt"
	"slices"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/option"
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
	for _, test := range pkg.Tests {
		if !selection.Match(test.Name) {
			continue
		}
		if group := l.groupOf(pkg.ImportPath, test); group != "" && !slices.Contains(b.Package.Groups, group) {
			b.Package.Groups = append(b.Package.Groups, group)
		}
		b.Package.Serial = b.Package.Serial || l.isSerial(pkg.ImportPath, test)
	}
}
