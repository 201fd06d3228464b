package changed

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/affected"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/suite"
	"github.com/gotestshard/gotestshard/shard/internal/uncached"
)

// Hot is what watch mode knows of the packages that it watches. It asks go list at the beginning,
// in the background, and again only about the packages of which a save changes what they import. One
// goroutine may call its methods.
type Hot struct {
	ctx      context.Context
	opts     option.Options
	packages []string
	settings gotest.Settings
	loaded   chan error // of the first graph; nil when it has been received
	done     chan struct{}

	repository *repository
	graph      *graph
	heads      map[string]string // of Go files, by their path in the repository
	others     map[string]bool   // files that are no Go files and count, and folders that tests list
}

// Concerned is a package that saved files concern.
type Concerned struct {
	Path string // import path
	Name string // for the go command, such as ./a
	// Far is how many imports it is away from a saved package, 0 for that itself.
	Far    int
	Reason string
	Short  string // the reason in the fewest words
}

// NewHot starts to find out what imports what. packages are those that are watched if the
// arguments name none. It ends with ctx.
func NewHot(ctx context.Context, opts option.Options, packages []string) *Hot {
	h := &Hot{ctx: ctx, opts: opts, packages: packages, loaded: make(chan error, 1), done: make(chan struct{})}
	go func() {
		h.loaded <- h.load()
		close(h.done)
	}()
	return h
}

// Done is closed when the graph has been read for the first time.
func (h *Hot) Done() <-chan struct{} { return h.done }

// load reads the graph, and what of each file decides on it.
func (h *Hot) load() (err error) {
	if h.settings, err = gotest.ReadSettings(h.ctx, h.opts.Environ, h.opts.Dir, h.opts.Args); err != nil {
		return err
	}
	if h.repository, err = open(h.ctx, h.opts.GoEnvironment(), h.settings.Dir); err != nil { // git is of no other use here
		root, err := filepath.Abs(cmp.Or(h.settings.Dir, "."))
		if err != nil {
			return fmt.Errorf("finding the folder that is watched: %w", err)
		}
		h.repository = &repository{ctx: h.ctx, real: map[string]string{}}
		h.repository.root = h.repository.realPath(root)
	}
	began := time.Now()
	g, err := list(h.ctx, suite.Query{Dir: h.opts.Dir, Env: h.opts.GoEnvironment(), Args: h.opts.Args, Packages: h.packages}, h.repository)
	if err != nil {
		return err
	}
	if g.everything != "" {
		return fmt.Errorf("finding out what imports what: %s", g.everything)
	}
	h.graph, h.heads, h.others = g, map[string]string{}, map[string]bool{}
	for _, main := range g.mains {
		for _, name := range []string{main, strings.TrimSuffix(main, "mod") + "sum"} {
			if path, ok := h.repository.relative(name); ok {
				h.others[path] = true
			}
		}
	}
	h.note(began)
	h.read()
	return nil
}

// note looks at what decides on the graph that was read at a time, and at what counts beside it.
func (h *Hot) note(began time.Time) {
	for i, node := range h.graph.nodes {
		h.graph.nodes[i].Doubt, h.graph.nodes[i].Broken = "", "" // only saves count
		for _, file := range node.Files {
			if _, ok := h.heads[file]; !ok && strings.HasSuffix(file, ".go") {
				h.heads[file] = headAt(began, h.absolute(file))
			} else if !ok {
				h.others[file] = true
			}
		}
	}
}

func (h *Hot) absolute(path string) string {
	return filepath.Join(h.repository.root, filepath.FromSlash(path))
}

// read finds out what the tests were seen to read.
func (h *Hot) read() {
	if h.settings.Cache == "" { // it is noted there
		return
	}
	records := uncached.New(uncached.Config{Cache: h.settings.Cache})
	for i, pkg := range h.graph.packages {
		reads := &h.graph.packages[i].Reads
		reads.Files = nil
		for _, name := range records.Names(pkg.Path, h.graph.listed[strings.TrimSuffix(pkg.Node, ".test")].Dir) {
			reads.Files = append(reads.Files, h.repository.reads(name)...)
		}
		for _, read := range reads.Files {
			if path.Ext(read.Path) != ".go" && read.Path != "." {
				h.others[read.Path] = true
			}
		}
	}
}

// ready waits for the first graph, or reports whether it is there.
func (h *Hot) ready(wait bool) (ok bool, err error) {
	if h.loaded == nil {
		return h.graph != nil, nil
	}
	if wait {
		err, ok = <-h.loaded, true
	} else {
		select {
		case err = <-h.loaded:
			ok = true
		default:
		}
	}
	if ok {
		h.loaded, ok = nil, err == nil
	}
	return ok, err
}

// Folders returns the folders of the files that count beside Go files: those that are embedded, those
// that tests were seen to read, go.mod. They are relative to the working directory. It returns none
// before the graph is there.
func (h *Hot) Folders() (dirs []string) {
	if ok, _ := h.ready(false); !ok {
		return nil
	}
	h.read() // the last run may have read more
	here, err := filepath.Abs(".")
	if err != nil {
		return nil
	}
	for name := range h.others {
		for _, dir := range []string{h.absolute(name), filepath.Dir(h.absolute(name))} {
			info, err := os.Stat(dir)
			if err != nil || !info.IsDir() {
				continue
			}
			if rel, err := filepath.Rel(h.repository.realPath(here), dir); err == nil && !slices.Contains(dirs, rel) {
				dirs = append(dirs, rel)
			}
		}
	}
	slices.Sort(dirs)
	return dirs
}

// Packages returns the packages that are watched, as they are named for the go command. It returns none
// before the graph is there.
func (h *Hot) Packages() (names []string) {
	if ok, _ := h.ready(false); !ok {
		return nil
	}
	for _, pkg := range h.graph.packages {
		names = append(names, h.name(pkg.Path))
	}
	return names
}

// Counts reports whether a save of a file that is no Go file concerns a package.
func (h *Hot) Counts(file string) bool {
	if ok, _ := h.ready(false); !ok {
		return false
	}
	name, ok := h.repository.relative(file)
	return ok && (h.others[name] || h.others[path.Dir(name)])
}

// Ignores reports whether git ignores a Go file, or a new folder, of which no package is built.
func (h *Hot) Ignores(file string) bool {
	if ok, _ := h.ready(false); !ok {
		return false
	}
	name, ok := h.repository.relative(file)
	for built := range h.heads {
		if built == name || strings.HasPrefix(built, name+"/") {
			return false
		}
	}
	return ok && h.repository.ignored([]string{name})[name]
}

// Concerned returns the packages that saved files concern, the nearest first.
func (h *Hot) Concerned(files []string) ([]Concerned, error) {
	if _, err := h.ready(true); err != nil {
		return nil, err
	}
	changes := h.changes(files)
	if err := h.refresh(changes); err != nil {
		return nil, err
	}
	found := h.selected(changes)
	if slices.ContainsFunc(found, h.isGone) { // what is removed is no save
		if err := h.load(); err != nil {
			return nil, err
		}
		found = h.selected(changes)
	}
	var all []Concerned
	for _, pkg := range found {
		all = append(all, Concerned{pkg.Path, h.name(pkg.Path), max(0, len(pkg.Reason.Via)-1), pkg.Reason.In(h.graph.module), pkg.Reason.Short(h.graph.module)})
	}
	slices.SortStableFunc(all, func(a, b Concerned) int { return cmp.Compare(a.Far, b.Far) })
	return all, nil
}

func (h *Hot) selected(changes []affected.Change) []affected.Selected {
	return affected.Select(affected.Facts{
		Changes: changes, Everything: h.decisive(changes), Nodes: h.graph.nodes, Packages: h.graph.packages, Roots: h.graph.roots,
		Exists: h.repository.exists, Existed: h.repository.exists, CanBuild: canBuild(h.settings),
	}).Packages
}

// isGone reports whether the folder of a package has no Go file any more.
func (h *Hot) isGone(pkg affected.Selected) bool {
	entries, _ := os.ReadDir(h.graph.listed[pkg.Path].Dir)
	return !slices.ContainsFunc(entries, func(entry os.DirEntry) bool { return path.Ext(entry.Name()) == ".go" })
}

// changes returns saved files as changes.
func (h *Hot) changes(files []string) (changes []affected.Change) {
	for _, file := range files {
		if h.repository == nil {
			return nil
		}
		if name, ok := h.repository.relative(file); ok {
			changes = append(changes, affected.Change{Path: name})
		}
	}
	return changes
}

// decisive returns why a save concerns everything, empty if it does not.
func (h *Hot) decisive(changes []affected.Change) string {
	for _, c := range changes {
		if base := path.Base(c.Path); base == "go.mod" || base == "go.sum" {
			return c.Path + " changed"
		}
	}
	return ""
}

// name returns the argument with which the go command tests a package: its folder, as in a run of what
// was saved.
func (h *Hot) name(pkg string) string {
	here, err := filepath.Abs(cmp.Or(h.settings.Dir, "."))
	if err != nil {
		return pkg
	}
	rel, err := filepath.Rel(h.repository.realPath(here), h.repository.realPath(h.graph.listed[pkg].Dir))
	if err != nil {
		return pkg
	}
	if rel = filepath.ToSlash(rel); strings.HasPrefix(rel, "../") {
		return rel
	}
	return "./" + rel
}
