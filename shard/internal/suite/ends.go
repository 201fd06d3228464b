package suite

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strings"
)

// ownEnd returns why the test process may fail by something that TestMain, which is in f, does after
// m.Run, such as "TestMain calls os.Exit(3) after m.Run"; empty if its exit code is that of m.Run.
// files are all test files of its package.
func ownEnd(f *file, files []*file) string {
	functions := map[string]*ast.FuncDecl{}
	for _, other := range files {
		if other.external == f.external {
			maps.Copy(functions, other.functions)
		}
	}
	e := ending{functions: functions, seen: map[string]bool{}}
	e.function(f.main)
	return e.why
}

// ending follows the code of m.Run to the end of the process.
type ending struct {
	functions map[string]*ast.FuncDecl // those with a *testing.M
	seen      map[string]bool
	why       string
}

func (e *ending) found(format string, args ...any) {
	if e.why == "" {
		e.why = fmt.Sprintf(format, args...)
	}
}

// function checks a function with a *testing.M: what it does after m.Run.
func (e *ending) function(declaration *ast.FuncDecl) {
	name := declaration.Name.Name
	if declaration.Body == nil || e.seen[name] {
		return
	}
	e.seen[name] = true
	first := token.NoPos
	codes := map[string]bool{}
	ast.Inspect(declaration.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if e.runs(n) && first == token.NoPos {
				first = n.Pos()
			}
		case *ast.AssignStmt:
			if len(n.Lhs) == 1 && len(n.Rhs) == 1 && e.runs(n.Rhs[0]) {
				codes[named(n.Lhs[0])] = true
			}
		case *ast.ValueSpec:
			if len(n.Names) == 1 && len(n.Values) == 1 && e.runs(n.Values[0]) {
				codes[n.Names[0].Name] = true
			}
		}
		return true
	})
	if first == token.NoPos {
		e.found("%s does not call m.Run itself", name)
		return
	}
	isCode := func(x ast.Expr) bool { return e.runs(x) || codes[named(x)] }
	e.after(declaration, first, isCode, codes)
}

// after checks what a function does after the position of its first m.Run, and in functions that it
// defers.
func (e *ending) after(declaration *ast.FuncDecl, first token.Pos, isCode func(ast.Expr) bool, codes map[string]bool) {
	name := declaration.Name.Name
	var around []ast.Node
	ast.Inspect(declaration.Body, func(n ast.Node) bool {
		if n == nil {
			around = around[:len(around)-1]
			return false
		}
		around = append(around, n)
		deferred := slices.ContainsFunc(around, func(n ast.Node) bool { _, ok := n.(*ast.DeferStmt); return ok })
		if !deferred && n.End() < first {
			return true
		}
		inside := slices.ContainsFunc(around, func(n ast.Node) bool { _, ok := n.(*ast.FuncLit); return ok })
		switch n := n.(type) {
		case *ast.CallExpr:
			switch to := called(n.Fun); {
			case to == "os.Exit" && len(n.Args) == 1 && !isCode(n.Args[0]):
				e.found("%s calls os.Exit with another code than that of m.Run", name)
			case strings.HasPrefix(to, "log.Fatal"):
				e.found("%s calls %s after m.Run", name, to)
			}
		case *ast.ReturnStmt:
			if !inside && n.Pos() > first && len(n.Results) > 0 && !isCode(n.Results[0]) {
				e.found("%s returns another code than that of m.Run", name)
			}
		case *ast.AssignStmt:
			for i, to := range n.Lhs {
				if codes[named(to)] && (len(n.Rhs) != len(n.Lhs) || !e.runs(n.Rhs[i])) {
					e.found("%s changes the code of m.Run", name)
				}
			}
		}
		return true
	})
}

// runs reports whether an expression is a call of m.Run, or of a function with a *testing.M that
// returns its code, which is checked too.
func (e *ending) runs(x ast.Expr) bool {
	call, ok := x.(*ast.CallExpr)
	if !ok {
		return false
	}
	to := called(call.Fun)
	if selector, ok := call.Fun.(*ast.SelectorExpr); ok && selector.Sel.Name == "Run" && len(call.Args) == 0 {
		return true
	}
	if to == "goleak.VerifyTestMain" && len(call.Args) == 1 { // it looks only at tests that passed
		return true
	}
	if helper := e.functions[to]; helper != nil && to != "TestMain" {
		e.function(helper)
		return true
	}
	return false
}

// named returns the name of an identifier, empty for another expression.
func named(x ast.Expr) string {
	if identifier, ok := x.(*ast.Ident); ok && identifier.Name != "_" {
		return identifier.Name
	}
	return ""
}
