package changed

import (
	"fmt"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/affected"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/suite"
)

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

// headAt is head, but nothing for a file that was saved since the graph was read.
func headAt(began time.Time, name string) string {
	if info, err := os.Stat(name); err == nil && !info.ModTime().Before(began) {
		return ""
	}
	return head(name)
}

// refresh reads again what saves have changed in the graph: nothing, packages or all of it.
func (h *Hot) refresh(changes []affected.Change) error {
	var again []string // import paths
	whole := h.graph == nil
	heads := map[string]string{}
	for _, c := range changes {
		if base := path.Base(c.Path); base == "go.mod" || base == "go.sum" {
			whole = true
		}
		if !strings.HasSuffix(c.Path, ".go") {
			continue
		}
		before, known := h.heads[c.Path]
		if heads[c.Path] = head(h.absolute(c.Path)); known && heads[c.Path] == before {
			continue
		}
		pkg := ""
		if !whole {
			pkg = h.graph.packageIn(path.Dir(c.Path))
		}
		if whole = whole || pkg == ""; !whole && !slices.Contains(again, pkg) {
			again = append(again, pkg)
		}
	}
	if !whole && len(again) > 0 {
		ok, err := h.readAgain(again)
		if err != nil {
			return err
		}
		whole = !ok
	}
	if whole {
		if err := h.load(); err != nil {
			return err
		}
	}
	maps.Copy(h.heads, heads) // also of files that are not built
	return nil
}

// packageIn returns the package in a folder, empty if the graph has none.
func (g *graph) packageIn(dir string) string {
	for _, node := range g.nodes {
		if node.Dir == dir && node.ID == node.Package && !node.Test {
			return node.ID
		}
	}
	return ""
}

// readAgain lists only these packages, with what they newly import. It returns false if that is not
// enough.
func (h *Hot) readAgain(packages []string) (ok bool, err error) {
	began := time.Now()
	fresh, err := list(h.ctx, suite.Query{Dir: h.opts.Dir, Env: h.opts.GoEnvironment(), Args: gotest.Args(h.opts.Args).WithPackages(packages)}, h.repository)
	switch {
	case err != nil:
		return false, err
	case fresh.everything != "":
		return false, fmt.Errorf("finding out what %s imports: %s", strings.Join(packages, " "), fresh.everything)
	}
	for _, pkg := range packages {
		now := fresh.listed[pkg]
		if _, tested := fresh.listed[pkg+".test"]; len(now.GoFiles)+len(now.CgoFiles) == 0 && !tested {
			return false, nil // ./... may not have it any more
		}
	}
	h.graph.replace(packages, fresh, h.repository)
	h.note(began)
	h.read()
	return true, nil
}

// replace takes packages, and what is new, from another graph.
func (g *graph) replace(packages []string, fresh *graph, r *repository) {
	g.nodes = slices.DeleteFunc(g.nodes, func(node affected.Node) bool {
		old := slices.Contains(packages, g.listed[node.ID].ForTest) || slices.Contains(packages, strings.TrimSuffix(node.ID, ".test"))
		_, again := fresh.listed[node.ID]
		if old && !again {
			delete(g.listed, node.ID)
		}
		return old || again
	})
	for _, node := range fresh.nodes {
		pkg := fresh.listed[node.ID]
		pkg.Match = g.listed[node.ID].Match // fresh was asked for other packages
		g.listed[node.ID] = pkg
		g.nodes = append(g.nodes, node)
	}
	// Packages are compiled again for the tests of others. Which of them are does not matter: what is
	// tested depends on its own test files anyway. But all of them import the same.
	for i, node := range g.nodes {
		variant := g.listed[node.ID]
		if _, again := fresh.listed[node.ID]; again || variant.ForTest == "" || !slices.Contains(packages, node.Package) {
			continue
		}
		pkg := g.listed[node.Package]
		pkg.ImportPath, pkg.ForTest, pkg.Match, pkg.Imports = node.ID, variant.ForTest, nil, slices.Clone(pkg.Imports)
		for at, imported := range pkg.Imports {
			if same := imported + " [" + variant.ForTest + ".test]"; g.listed[same].ImportPath != "" {
				pkg.Imports[at] = same
			}
		}
		g.listed[node.ID], g.nodes[i] = pkg, pkg.node(r)
	}
	g.packages = nil
	g.find()
}
