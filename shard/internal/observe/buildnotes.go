package observe

import (
	"encoding/json"
	"strings"

	"gotest.tools/gotestsum/testjson"
)

// BuildNotes has the output of the go command while it built packages, and which build
// failed a package. testjson keeps neither of them by package.
type BuildNotes struct {
	Output map[string][]string // lines, by the import path in the build events
	failed map[string]string   // that import path, by package
	joined map[string]string   // cached output as one text
}

// NewBuildNotes returns empty notes.
func NewBuildNotes() *BuildNotes {
	return &BuildNotes{Output: map[string][]string{}, failed: map[string]string{}, joined: map[string]string{}}
}

// add records an event. Nil notes record nothing.
func (n *BuildNotes) add(event testjson.TestEvent) {
	switch {
	case n == nil:
	case event.Action == testjson.ActionBuild:
		n.Output[event.ImportPath] = append(n.Output[event.ImportPath], event.Output)
		delete(n.joined, event.ImportPath)
	case event.Action == testjson.ActionFail && event.Test == "":
		if path := failedBuild(event); path != "" {
			n.failed[event.Package] = path
		}
	}
}

// failedBuild returns what could not be built, at the end of a package that failed because of that,
// and otherwise nothing.
func failedBuild(event testjson.TestEvent) string {
	var end struct{ FailedBuild string }
	_ = json.Unmarshal(event.Bytes(), &end) // testjson has read it already
	return end.FailedBuild
}

// Of returns the output of the build that failed a package, empty for none.
func (n *BuildNotes) Of(pkg string) string {
	path, ok := n.failed[pkg]
	if !ok {
		return ""
	}
	text, ok := n.joined[path]
	if !ok {
		text = strings.Join(n.Output[path], "")
		n.joined[path] = text
	}
	return text
}

// All returns Of for each package that failed because of a build.
func (n *BuildNotes) All() map[string]string {
	texts := make(map[string]string, len(n.failed))
	for pkg := range n.failed {
		texts[pkg] = n.Of(pkg)
	}
	return texts
}
