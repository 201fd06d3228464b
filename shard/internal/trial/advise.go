package trial

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"

	"github.com/gotestshard/gotestshard/shard/internal/diagnose"
	"github.com/gotestshard/gotestshard/shard/internal/split"
	"github.com/gotestshard/gotestshard/shard/internal/suite"
)

// The directives.
const (
	together = "//gotestshard:together"
	serial   = "//gotestshard:serial"
	group    = "//gotestshard:group "
)

// mostGrouped is how many tests a group has at most that is advised; with more, the package stays
// whole.
const mostGrouped = 8

// directive is a directive to add.
type directive struct {
	Text string `json:"directive"`
	// Test is the test above which it is to be, empty for above the package clause.
	Test string `json:"test"`
	File string `json:"file"` // empty if it is not known
	Line int    `json:"line"` // of the test, 0 if it is not known
}

// found is a difference, and why the test failed, if it did.
type found struct {
	difference
	diagnose.Finding
	// sourceOrder is whether it fails after others only in another order than that of the source.
	sourceOrder bool
}

// known reports whether it is known what makes a test fail. If it is not, only a whole package is
// safe.
func (f found) known() bool {
	return f.when == failed && f.Again && !(f.Unfinished && f.Verdict == diagnose.Broken)
}

// ownFault reports whether a test fails without splitting too, now and then or since the whole
// run.
func (f found) ownFault() bool {
	return f.known() && (f.Verdict == diagnose.Flaky || f.Verdict == diagnose.Broken)
}

// need is what a difference needs: the whole package in one process, a test alone, some tests in
// one process, or nothing.
type need struct {
	whole   bool
	alone   string
	grouped []string
}

// needOf returns what a difference in a package needs that is split. order are the tests of the
// package in the order of the source.
func needOf(f found, order []string) need {
	switch {
	case f.ownFault():
		return need{}
	case f.when == failed && f.test != split.OutsideTests && f.Verdict == diagnose.Slow:
		return need{alone: f.test}
	case !f.known(), f.test == split.OutsideTests:
		return need{whole: true}
	}
	tests := append([]string{f.test}, slices.Concat(f.FailsAfter, f.PassesOnlyAfter)...)
	for _, beside := range f.CollidesWith {
		if beside.Package != f.pkg || len(beside.Tests) == 0 {
			return need{alone: f.test}
		}
		tests = append(tests, beside.Tests...)
	}
	fits := len(tests) > 1 && len(tests) <= mostGrouped
	switch {
	case len(f.FailsAfter) > 0 && (!fits || !passesInOrder(f, order)), len(f.PassesOnlyAfter) > 0 && !fits:
		return need{whole: true}
	case len(f.CollidesWith) > 0 && !fits:
		return need{alone: f.test}
	}
	return need{grouped: tests}
}

// passesInOrder reports whether a test that fails after others passes in one process with them, in
// the order of the source: if one of them comes later there. Otherwise it passes in the whole
// package because of a test between them.
func passesInOrder(f found, order []string) bool {
	return f.Verdict == diagnose.Dependent && slices.ContainsFunc(f.FailsAfter, func(other string) bool { return slices.Index(order, other) > slices.Index(order, f.test) })
}

// advise returns the directives for what was found in a package. stays is whether it cannot be
// split anyway, and taken are the names of the groups of all packages.
func advise(all []found, pkg suite.Package, stays bool, taken map[string]bool) (directives []directive) {
	var order []string
	for _, test := range pkg.Tests {
		order = append(order, test.Name)
	}
	var groups [][]string
	var alone []string
	for _, f := range all {
		switch n := needOf(f, order); {
		case stays && n.alone == "":
		case n.whole:
			return []directive{pkgDirective(together, all, pkg)}
		case n.alone != "" && !slices.Contains(alone, n.alone):
			alone = append(alone, n.alone)
		case n.grouped != nil:
			groups = join(groups, n.grouped)
		}
	}
	for _, tests := range groups {
		name, ok := groupName(tests, pkg, taken)
		if !ok {
			return []directive{pkgDirective(together, all, pkg)}
		}
		slices.SortFunc(tests, func(a, b string) int { return slices.Index(order, a) - slices.Index(order, b) })
		for _, test := range tests {
			if d := above(group+name, test, pkg); find(pkg, test).Group == "" {
				directives = append(directives, d)
			}
		}
	}
	for _, test := range alone {
		directives = append(directives, above(serial, test, pkg))
	}
	return directives
}

// join adds tests to groups; groups with a test in common become one.
func join(groups [][]string, tests []string) [][]string {
	rest := [][]string{}
	for _, other := range groups {
		if slices.ContainsFunc(other, func(test string) bool { return slices.Contains(tests, test) }) {
			tests = append(slices.Clone(tests), other...)
		} else {
			rest = append(rest, other)
		}
	}
	slices.Sort(tests)
	return append(rest, slices.Compact(tests))
}

// groupName returns the group for tests: that which some of them have, or a new one. There is none
// if they have several.
func groupName(tests []string, pkg suite.Package, taken map[string]bool) (name string, ok bool) {
	for _, test := range tests {
		switch of := find(pkg, test).Group; {
		case name == "":
			name = of
		case of != "" && of != name:
			return "", false
		}
	}
	base := path.Base(pkg.ImportPath)
	for n := 1; name == ""; n++ {
		candidate := base
		if n > 1 {
			candidate = fmt.Sprint(base, n)
		}
		if !taken[candidate] {
			name = candidate
		}
	}
	taken[name] = true
	return name, true
}

// find returns a test of a package, with nothing but its name if it is not listed.
func find(pkg suite.Package, test string) suite.Test {
	if at := slices.IndexFunc(pkg.Tests, func(t suite.Test) bool { return t.Name == test }); at >= 0 {
		return pkg.Tests[at]
	}
	return suite.Test{Name: test}
}

// above returns a directive above a test.
func above(text, test string, pkg suite.Package) directive {
	d := directive{Text: text, Test: test}
	if t := find(pkg, test); len(t.Files) > 0 {
		d.File, d.Line = filepath.Join(pkg.Dir, t.Files[0]), t.Line
	}
	return d
}

// pkgDirective returns a directive above the package clause of the file that has the first of the
// tests.
func pkgDirective(text string, all []found, pkg suite.Package) directive {
	d := directive{Text: text}
	for _, f := range all {
		if t := find(pkg, f.test); len(t.Files) > 0 && d.File == "" {
			d.File = filepath.Join(pkg.Dir, t.Files[0])
		}
	}
	if len(pkg.Tests) > 0 && d.File == "" {
		d.File = filepath.Join(pkg.Dir, pkg.Tests[0].Files[0])
	}
	return d
}
