// Package affected decides which packages a change of files can concern. It is pure: it uses
// no file, process or clock.
//
//	files that differ ┐
//	packages ─────────┼─ Select ─ selected packages, each with its reason
//	what tests read ──┘
//
// A package is left out only if its result is known to be the same as before the change:
// nothing that its test binary is built from has changed, and nothing that its tests read.
// What cannot be known selects a package, or all of them.
package affected

import "strings"

// Kind is how a file differs.
type Kind int

// The kinds of differences. A renamed file is removed and added.
const (
	Modified Kind = iota
	Added
	Removed
)

// Change is a file that differs.
type Change struct {
	Path string // relative to the root of the repository, with slashes
	Kind Kind
}

// Node is a package as it is compiled for one test binary, or a test binary.
type Node struct {
	ID      string // go list's ImportPath, such as p, p [q.test] or q.test
	Package string // its import path
	// Dir is relative to the root of the repository, with slashes, "." for the root itself.
	// It is empty for a package of a module elsewhere, such as the standard library.
	Dir     string
	Test    bool     // it has the test files of its package, or is a test binary
	Files   []string // everything that is compiled, linked or embedded, relative to the root
	Embeds  []string // the patterns of go:embed
	Native  bool     // it has C or assembly files
	Imports []string // IDs
	Module  string   // path, empty without one
	// Broken is why it cannot be loaded, empty if it can.
	Broken string
	// Doubt is why a change of it would not be seen, empty if it would be.
	Doubt string
}

// Package is a package that the command line selects.
type Package struct {
	Path string // import path
	Node string // the ID of its test binary, or of the package if it has no tests
	Dir  string // as in Node
	// Reads are what its tests read in their last run. It counts only for a package with
	// tests.
	Reads Reads
	Tests bool // whether it has tests
}

// Reads are what the tests of a package read.
type Reads struct {
	// Unknown is why it is not known what they read, empty if it is.
	Unknown string
	// Always is why the package has to run whatever has changed, empty for no such reason.
	Always string
	// Programs are programs that the tests started: what these read is not known.
	Programs []string
	Files    []Read
	// Verified is whether the package is, apart from the change, as in its last run.
	Verified bool
}

// Read is something that a test opened, or looked for.
type Read struct {
	Path   string // relative to the root of the repository, with slashes
	Listed bool   // it is a folder whose entries were read
}

// Facts are what a selection is made from.
type Facts struct {
	Changes  []Change
	Nodes    []Node
	Packages []Package
	// Modules are the paths of other modules whose version has changed, with the file that
	// says so.
	Modules map[string]string
	// Everything is why all packages run, empty for no such reason.
	Everything string
	// Roots are the folders of the main modules, relative to the root of the repository.
	Roots []string
	// Exists and Existed report whether there is something at a path now, and whether there
	// was before the change.
	Exists, Existed func(path string) bool
	// CanBuild reports whether the go command can ever build a file of that name here: some
	// names are for other systems.
	CanBuild func(name string) bool
}

// Selection is which packages run.
type Selection struct {
	// Everything is why all packages run, empty if only some do.
	Everything string
	Packages   []Selected // in the order of Facts.Packages
	LeftOut    []string   // import paths
}

// Selected is a package that runs.
type Selected struct {
	Path   string
	Reason Reason
}

// Reason is why a package runs.
type Reason struct {
	Kind ReasonKind
	// File is what has changed, relative to the root of the repository; empty if the reason
	// is in Text alone.
	File string
	Text string // in words, without the path
	// Via are the import paths from the package that has changed to the one that runs, both
	// included. It is empty unless Kind is Source, Module or Unseen.
	Via []string
}

// ReasonKind says what a reason is about.
type ReasonKind string

// The kinds of reasons, from the clearest to the least clear.
const (
	Source  ReasonKind = "source"  // a file that is compiled or embedded
	Module  ReasonKind = "module"  // the version of a module
	Data    ReasonKind = "read"    // a file that the tests read
	Unseen  ReasonKind = "unseen"  // a change would not be seen
	Unknown ReasonKind = "unknown" // what the tests read is not known
)

// String returns a reason for people. The paths of its packages are shortened.
func (r Reason) String() string { return r.In("") }

// In is String with the import paths relative to a module.
func (r Reason) In(module string) string {
	words := []string{r.Text}
	if len(r.Via) > 1 {
		for _, path := range r.Via {
			words = append(words, Short(path, module))
		}
	}
	return strings.Join(words, " → ")
}

// Short returns why a package runs in the fewest words, with import paths relative to a module.
func (r Reason) Short(module string) string {
	switch last := len(r.Via) - 2; {
	case last < 0:
		return r.Text
	case last == 0:
		return "imports " + Short(r.Via[0], module) + ", which changed"
	default:
		return "depends on " + Short(r.Via[0], module) + ", which changed"
	}
}

// Short returns an import path within a module.
func Short(path, module string) string {
	if rest, ok := strings.CutPrefix(path, module+"/"); ok && module != "" {
		return rest
	}
	return path
}
