package shard

import (
	"go/ast"
	"go/types"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/go/packages"
)

// house lists the packages from top to bottom. A package may only import packages below it.
// This does not apply to tests.
var house = []string{
	"",
	"shard",
	// tests of whole runs
	"shard/internal/differential",
	"shard/internal/surroundings",
	"shard/internal/shardtest",
	// commands
	"shard/internal/tool",
	"shard/internal/caching",
	"shard/internal/queueing",
	"shard/internal/watching",
	"shard/internal/last",
	"shard/internal/flaky",
	"shard/internal/stress",
	"shard/internal/trial",
	"shard/internal/diagnose",
	"shard/internal/pulling",
	"shard/internal/merge",
	// a run, from its last phase to its first
	"shard/internal/run",
	"shard/internal/rerun",
	"shard/internal/reports",
	"shard/internal/workers",
	"shard/internal/outcome",
	"shard/internal/observe",
	"shard/internal/scan",
	"shard/internal/observe/observetest",
	"shard/internal/quarantine",
	"shard/internal/engine",
	"shard/internal/listing",
	"shard/internal/changed",
	// packages that they use
	"shard/internal/live",
	"shard/internal/command",
	"shard/internal/signals",
	"shard/internal/exit",
	"shard/internal/spool",
	"shard/internal/files",
	"shard/internal/option",
	"shard/internal/config",
	"shard/internal/match",
	"shard/internal/machine",
	"shard/internal/suite",
	"shard/internal/ran",
	"shard/internal/split",
	"shard/internal/kept",
	"shard/internal/result",
	"shard/internal/uncached",
	"shard/internal/gotest",
	"shard/internal/pool",
	"shard/internal/history",
	"shard/internal/queueserver",
	"shard/internal/jetstream",
	"shard/internal/queue/queuetest",
	"shard/internal/queue",
	"shard/internal/plan",
	"shard/internal/affected",
	"shard/internal/verdict",
	"shard/internal/text",
	"shard/internal/stream",
	"shard/internal/framing/framingtest",
	"shard/internal/framing",
	"shard/internal/lines",
	"shard/internal/linkcache",
	"shard/internal/node",
	"shard/internal/environ",
	"shard/internal/coverage",
	"shard/internal/source",
	"shard/internal/watch",
	"shard/internal/process",
	"shard/internal/early",
	"shard/internal/temp",
	"format",
	"format/page",
	"format/report",
	"format/ci",
	"format/plain",
}

const thisModule = "github.com/gotestshard/gotestshard"

// loadHouse loads the packages once.
var loadHouse = sync.OnceValues(func() ([]*packages.Package, error) {
	return packages.Load(&packages.Config{
		Dir: "..", Mode: packages.NeedName | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedImports | packages.NeedFiles,
	}, "./...")
})

func TestImportsOnlyGoDown(t *testing.T) {
	loaded, err := loadHouse()
	if err != nil {
		t.Fatal(err)
	}
	floor := func(pkg string) int {
		return slices.Index(house, strings.TrimPrefix(strings.TrimPrefix(pkg, thisModule), "/"))
	}
	checked := 0
	for _, pkg := range loaded {
		if floor(pkg.PkgPath) < 0 {
			t.Errorf("%s is not in the list of packages: add it at its place", pkg.PkgPath)
		}
		for imported := range pkg.Imports {
			checked++
			if strings.HasPrefix(imported, thisModule) && floor(imported) <= floor(pkg.PkgPath) {
				t.Errorf("%s imports %s, which is not below it in the list", pkg.PkgPath, imported)
			}
		}
	}
	if checked < len(loaded) {
		t.Errorf("%d packages have only %d imports", len(loaded), checked)
	}
}

// docs/design.md describes the packages in this order, and the files that it names exist.
func TestTheDesignIsThatOfTheHouse(t *testing.T) {
	design, err := os.ReadFile("../docs/design.md")
	if err != nil {
		t.Fatal(err)
	}
	var described []string
	for row := range strings.Lines(string(design)) {
		names, _, ok := strings.Cut(strings.TrimPrefix(row, "| "), " | ")
		for name := range strings.SplitSeq(names, ", ") {
			if name = strings.Trim(name, "`"); !ok || !strings.Contains(names, "`") {
				continue
			}
			if !strings.Contains(name, "/") && name != "shard" && name != "format" { // in a row of several
				name = "shard/internal/" + name
			}
			described = append(described, name)
		}
	}
	onlyTests := []string{"differential", "surroundings", "shardtest", "observetest", "queuetest", "framingtest"}
	inOrder := func(names []string) []string {
		return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
			return name == "" || slices.Contains(onlyTests, path.Base(name)) || name == "shard/worker" // a module of its own
		})
	}
	if got, want := inOrder(described), inOrder(house); !slices.Equal(got, want) {
		t.Errorf("docs/design.md has the packages\n%q, the house has\n%q", got, want)
	}
	for _, found := range regexp.MustCompile("`([a-z]+/[a-z_]+\\.go)`").FindAllStringSubmatch(string(design), -1) {
		if name := strings.TrimPrefix(found[1], "shard/"); !exists(name) && !exists("internal/"+name) {
			t.Errorf("docs/design.md names %s, which does not exist", found[1])
		}
	}
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// largestCircle is how many files of a package may depend on each other in a cycle: a change
// of one of them may affect all of them.
const largestCircle = 8

func TestFilesAreNoCircle(t *testing.T) {
	loaded, err := loadHouse()
	if err != nil {
		t.Fatal(err)
	}
	for _, pkg := range loaded {
		if len(pkg.Errors) > 0 {
			t.Fatalf("%s: %v", pkg.PkgPath, pkg.Errors)
		}
		circle := slices.MaxFunc(append(circles(fileArrows(pkg)), nil), func(a, b []string) int { return len(a) - len(b) })
		if len(circle) > largestCircle {
			slices.Sort(circle)
			t.Errorf("%d files of %s depend on each other, more than %d: %s", len(circle), pkg.PkgPath, largestCircle, strings.Join(circle, " "))
		}
	}
}

// fileArrows returns, for each file of a package, the files that it uses.
func fileArrows(pkg *packages.Package) map[string][]string {
	fileOf := func(object types.Object) string { return filepath.Base(pkg.Fset.Position(object.Pos()).Filename) }
	arrows := map[string][]string{}
	for _, file := range pkg.Syntax {
		from := filepath.Base(pkg.Fset.Position(file.Pos()).Filename)
		arrows[from] = nil
		ast.Inspect(file, func(n ast.Node) bool {
			name, ok := n.(*ast.Ident)
			if !ok {
				return true
			}
			if object := pkg.TypesInfo.Uses[name]; object != nil && object.Pkg() == pkg.Types {
				if to := fileOf(object); to != from && !slices.Contains(arrows[from], to) {
					arrows[from] = append(arrows[from], to)
				}
			}
			return true
		})
	}
	return arrows
}

// circles returns the strongly connected components of a graph (Tarjan, 1972).
func circles(arrows map[string][]string) [][]string {
	index, low, on := map[string]int{}, map[string]int{}, map[string]bool{}
	var stack []string
	var found [][]string
	var visit func(node string)
	visit = func(node string) {
		index[node], low[node], on[node] = len(index)+1, len(index)+1, true
		stack = append(stack, node)
		for _, next := range arrows[node] {
			if index[next] == 0 {
				visit(next)
				low[node] = min(low[node], low[next])
			} else if on[next] {
				low[node] = min(low[node], index[next])
			}
		}
		if low[node] != index[node] {
			return
		}
		first := slices.Index(stack, node)
		for _, member := range stack[first:] {
			on[member] = false
		}
		found = append(found, slices.Clone(stack[first:]))
		stack = stack[:first]
	}
	for node := range arrows {
		if index[node] == 0 {
			visit(node)
		}
	}
	return found
}

func TestCircles(t *testing.T) {
	found := circles(map[string][]string{"a": {"b", "e"}, "b": {"c"}, "c": {"b", "d"}, "d": {"b"}, "e": {"e"}})
	for _, circle := range found {
		slices.Sort(circle)
	}
	slices.SortFunc(found, slices.Compare)
	if len(found) != 3 || !slices.Equal(found[1], []string{"b", "c", "d"}) {
		t.Errorf("found %q", found)
	}
}
