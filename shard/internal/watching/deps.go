package watching

import (
	"fmt"
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
	l.why = why
}

// concern adds to the folders of saved files the packages that depend on them, with the reasons: the
// nearest first, and of these the ones that failed the last time. With an error it is only the folders.
func (l *watchLoop) concern(which string, saved, files []string) (packages, why []string, err error) {
	if l.deps == nil || len(files) == 0 {
		return saved, nil, nil
	}
	all, err := l.deps.Concerned(files)
	if err != nil {
		return saved, nil, err
	}
	if l.paths == nil {
		l.paths = map[string]string{}
	}
	failed := l.failedPackages()
	var others []changed.Concerned
	for _, pkg := range all {
		l.paths[pkg.Name] = pkg.Path
		far := pkg.Far > 1 && which == option.WatchDepsDirect
		if !slices.Contains(saved, pkg.Name) && !far {
			others = append(others, pkg)
		}
	}
	slices.SortStableFunc(others, func(a, b changed.Concerned) int {
		switch {
		case failed[a.Path] == failed[b.Path]:
			return 0
		case failed[a.Path]:
			return -1
		}
		return 1
	})
	packages = slices.Clone(saved)
	for _, pkg := range others {
		packages = append(packages, pkg.Name)
		why = append(why, pkg.Reason)
	}
	return packages, why, nil
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

// mostShown is how many packages are shown with the reason why they run.
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
