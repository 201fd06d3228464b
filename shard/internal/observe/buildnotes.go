package observe

import (
	"encoding/json"
	"strings"

	"gotest.tools/gotestsum/testjson"
)

// BuildNotes are what the go command said while it built packages, and which build
// failed a package: testjson keeps neither by the package.
type BuildNotes struct {
	Output map[string][]string // lines, by the import path that the go command names
	failed map[string]string   // that import path, by package
	joined map[string]string   // output as one text, where it was asked for
}

// NewBuildNotes returns notes of no builds.
func NewBuildNotes() *BuildNotes {
	return &BuildNotes{Output: map[string][]string{}, failed: map[string]string{}, joined: map[string]string{}}
}

// add takes in an event. Nil notes take in nothing.
func (n *BuildNotes) add(event testjson.TestEvent) {
	switch {
	case n == nil:
	case event.Action == testjson.ActionBuild:
		n.Output[event.ImportPath] = append(n.Output[event.ImportPath], event.Output)
		delete(n.joined, event.ImportPath)
	case event.Action == testjson.ActionFail && event.Test == "":
		var end struct{ FailedBuild string }
		if json.Unmarshal(event.Bytes(), &end) == nil && end.FailedBuild != "" {
			n.failed[event.Package] = end.FailedBuild
		}
	}
}

// Of is what the go command said of the build that failed a package, empty for none.
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

// All is of for each package that a build failed.
func (n *BuildNotes) All() map[string]string {
	texts := make(map[string]string, len(n.failed))
	for pkg := range n.failed {
		texts[pkg] = n.Of(pkg)
	}
	return texts
}
