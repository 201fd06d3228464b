package shard

import (
	"encoding/json"
	"strings"

	"gotest.tools/gotestsum/testjson"
)

// buildNotes are what the go command said while it built packages, and which build
// failed a package: testjson keeps neither by the package.
type buildNotes struct {
	output map[string][]string // lines, by the import path that the go command names
	failed map[string]string   // that import path, by package
	joined map[string]string   // output as one text, where it was asked for
}

func newBuildNotes() *buildNotes {
	return &buildNotes{output: map[string][]string{}, failed: map[string]string{}, joined: map[string]string{}}
}

// add takes in an event. Nil notes take in nothing.
func (n *buildNotes) add(event testjson.TestEvent) {
	switch {
	case n == nil:
	case event.Action == testjson.ActionBuild:
		n.output[event.ImportPath] = append(n.output[event.ImportPath], event.Output)
		delete(n.joined, event.ImportPath)
	case event.Action == testjson.ActionFail && event.Test == "":
		var end struct{ FailedBuild string }
		if json.Unmarshal(event.Bytes(), &end) == nil && end.FailedBuild != "" {
			n.failed[event.Package] = end.FailedBuild
		}
	}
}

// of is what the go command said of the build that failed a package, empty for none.
func (n *buildNotes) of(pkg string) string {
	path, ok := n.failed[pkg]
	if !ok {
		return ""
	}
	text, ok := n.joined[path]
	if !ok {
		text = strings.Join(n.output[path], "")
		n.joined[path] = text
	}
	return text
}

// all is of for each package that a build failed.
func (n *buildNotes) all() map[string]string {
	texts := make(map[string]string, len(n.failed))
	for pkg := range n.failed {
		texts[pkg] = n.of(pkg)
	}
	return texts
}
