package main

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// wholeOptions finds functions that take all options of a run but use only a few.
var wholeOptions = &analysis.Analyzer{
	Name: "wholeoptions", Doc: "few options instead of all of them", Run: checkOptions,
}

func checkOptions(pass *analysis.Pass) (any, error) {
	const few = 5 // fields and methods of the options
	for _, file := range pass.Files {
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			for _, field := range f.Type.Params.List {
				for _, name := range field.Names {
					param := pass.TypesInfo.Defs[name]
					if used, whole := usesOf(pass.TypesInfo, f.Body, param); isOptions(param) && !whole && len(used) <= few {
						pass.Reportf(name.Pos(), "%s needs only %d of the options: give it those, or one concern such as option.Display", f.Name.Name, len(used))
					}
				}
			}
		}
	}
	return nil, nil
}

func isOptions(param types.Object) bool {
	named, ok := param.Type().(*types.Named)
	return ok && named.Obj().Name() == "Options" && named.Obj().Pkg() != nil && strings.HasSuffix(named.Obj().Pkg().Path(), "/shard/internal/option")
}

// usesOf returns what is selected from a parameter, and whether it is used in another way too.
func usesOf(info *types.Info, body ast.Node, param types.Object) (selected map[string]bool, whole bool) {
	selected = map[string]bool{}
	inner := map[*ast.Ident]bool{} // of a selector
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && info.Uses[x] == param {
				inner[x], selected[n.Sel.Name] = true, true
			}
		case *ast.Ident:
			whole = whole || info.Uses[n] == param && !inner[n]
		}
		return true
	})
	return selected, whole
}
