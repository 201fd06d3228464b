package affected

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// Select decides which packages run.
func Select(facts Facts) Selection {
	s := &selecting{Facts: facts, marks: map[string]cause{}, dirty: map[string]cause{}}
	if s.Everything == "" {
		s.Everything = s.markAll()
	}
	if s.Everything != "" {
		return everything(facts, s.Everything)
	}
	s.spread()
	var selection Selection
	for _, pkg := range facts.Packages {
		if reason, ok := s.reason(pkg); ok {
			selection.Packages = append(selection.Packages, Selected{pkg.Path, reason})
		} else {
			selection.LeftOut = append(selection.LeftOut, pkg.Path)
		}
	}
	return selection
}

// everything selects all packages for one reason.
func everything(facts Facts, why string) Selection {
	selection := Selection{Everything: why}
	for _, pkg := range facts.Packages {
		selection.Packages = append(selection.Packages, Selected{pkg.Path, Reason{Kind: Unknown, Text: why}})
	}
	return selection
}

// selecting is a selection that is being made.
type selecting struct {
	Facts
	marks map[string]cause  // nodes that have changed themselves, by ID
	dirty map[string]cause  // these and what imports them
	loose []Change          // that are not source
	paths map[string]string // import paths by ID, nil if they were not needed yet
}

// cause is why a node is not as it was.
type cause struct {
	kind ReasonKind
	file string
	text string
	from string // the ID of the imported node that has it, empty for the node itself
}

// markAll marks the nodes that have changed themselves. It returns why everything runs, if it
// does.
func (s *selecting) markAll() string {
	owners := s.owners()
	for _, c := range s.Changes {
		if why := decisive(c); why != "" {
			return why
		}
		if s.isModuleFile(c.Path) {
			continue // what is in it is compared
		}
		s.markSource(c, owners[c.Path])
		owned := len(owners[c.Path]) > 0
		if isSource(c.Path) && (owned || path.Ext(c.Path) == ".go") || owned && path.Base(c.Path) == "go.mod" {
			continue
		}
		s.loose = append(s.loose, c)
		if !owned && s.isAtRoot(c.Path) && !isDocument(c.Path) && !s.isRead(c) {
			return c.Path + " " + c.verb() + ", and no test was seen to read it"
		}
	}
	for _, node := range s.Nodes {
		if file, ok := s.Modules[node.Module]; ok && node.Module != "" {
			s.mark(node.ID, cause{kind: Module, file: file, text: fmt.Sprintf("%s has another version of %s", file, node.Module)})
		}
		if node.Broken != "" {
			s.mark(node.ID, cause{kind: Source, text: "cannot be loaded: " + node.Broken})
		}
		if node.Doubt != "" {
			s.mark(node.ID, cause{kind: Unseen, text: node.Doubt})
		}
	}
	return ""
}

// owners returns the nodes that each file is part of, and those that have a file in each
// folder: a link or a repository in this one is listed as one change.
func (s *selecting) owners() map[string][]int {
	owners := map[string][]int{}
	for i, node := range s.Nodes {
		for _, file := range node.Files {
			for at := file; at != "."; at = path.Dir(at) {
				if of := owners[at]; len(of) > 0 && of[len(of)-1] == i {
					continue
				}
				owners[at] = append(owners[at], i)
			}
		}
	}
	return owners
}

// markSource marks the nodes that a file is part of, or may have been part of.
func (s *selecting) markSource(c Change, owners []int) {
	source := cause{kind: Source, file: c.Path, text: c.Path + " " + c.verb()}
	for _, i := range owners {
		s.mark(s.Nodes[i].ID, source)
	}
	isIncluded := len(owners) == 0 && slices.Contains(included, path.Ext(c.Path))
	for _, node := range s.Nodes {
		if node.Dir != "" && (s.wasPart(c, node) || wasEmbedded(c, node) || isIncluded && node.Native) {
			s.mark(node.ID, source)
		}
	}
}

// wasPart reports whether a file that is not part of a node now may have been: it is gone, or
// its build constraints have changed.
func (s *selecting) wasPart(c Change, node Node) bool {
	if c.Kind == Added || slices.Contains(node.Files, c.Path) || dirOf(c.Path) != node.Dir || !isSource(c.Path) || s.CanBuild != nil && !s.CanBuild(c.Path) {
		return false
	}
	return node.Test || !strings.HasSuffix(c.Path, "_test.go")
}

// wasEmbedded reports whether a file that is gone may have been embedded.
func wasEmbedded(c Change, node Node) bool {
	return c.Kind == Removed && slices.ContainsFunc(node.Embeds, func(pattern string) bool { return matches(pattern, node.Dir, c.Path) })
}

func (s *selecting) mark(id string, c cause) {
	if before, ok := s.marks[id]; !ok || slices.Index(kinds, c.kind) < slices.Index(kinds, before.kind) {
		s.marks[id] = c
	}
}

// kinds are the kinds of reasons that nodes have, the clearest first.
var kinds = []ReasonKind{Source, Module, Unseen}

// spread finds everything that imports what is marked. A clearer reason goes before one that is
// nearer, and of equal ones the nearest counts.
func (s *selecting) spread() {
	importers := map[string][]string{}
	for _, node := range s.Nodes {
		for _, imported := range node.Imports {
			importers[imported] = append(importers[imported], node.ID)
		}
	}
	for _, kind := range kinds {
		var next []string
		for _, id := range slices.Sorted(maps.Keys(s.marks)) {
			if _, ok := s.dirty[id]; !ok && s.marks[id].kind == kind {
				s.dirty[id] = s.marks[id]
				next = append(next, id)
			}
		}
		for len(next) > 0 {
			id := next[0]
			next = next[1:]
			for _, importer := range importers[id] {
				if _, ok := s.dirty[importer]; !ok {
					c := s.dirty[id]
					c.from = id
					s.dirty[importer] = c
					next = append(next, importer)
				}
			}
		}
	}
}

// reason returns why a package runs, if it does.
func (s *selecting) reason(pkg Package) (Reason, bool) {
	c, built := s.dirty[pkg.Node]
	if built && c.kind != Unseen {
		return s.reasonOf(c, pkg), true
	}
	if reason, ok := s.lastTestGone(pkg); ok {
		return reason, true
	}
	if reason, ok := s.readReason(pkg); ok && pkg.Tests {
		return reason, true
	}
	// If it is as in its last run, that has seen what the difference does not show.
	if built && !pkg.Reads.Verified {
		return s.reasonOf(c, pkg), true
	}
	return Reason{}, false
}

// lastTestGone reports whether a package without tests may have had some.
func (s *selecting) lastTestGone(pkg Package) (Reason, bool) {
	for _, c := range s.Changes {
		if !pkg.Tests && pkg.Dir != "" && strings.HasSuffix(c.Path, "_test.go") && s.wasPart(c, Node{Dir: pkg.Dir, Test: true}) {
			return Reason{Kind: Source, File: c.Path, Text: c.Path + " " + c.verb(), Via: []string{pkg.Path}}, true
		}
	}
	return Reason{}, false
}

// reasonOf returns the reason of a package whose node is marked.
func (s *selecting) reasonOf(c cause, pkg Package) Reason {
	reason := Reason{Kind: c.kind, File: c.file, Text: c.text}
	if s.paths == nil {
		s.paths = map[string]string{}
		for _, node := range s.Nodes {
			s.paths[node.ID] = node.Package
		}
	}
	for id := pkg.Node; id != ""; id = s.dirty[id].from {
		path := s.paths[id]
		if len(reason.Via) == 0 || reason.Via[0] != path {
			reason.Via = slices.Insert(reason.Via, 0, path)
		}
	}
	return reason
}
