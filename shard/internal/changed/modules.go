package changed

import (
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/gotestshard/gotestshard/shard/internal/affected"
)

// modules returns the modules whose version has changed, with the file that says so, or why
// all packages run.
func (r *repository) modules(g *graph, changes []affected.Change) (changed map[string]string, everything string, err error) {
	changed = map[string]string{}
	for _, c := range changes {
		dir, base := path.Split(c.Path)
		isRoot := slices.Contains(g.roots, path.Clean(dir))
		var modules []string
		switch {
		case base == "go.mod" && isRoot && c.Kind == affected.Modified:
			modules, everything, err = r.goMod(c.Path)
			if len(modules) > 0 && len(g.mains) > 1 {
				everything = c.Path + " changed, and in a workspace it decides on versions for all modules"
			}
		case base == "go.sum" && isRoot, base == "go.work.sum":
			modules, err = r.compare(c, func(before, after []byte) []string { return affected.GoSum(before, after, g.versions()) })
		case base == "modules.txt" && path.Base(path.Clean(dir)) == "vendor":
			modules, err = r.compare(c, affected.Vendored)
		}
		if err != nil || everything != "" {
			return nil, everything, err
		}
		for _, name := range modules {
			changed[name] = c.Path
		}
	}
	return changed, "", nil
}

func (r *repository) goMod(name string) (modules []string, everything string, err error) {
	before, err := r.before(name)
	if err != nil {
		return nil, "", err
	}
	after, err := r.now(name)
	if err != nil {
		return nil, "", err
	}
	modules, everything = affected.GoMod(name, before, after)
	return modules, everything, nil
}

// compare compares a file as it was and as it is. One that did not exist was empty.
func (r *repository) compare(c affected.Change, with func(before, after []byte) []string) ([]string, error) {
	var before, after []byte
	var err error
	if c.Kind != affected.Added {
		if before, err = r.before(c.Path); err != nil {
			return nil, err
		}
	}
	if c.Kind != affected.Removed {
		if after, err = r.now(c.Path); err != nil {
			return nil, err
		}
	}
	return with(before, after), nil
}

func (r *repository) now(name string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(r.root, filepath.FromSlash(name)))
	if err != nil {
		return nil, fmt.Errorf("--changed: %w", err)
	}
	return text, nil
}

// versions returns the versions of the other modules, by path.
func (g *graph) versions() map[string]string {
	versions := map[string]string{}
	for _, pkg := range g.listed {
		maps.Copy(versions, pkg.versions())
	}
	return versions
}

// versions returns the version of the module of a package, and of the one that replaces it.
func (p listed) versions() map[string]string {
	if p.Module == nil || p.Module.local() {
		return nil
	}
	versions := map[string]string{p.Module.Path: p.Module.version()}
	if p.Module.Replace != nil {
		versions[p.Module.Replace.Path] = p.Module.Replace.Version
	}
	return versions
}
