package uncached

import (
	"cmp"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
)

// Present is a package as it is now, to which its earlier runs are compared.
type Present struct {
	Package, Dir string
	Module       string            // the path of its module
	Go           string            // the version, such as go1.26.1
	Settings     map[string]string // of the build, those in seen
	Short        bool              // whether the run has -short
	Local        []string          // the packages without a version in its test binary, itself included
	// Before returns a file as it was before the known changes, nil if it did not exist.
	Before func(name string) []byte
	// Differs reports whether a file is one of those that are known to have changed.
	Differs func(name string) bool
	// Ignored reports whether git ignores a file, so that it is not known whether it has changed.
	Ignored func(name string) bool
}

// seen are the settings of a build that decide which files it has, as build information names
// them.
var seen = []string{"-tags", "-race", "-msan", "-asan"}

// Reads are what the tests of a package read in earlier runs.
type Reads struct {
	Unknown  string // why more may be read by the package as it is now, empty if that is known
	Always   string // why the package has to run whatever has changed, empty for no such reason
	Names    []Name
	Programs []string // that the tests started
	Passed   bool     // whether the package as it is now, apart from known changes, has passed
}

// Name is an absolute path that a test opened, or looked for.
type Name struct {
	Path   string
	Listed bool // it is a folder whose entries were read
}

// Reads returns what the tests of a package read, as far as runs with a hook have noted it.
func (w *Watch) Reads(p Present) (reads Reads) {
	r := w.folder.read(p.Package)
	states := slices.Concat(r.States, r.Further)
	slices.SortStableFunc(states, func(a, b state) int { return b.Time.Compare(a.Time) })
	if len(states) == 0 {
		return Reads{Unknown: "no run of it with -n is known"}
	}
	if last := states[0].Go; p.Go != "" && last != "" && !slices.ContainsFunc(states, func(s state) bool { return s.Go == p.Go }) {
		reads.Always = fmt.Sprintf("Go is %s, and was %s in its last run", p.Go, last)
	}
	names, known := map[Name]bool{}, false
	for i, s := range states {
		unknown, ignored := w.judge(s, p)
		if ignored != "" && i == 0 {
			reads.Always = ignored
		}
		if i == 0 {
			reads.Unknown = unknown
		}
		if s.Root == repositoryRoot(p.Dir) { // also what it may no longer read
			for _, name := range s.names() {
				names[name] = true
			}
		}
		if unknown != "" {
			continue
		}
		known = true
		reads.Passed = reads.Passed || !s.Failed
		reads.Programs = append(reads.Programs, s.Programs...)
	}
	if known {
		reads.Unknown = ""
	}
	for name := range names {
		reads.Names = append(reads.Names, name)
	}
	slices.SortFunc(reads.Names, func(a, b Name) int { return strings.Compare(a.Path, b.Path) })
	slices.Sort(reads.Programs)
	reads.Programs = slices.Compact(reads.Programs)
	return reads
}

// Names returns what the tests of a package in a folder read in earlier runs, whatever has become of
// it since.
func (w *Watch) Names(pkg, dir string) (names []Name) {
	r := w.folder.read(pkg)
	for _, s := range slices.Concat(r.States, r.Further) {
		if s.Root == repositoryRoot(dir) {
			names = append(names, s.names()...)
		}
	}
	slices.SortFunc(names, func(a, b Name) int { return strings.Compare(a.Path, b.Path) })
	return slices.Compact(names)
}

// judge returns why an earlier run does not say what the tests read now, and a file that has
// changed unseen.
func (w *Watch) judge(s state, p Present) (unknown, ignored string) {
	switch {
	case s.Lost:
		return "its last run ended without its log of what it read", ""
	case s.Failed:
		return "it failed in its last run", ""
	case s.More:
		return fmt.Sprintf("it is more than %d files", mostInputs), ""
	case s.Some:
		return "only some of its tests ran in its last run", ""
	case slices.Contains(s.Args, gotest.FlagPrefix+"short=true") && !p.Short:
		return "its last run had -short", ""
	case s.Root == "" || s.Root != repositoryRoot(p.Dir) || s.Dir != p.Dir:
		return "its last run was in another folder", ""
	}
	for _, name := range seen {
		value, ok := p.Settings[name]
		if before, had := s.Settings[name]; (had || ok) && s.secret(value, ok) != before {
			return "its last run was built with another " + name, ""
		}
	}
	for name, value := range map[string]string{"GOOS": runtime.GOOS, "GOARCH": runtime.GOARCH} {
		if s.secret(cmp.Or(p.Settings[name], value), true) != s.Settings[name] {
			return "its last run was built with another " + name, ""
		}
	}
	if path := w.otherSource(s, p); path != "" {
		return path + " has changed since its last run", ""
	}
	for _, in := range s.Inputs {
		is := w.input(in.Op, in.Name, s)
		switch {
		case in.Op == opEnv && in.Value != is.Value:
			return "the variable " + in.Name + ", which it reads, had another value in its last run", ""
		case in.Op == opEnv || in.Op == opChdir || !otherContent(in, is) || p.Differs(in.Name):
		case p.Ignored(in.Name):
			unknown = "reads " + shortName(in.Name, s.Root) + ", which git ignores, and which has changed since its last run"
			return unknown, unknown
		default:
			return shortName(in.Name, s.Root) + ", which it reads, has changed since its last run", ""
		}
	}
	return "", ""
}

// otherSource returns a package of a test binary, or a file that decides on versions of modules,
// that is not as it was in an earlier run; empty if there is none.
func (w *Watch) otherSource(s state, p Present) string {
	type partOf [8]byte
	had := map[partOf]bool{}
	key := func(hash partHash) partOf { return partOf(slices.Concat(hash[:4], hash[8:])) }
	for chunk := range slices.Chunk(s.Built, partSize) {
		if len(chunk) == partSize {
			had[key(partHash(chunk))] = true
		}
	}
	now := current{pkg: p.Package, module: p.Module, root: moduleRoot(p.Dir)}
	around := w.surroundings(now.root)
	if s.Modules != around.hash(readFile) && s.Modules != around.hash(p.Before) {
		return "go.mod"
	}
	for _, path := range p.Local {
		source := w.sourceOf(path, now)
		if source == "" || !had[key(part{path: path, source: source}.hash())] {
			return path
		}
	}
	return ""
}

// otherContent reports whether something that a test read is not what it was. A new
// modification time alone does not count.
func otherContent(was, is input) bool {
	switch {
	case (was.Look.Err == "") != (is.Look.Err == ""), was.Look.Mode.Type() != is.Look.Mode.Type(), was.More || is.More:
		return true
	case was.Look.Err != "":
		return false
	case was.Look.Mode.IsDir():
		return len(sortedNames(was.Entries, is.Entries)) != len(was.Entries) || len(was.Entries) != len(is.Entries)
	case was.Content != "" && is.Content != "":
		return was.Content != is.Content
	}
	return was.Look.Size != is.Look.Size || was.Look.Time != is.Look.Time
}

// names returns the paths that a run read.
func (s state) names() (names []Name) {
	for _, in := range s.Inputs {
		if in.Op == opOpen || in.Op == opStat {
			names = append(names, Name{in.Name, in.Entries != nil})
		}
	}
	return names
}

// shortName is a path within the repository.
func shortName(name, root string) string {
	if rel, err := filepath.Rel(root, name); err == nil {
		return filepath.ToSlash(rel)
	}
	return name
}
