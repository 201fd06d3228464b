package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"slices"
	"strings"
	"sync"

	"golang.org/x/tools/go/packages"
)

// A loader checks the types of packages for one system from their source. Export data would be
// faster to read, but the standard library would have to be compiled for each system.
type loader struct {
	system   string
	fset     *token.FileSet
	standard map[string]*packages.Package // shared by the modules
	checked  map[*packages.Package]*sync.Once
}

func newLoader(system string) *loader {
	return &loader{system, token.NewFileSet(), map[string]*packages.Package{}, map[*packages.Package]*sync.Once{}}
}

// load returns the packages of the module in dir. A package with tests is in the list once, with
// the files of its tests.
func (l *loader) load(dir string) ([]*packages.Package, error) {
	roots, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedDeps |
			packages.NeedModule | packages.NeedTypesSizes | packages.NeedForTest,
		Dir: dir, Tests: true,
		Env: append(os.Environ(), "GOOS="+l.system, "CGO_ENABLED=0"),
	}, "./...")
	if err != nil {
		return nil, err
	}
	withTests := map[string]bool{}
	for _, p := range roots {
		withTests[p.ForTest] = true
	}
	roots = slices.DeleteFunc(roots, func(p *packages.Package) bool {
		return strings.HasSuffix(p.ID, ".test") || p.ForTest == "" && withTests[p.PkgPath]
	})
	var problems []error
	packages.Visit(roots, nil, func(p *packages.Package) {
		for _, e := range p.Errors {
			problems = append(problems, e)
		}
		for path, imported := range p.Imports {
			if known := l.standard[imported.ID]; known != nil {
				p.Imports[path] = known
			}
		}
		if l.standard[p.ID] != nil {
			return
		}
		l.checked[p] = new(sync.Once)
		if p.Module == nil {
			l.standard[p.ID] = p
		}
	})
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	var wg sync.WaitGroup
	for _, p := range roots {
		wg.Go(func() { l.check(p) })
	}
	wg.Wait()
	packages.Visit(roots, nil, func(p *packages.Package) {
		for _, e := range p.TypeErrors {
			problems = append(problems, fmt.Errorf("for %s: %w", l.system, e))
		}
	})
	return roots, errors.Join(problems...)
}

// The bodies of functions that are not ours are left out, to save time and memory, except of
// packages where some analyzers must know them: functions that end a process or a test, and some
// that only return a result (SA4017).
var withBodies = []string{"log", "os", "testing", "github.com/rogpeppe/go-internal/testscript",
	"errors", "fmt", "reflect", "sort", "strings", "time"}

// check parses a package and checks its types, after those of the packages that it imports.
func (l *loader) check(p *packages.Package) {
	l.checked[p].Do(func() {
		var wg sync.WaitGroup
		for _, imported := range p.Imports {
			wg.Go(func() { l.check(imported) })
		}
		wg.Wait()
		p.Fset = l.fset
		p.TypesInfo = &types.Info{
			Types:        map[ast.Expr]types.TypeAndValue{},
			Instances:    map[*ast.Ident]types.Instance{},
			Defs:         map[*ast.Ident]types.Object{},
			Uses:         map[*ast.Ident]types.Object{},
			Implicits:    map[ast.Node]types.Object{},
			Selections:   map[*ast.SelectorExpr]*types.Selection{},
			Scopes:       map[ast.Node]*types.Scope{},
			FileVersions: map[*ast.File]string{},
		}
		if p.PkgPath == "unsafe" {
			p.Types = types.Unsafe
			return
		}
		config := &types.Config{
			Importer:         importer(p.Imports),
			Sizes:            p.TypesSizes,
			IgnoreFuncBodies: (p.Module == nil || !p.Module.Main) && !slices.Contains(withBodies, p.PkgPath),
			Error: func(err error) {
				if e, ok := errors.AsType[types.Error](err); ok {
					p.TypeErrors = append(p.TypeErrors, e)
				}
			},
		}
		if p.Module != nil && p.Module.GoVersion != "" {
			config.GoVersion = "go" + p.Module.GoVersion
		}
		for _, name := range p.GoFiles {
			file, err := parser.ParseFile(l.fset, name, nil, parser.ParseComments|parser.AllErrors)
			if err != nil {
				p.TypeErrors = append(p.TypeErrors, types.Error{Fset: l.fset, Msg: err.Error()})
			}
			p.Syntax = append(p.Syntax, file)
		}
		p.Types, _ = config.Check(p.PkgPath, l.fset, p.Syntax, p.TypesInfo) // see Error
		if config.IgnoreFuncBodies {
			removeBodies(p)
		}
	})
}

// removeBodies hides the bodies of functions, whose types are not known, and the values of
// variables from the analyzers.
func removeBodies(p *packages.Package) {
	p.TypesInfo.InitOrder = nil
	for _, file := range p.Syntax {
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				decl.Body = nil
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					if spec, ok := spec.(*ast.ValueSpec); ok && decl.Tok == token.VAR {
						spec.Values = nil
					}
				}
			}
		}
	}
}

// An importer finds what one package imports.
type importer map[string]*packages.Package

func (i importer) Import(path string) (*types.Package, error) {
	if p := i[path]; p != nil {
		return p.Types, nil
	}
	return nil, fmt.Errorf("package %s was not loaded", path)
}
