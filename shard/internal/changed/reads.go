package changed

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/affected"
	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/uncached"
)

// reading is what is needed to find out what the tests of packages read.
type reading struct {
	opts       option.Options
	settings   gotest.Settings
	repository *repository
	changes    []affected.Change
}

// addReads adds to the packages what their tests read.
func (g *graph) addReads(packages []affected.Package, from reading) {
	watch := uncached.New(uncached.Config{Cache: from.settings.Cache, Env: environ.List(from.opts.GoEnvironment())})
	r := from.repository
	kinds := map[string]affected.Kind{}
	for _, c := range from.changes {
		kinds[c.Path] = c.Kind
	}
	short, isShort := gotest.Args(from.opts.Args).Lookup("short")
	version := g.goVersion()
	for i, pkg := range packages {
		if !pkg.Tests {
			continue
		}
		if from.settings.Cache == "" {
			packages[i].Reads.Unknown = "GOCACHE is off, and it is noted there"
			continue
		}
		present := g.present(pkg)
		present.Go, present.Settings, present.Short = version, from.settings.Choosing, isShort && short != "false"
		present.Differs = func(name string) bool {
			path, ok := r.relative(name)
			_, differs := kinds[path]
			return ok && differs
		}
		present.Ignored = func(name string) bool {
			path, ok := r.relative(name)
			return ok && r.ignored([]string{path})[path]
		}
		present.Before = func(name string) []byte { return r.textBefore(name, kinds) }
		reads := watch.Reads(present)
		packages[i].Reads = affected.Reads{
			Unknown: reads.Unknown, Always: reads.Always, Programs: reads.Programs, Verified: reads.Unknown == "" && reads.Passed,
		}
		for _, name := range reads.Names {
			packages[i].Reads.Files = append(packages[i].Reads.Files, r.reads(name)...)
		}
	}
}

// present describes a package with tests as it is now.
func (g *graph) present(pkg affected.Package) uncached.Present {
	source := g.listed[strings.TrimSuffix(pkg.Node, ".test")]
	present := uncached.Present{Package: pkg.Path, Dir: source.Dir}
	if source.Module != nil {
		present.Module = source.Module.Path
	}
	seen := map[string]bool{}
	var visit func(id string)
	visit = func(id string) {
		node := g.listed[id]
		if seen[id] || node.Standard {
			return
		}
		seen[id] = true
		path, _, _ := strings.Cut(id, " ")
		switch {
		case id == pkg.Node:
		case node.Module == nil || node.Module.local():
			present.Local = append(present.Local, path)
		}
		for _, imported := range node.Imports {
			visit(imported)
		}
	}
	visit(pkg.Node)
	return present
}

// reads returns a path that a test read, as it was named and with links followed.
func (r *repository) reads(name uncached.Name) (all []affected.Read) {
	real, ok := r.relative(name.Path)
	if ok {
		all = append(all, affected.Read{Path: real, Listed: name.Listed})
	}
	// The last link itself, which git lists as a file.
	if dir, ok := r.relative(filepath.Dir(name.Path)); ok {
		if named := strings.TrimPrefix(dir+"/"+filepath.Base(name.Path), "./"); named != real {
			all = append(all, affected.Read{Path: named, Listed: name.Listed})
		}
	}
	return all
}

// textBefore returns a file as it was before changes, nil if it did not exist.
func (r *repository) textBefore(name string, changes map[string]affected.Kind) []byte {
	path, ok := r.relative(name)
	kind, differs := changes[path]
	switch {
	case !ok || !differs:
		text, _ := os.ReadFile(name)
		return text
	case kind == affected.Added:
		return nil
	}
	text, known := r.texts[path]
	if !known {
		text, _ = r.before(path)
		r.texts[path] = text
	}
	return text
}
