package watching

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/changed"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// dependents knows which packages a save concerns: a changed.Hot.
type dependents interface {
	Concerned(files []string) ([]changed.Concerned, error)
	// Folders are those of files that count beside Go files.
	Folders() []string
	// Packages are all that are watched, none if that is not known yet.
	Packages() []string
}

// concerned is why packages run.
type concerned struct {
	changed string            // what was saved, in words, empty if the user wanted the run
	why     []string          // of those that were not saved, in the order of the run
	reasons map[string]string // of all, by import path, in the fewest words
}

// beginSaved schedules the tests of the packages that were saved last, and of those that depend on
// them. which is a value of --watch-deps.
func (l *watchLoop) beginSaved(which string) {
	packages, why, err := l.concern(which, l.saved, l.savedFiles)
	if err != nil {
		l.warn("only what was saved runs, and not what depends on it: %v", err)
	}
	packages, why = l.withRest(packages, why)
	if len(packages) == 0 { // a file that no test reads any more
		return
	}
	l.begin(packages, nil)
	l.concerned = why
}

// concern adds to the folders of saved files the packages that depend on them, with the reasons, in
// the order in which they run. With an error it is only the folders.
func (l *watchLoop) concern(which string, saved, files []string) (packages []string, why concerned, err error) {
	why.changed = changedWords(files)
	if l.deps == nil || len(files) == 0 {
		return saved, why, nil
	}
	all, err := l.deps.Concerned(files)
	if err != nil {
		return saved, why, err
	}
	saved = slices.Clone(saved)
	for i, pkg := range saved {
		saved[i] = filepath.ToSlash(pkg) // as the graph names it
	}
	if l.paths == nil {
		l.paths = map[string]string{}
	}
	for _, pkg := range all {
		l.paths[pkg.Name] = pkg.Path
	}
	if which == option.WatchDepsDirect {
		all = slices.DeleteFunc(slices.Clone(all), func(pkg changed.Concerned) bool { return pkg.Far > 1 })
	}
	why.reasons = map[string]string{}
	packages = slices.Clone(saved) // some may be in no package that the graph has
	for _, pkg := range inOrder(all, saved, l.failedPackages()) {
		why.reasons[pkg.Path] = pkg.Short
		if at := slices.Index(packages, pkg.Name); at >= 0 {
			packages = slices.Delete(packages, at, at+1)
		} else {
			why.why = append(why.why, pkg.Reason)
		}
		packages = append(packages, pkg.Name)
	}
	return packages, why, nil
}

// inOrder sorts packages: those that were saved, then the nearest first, and of equal ones those that
// failed the last time.
func inOrder(all []changed.Concerned, saved []string, failed map[string]bool) []changed.Concerned {
	all = slices.Clone(all)
	rank := func(pkg changed.Concerned) (far, passed int) {
		far, passed = pkg.Far+1, 1
		if slices.Contains(saved, pkg.Name) {
			far = 0
		}
		if failed[pkg.Path] {
			passed = 0
		}
		return far, passed
	}
	slices.SortStableFunc(all, func(a, b changed.Concerned) int {
		farA, passedA := rank(a)
		farB, passedB := rank(b)
		return cmp.Or(cmp.Compare(farA, farB), cmp.Compare(passedA, passedB))
	})
	return all
}

// foldersOf returns where files are, for a message.
func foldersOf(packages, files []string) string {
	if len(packages) == 0 {
		packages = files
	}
	return strings.Join(packages, " ")
}

// failedPackages returns the import paths of the packages that failed in the last runs.
func (l *watchLoop) failedPackages() map[string]bool {
	failed := map[string]bool{}
	for _, result := range l.results {
		if result.execution == nil {
			continue
		}
		for _, path := range result.execution.Packages() {
			if result.execution.Package(path).Result() == "fail" {
				failed[path] = true
			}
		}
	}
	return failed
}

// mostShown is how many packages are named, and shown with the reason why they run.
const mostShown = 5

// writeWhy shows why packages run that were not saved.
func (l *watchLoop) writeWhy() error {
	for i, why := range l.why {
		text := "    " + plain.Line(why)
		if i == mostShown && len(l.why) > mostShown+1 {
			text = fmt.Sprintf("    and %d more packages", len(l.why)-mostShown)
		}
		if _, err := fmt.Fprintln(l.messages, text); err != nil {
			return fmt.Errorf("printing why packages run: %w", err)
		}
		if i == mostShown && len(l.why) > mostShown+1 {
			break
		}
	}
	return nil
}
