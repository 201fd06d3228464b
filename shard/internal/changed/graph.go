package changed

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/build"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/affected"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/process"
	"github.com/gotestshard/gotestshard/shard/internal/suite"
)

// listed is what go list prints for a package.
type listed struct {
	Dir, ImportPath, ForTest, Root string
	Standard                       bool
	Match                          []string
	Module                         *module
	Imports                        []string
	Error                          *struct{ Err string }

	GoFiles, CgoFiles                                                                    []string
	CFiles, CXXFiles, MFiles, HFiles, FFiles, SFiles, SwigFiles, SwigCXXFiles, SysoFiles []string
	EmbedFiles, TestEmbedFiles, XTestEmbedFiles                                          []string
	EmbedPatterns, TestEmbedPatterns, XTestEmbedPatterns                                 []string
}

const listFields = "Dir,ImportPath,ForTest,Root,Standard,Match,Module,Imports,Error,GoFiles,CgoFiles," +
	"CFiles,CXXFiles,MFiles,HFiles,FFiles,SFiles,SwigFiles,SwigCXXFiles,SysoFiles," +
	"EmbedFiles,TestEmbedFiles,XTestEmbedFiles,EmbedPatterns,TestEmbedPatterns,XTestEmbedPatterns"

type module struct {
	Path, Version, Dir, GoMod string
	Main                      bool
	Replace                   *module
}

// local reports whether a module is a folder and not a version.
func (m module) local() bool {
	if m.Replace != nil {
		return m.Replace.Version == ""
	}
	return m.Main || m.Version == ""
}

func (m module) version() string {
	if m.Replace != nil {
		return m.Replace.Version
	}
	return m.Version
}

// graph is what go list knows about the packages.
type graph struct {
	nodes    []affected.Node
	packages []affected.Package
	listed   map[string]listed // by ID
	// mains are the go.mod files of the main modules; roots their folders in the repository.
	mains, roots []string
	module       string // the path of the only main module, empty for several
	goroot       string
	everything   string // why all packages run, empty for no such reason
}

// list asks go list for the packages of a run and all that they are built from.
func list(ctx context.Context, query suite.Query, r *repository) (*graph, error) {
	args := gotest.GraphCommand(query.Args, query.Packages, listFields)
	out, errs, err := process.Ask(ctx, func() *exec.Cmd {
		command := exec.Command(args[0], args[1:]...)
		command.Dir, command.Env = query.Dir, query.Env
		return command
	})
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil: // go test has the same error
		return &graph{everything: fmt.Sprintf("go list failed: %s", cmp.Or(firstLine(string(errs)), err.Error()))}, nil
	}
	g := &graph{listed: map[string]listed{}}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var pkg listed
		err := decoder.Decode(&pkg)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("--changed: reading what go list printed: %w", err)
		}
		g.listed[pkg.ImportPath] = pkg
		g.nodes = append(g.nodes, pkg.node(r))
		g.note(pkg, r)
	}
	g.find()
	return g, nil
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

// note keeps what is known about all packages of a module.
func (g *graph) note(pkg listed, r *repository) {
	if pkg.Standard && g.goroot == "" {
		g.goroot = pkg.Root
	}
	if m := pkg.Module; m != nil && m.Main && m.GoMod != "" && !slices.Contains(g.mains, m.GoMod) {
		g.mains, g.module = append(g.mains, m.GoMod), m.Path
		if len(g.mains) > 1 {
			g.module = ""
		}
		if root, ok := r.relative(filepath.Dir(m.GoMod)); ok {
			g.roots = append(g.roots, root)
		}
	}
}

// find finds the packages that the command line selects.
func (g *graph) find() {
	for _, node := range g.nodes {
		pkg := g.listed[node.ID]
		if len(pkg.Match) == 0 || pkg.ForTest != "" {
			continue
		}
		selected := affected.Package{Path: node.Package, Node: node.ID, Dir: node.Dir}
		if test := node.ID + ".test"; g.listed[test].ImportPath != "" && len(g.listed[test].Match) == 0 {
			selected.Node, selected.Tests = test, true
		}
		if node.Package == "command-line-arguments" {
			g.everything = "the command names files and no package"
		}
		g.packages = append(g.packages, selected)
	}
	slices.SortFunc(g.packages, func(a, b affected.Package) int { return strings.Compare(a.Path, b.Path) })
}

// node returns a package for the selection.
func (p listed) node(r *repository) affected.Node {
	node := affected.Node{ID: p.ImportPath, Imports: p.Imports}
	node.Package, _, _ = strings.Cut(p.ImportPath, " ")
	isMain := p.ForTest == "" && strings.HasSuffix(p.ImportPath, ".test") && len(p.Match) == 0
	if isMain {
		node.Package = strings.TrimSuffix(node.Package, ".test")
	}
	external := p.ForTest != "" && node.Package == p.ForTest+"_test"
	node.Test = isMain || external || p.ForTest != "" && node.Package == p.ForTest
	if external {
		node.Package = p.ForTest
	}
	if p.Module != nil {
		node.Module = p.Module.Path
	}
	if p.Error != nil {
		node.Broken = firstLine(p.Error.Err)
	}
	if p.Standard || p.Dir == "" {
		return node
	}
	dir, ok := r.relative(p.Dir)
	if !ok {
		if p.Module == nil || p.Module.local() {
			node.Doubt = p.Dir + " is outside of the repository"
		}
		return node
	}
	node.Dir = dir
	if isMain {
		return node
	}
	native := slices.Concat(p.CgoFiles, p.CFiles, p.CXXFiles, p.MFiles, p.HFiles, p.FFiles, p.SFiles, p.SwigFiles, p.SwigCXXFiles, p.SysoFiles)
	node.Native = len(native) > 0
	node.Embeds = p.EmbedPatterns
	embedded := p.EmbedFiles
	if node.Test {
		node.Embeds = slices.Concat(p.EmbedPatterns, p.TestEmbedPatterns, p.XTestEmbedPatterns)
		embedded = slices.Concat(p.EmbedFiles, p.TestEmbedFiles, p.XTestEmbedFiles)
	}
	for _, file := range slices.Concat(p.GoFiles, native, embedded, []string{"default.pgo"}) {
		if !filepath.IsAbs(file) { // otherwise it is generated
			node.Files = append(node.Files, path.Join(dir, filepath.ToSlash(file)))
		}
	}
	if m := p.Module; m != nil && !m.Main && m.local() && m.GoMod != "" {
		if file, ok := r.relative(m.GoMod); ok { // it has the version of the language
			node.Files = append(node.Files, file)
		}
	}
	return node
}

// doubtIgnored marks the packages with files that git ignores, such as generated ones: it is not
// known whether these have changed. A vendor folder that git ignores is what go.mod says.
func (g *graph) doubtIgnored(r *repository) {
	var files []string
	for _, node := range g.nodes {
		if m := g.listed[node.ID].Module; m == nil || m.local() {
			files = append(files, node.Files...)
		}
	}
	slices.Sort(files)
	ignored := r.ignored(slices.Compact(files))
	for i, node := range g.nodes {
		at := slices.IndexFunc(node.Files, func(file string) bool { return ignored[file] && r.exists(file) })
		if at >= 0 && node.Doubt == "" {
			g.nodes[i].Doubt = node.Files[at] + " is ignored by git, so it is not known whether it has changed"
		}
	}
}

// goVersion returns the version of Go, empty if it cannot be found.
func (g *graph) goVersion() string {
	text, _ := os.ReadFile(filepath.Join(g.goroot, "VERSION"))
	return firstLine(string(text))
}

// canBuild returns a function that reports whether a Go file of that name can be built at all.
// The content is not looked at, since it may have changed.
func canBuild(settings gotest.Settings) func(name string) bool {
	context := build.Default
	context.GOOS, context.GOARCH = cmp.Or(settings.Choosing["GOOS"], context.GOOS), cmp.Or(settings.Choosing["GOARCH"], context.GOARCH)
	context.OpenFile = func(string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("package p\n")), nil
	}
	return func(name string) bool {
		if path.Ext(name) != ".go" {
			return true
		}
		ok, err := context.MatchFile("", path.Base(name))
		return ok || err != nil
	}
}
