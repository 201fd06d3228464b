package observe

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gotest.tools/gotestsum/testjson"
)

// Accounted records which top-level tests have a result, so that a run fails if a listed
// test has none. The zero value records nothing.
type Accounted struct{ results map[string]map[string]bool } // by package and test

// add records the end of a test.
func (a *Accounted) add(event testjson.TestEvent) {
	if a.results == nil || event.Test == "" || !event.Action.IsTerminal() || strings.Contains(event.Test, "/") {
		return
	}
	pkg := a.results[event.Package]
	if pkg == nil {
		pkg = map[string]bool{}
		a.results[event.Package] = pkg
	}
	pkg[event.Test] = true
}

// Missing returns the listed tests without a result, as package.test, in order. It excludes
// a package in which no test has a result: its TestMain ran no tests and exited with 0. Such
// a package passes under go test too, and its own output shows that no tests ran.
func (a *Accounted) Missing(listed map[string][]string) []string {
	var missing []string
	for _, pkg := range slices.Sorted(maps.Keys(listed)) {
		results := a.results[pkg]
		for _, test := range listed[pkg] {
			if len(results) > 0 && !results[test] {
				missing = append(missing, pkg+"."+test)
			}
		}
	}
	return missing
}

// Standing returns the top-level tests whose last result is a failure. This includes the
// pseudo-tests for failures outside the tests.
func Standing(exec *testjson.Execution) []string {
	var failed []string
	for _, name := range exec.Packages() {
		pkg := exec.Package(name)
		results := LastResults(pkg)
		for _, tc := range pkg.Failed {
			text := name + "." + tc.Test.Name()
			if !tc.Test.IsSubTest() && results[tc.Test] == testjson.ActionFail && !slices.Contains(failed, text) {
				failed = append(failed, text)
			}
		}
	}
	return failed
}

// SomeNames joins the first names, as many as fit on a line and at least one, and adds the
// number of the others.
func SomeNames(names []string) string {
	const most = 100 // characters
	shown, length := 0, 0
	for shown < len(names) && (shown == 0 || length+len(names[shown]) <= most) {
		length += len(names[shown]) + len(", ")
		shown++
	}
	joined := strings.Join(names[:shown], ", ")
	if shown == len(names) {
		return joined
	}
	return fmt.Sprintf("%s and %d more", joined, len(names)-shown)
}
