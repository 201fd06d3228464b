package listing

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/pool"
	"github.com/gotestshard/gotestshard/shard/internal/split"
	"github.com/gotestshard/gotestshard/shard/internal/suite"
)

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

// split finds the tests of a binary, unless there is a reason to keep its package whole.
func (l *Listing) split(b *split.Binary) {
	selection, reason := gotest.NewSelection(b.Task.Command[b.Task.Binary+1:])
	selection = l.resolve(selection)
	b.Selection, b.Resumes = selection, reason == ""
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
		} else if l.whole != nil {
			l.whole(b.Task.Package, reason)
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
		l.staysWhole(b.Package.Name, reason)
		b.Package.Whole = true
	case divided && !l.Part.covers(b.Package):
		b.Package.Whole = true
		l.undivided(b, "its test binary was started with other flags than those its tests were divided by, such as flags after -args")
	case divided:
		b.Package, b.Elsewhere = l.Part.of(b.Package)
		b.Hides = b.Hides && l.Part.Packages[pkg.ImportPath].Rest
		b.Nothing = len(b.Package.Tests) == 0 && !b.Hides
	}
	b.Package = l.spread(pkg, b.Package, selection, l.history)
}

// resolve makes all processes of a run shuffle their tests in the same way.
func (l *Listing) resolve(selection gotest.Selection) gotest.Selection {
	if selection.Shuffle() == "on" {
		return selection.ResolveShuffle(l.seed())
	}
	return selection
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
