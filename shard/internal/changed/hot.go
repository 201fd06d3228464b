package changed

import (
	"cmp"
	"context"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/affected"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// Hot is what watch mode knows of the packages that it watches. It asks go list at the beginning,
// in the background, and again only when a save changes what imports what. One goroutine may call
// its methods.
type Hot struct {
	ctx      context.Context
	opts     option.Options
	packages []string
	settings gotest.Settings
	loaded   chan error // of the first graph; nil when it has been received

	repository *repository
	graph      *graph
	heads      map[string]string // of Go files, by their path in the repository
}

// Concerned is a package that saved files concern.
type Concerned struct {
	Path string // import path
	Name string // for the go command, such as ./a
	// Far is how many imports it is away from a saved package, 0 for that itself.
	Far    int
	Reason string
}

// NewHot starts to find out what imports what. packages are those that are watched if the
// arguments name none. It ends with ctx.
func NewHot(ctx context.Context, opts option.Options, packages []string) *Hot {
	h := &Hot{ctx: ctx, opts: opts, packages: packages, loaded: make(chan error, 1)}
	go func() { h.loaded <- h.load() }()
	return h
}

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
	g, err := list(h.ctx, h.opts, h.packages, h.repository)
	if err != nil {
		return err
	}
	if g.everything != "" {
		return fmt.Errorf("finding out what imports what: %s", g.everything)
	}
	h.graph, h.heads = g, map[string]string{}
	for i, node := range g.nodes {
		g.nodes[i].Doubt, g.nodes[i].Broken = "", "" // only saves count
		for _, file := range node.Files {
			if _, ok := h.heads[file]; !ok && strings.HasSuffix(file, ".go") {
				h.heads[file] = head(filepath.Join(h.repository.root, filepath.FromSlash(file)))
			}
		}
	}
	return nil
}

// head is what of a Go file decides on the graph: its package, imports and directives.
func head(name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		return "gone"
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly)
	if err != nil {
		return "broken " + string(text)
	}
	words := []string{parsed.Name.Name}
	for _, imported := range parsed.Imports {
		words = append(words, imported.Path.Value)
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "//go:build") || strings.HasPrefix(line, "//go:embed") {
			words = append(words, strings.TrimSpace(line))
		}
	}
	return strings.Join(words, "\n")
}

// Concerned returns the packages that saved Go files concern, the nearest first.
func (h *Hot) Concerned(files []string) ([]Concerned, error) {
	if h.loaded != nil {
		err := <-h.loaded
		h.loaded = nil
		if err != nil {
			return nil, err
		}
	}
	changes, isNew := h.changes(files)
	if isNew || h.graph == nil {
		if err := h.load(); err != nil {
			return nil, err
		}
	}
	found := affected.Select(affected.Facts{
		Changes: changes, Nodes: h.graph.nodes, Packages: h.graph.packages, Roots: h.graph.roots,
		Exists: h.repository.exists, Existed: h.repository.exists, CanBuild: canBuild(h.settings),
	})
	var all []Concerned
	for _, pkg := range found.Packages {
		all = append(all, Concerned{pkg.Path, h.name(pkg.Path), max(0, len(pkg.Reason.Via)-1), pkg.Reason.In(h.graph.module)})
	}
	slices.SortStableFunc(all, func(a, b Concerned) int { return cmp.Compare(a.Far, b.Far) })
	return all, nil
}

// changes returns saved files as changes, and whether one of them makes the graph another one.
func (h *Hot) changes(files []string) (changes []affected.Change, isNew bool) {
	for _, file := range files {
		name, ok := "", h.repository != nil
		if ok {
			name, ok = h.repository.relative(file)
		}
		if !ok {
			continue
		}
		now := head(file)
		before, known := h.heads[name]
		if !known || now != before {
			isNew = true
		}
		changes = append(changes, affected.Change{Path: name})
	}
	return changes, isNew
}

// name returns how the go command is told to test a package: by its folder, as in a run of what
// was saved.
func (h *Hot) name(path string) string {
	here, err := filepath.Abs(cmp.Or(h.settings.Dir, "."))
	if err != nil {
		return path
	}
	rel, err := filepath.Rel(h.repository.realPath(here), h.repository.realPath(h.graph.listed[path].Dir))
	if err != nil {
		return path
	}
	if rel = filepath.ToSlash(rel); strings.HasPrefix(rel, "../") {
		return rel
	}
	return "./" + rel
}
