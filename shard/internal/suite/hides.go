package suite

import (
	"fmt"
	"go/ast"
	"maps"
	"strings"
)

// hides returns why TestMain, which is in f, may change which tests run. files are all test
// files of its package.
func hides(f *file, files []*file) string {
	functions := map[string]*ast.FuncDecl{}
	for _, other := range files {
		if other.external == f.external {
			maps.Copy(functions, other.functions)
		}
	}
	u := uses{functions: functions, seen: map[string]bool{}}
	u.function(f.main, 0)
	return u.hides
}

// uses follows a *testing.M through the functions that receive it.
type uses struct {
	functions map[string]*ast.FuncDecl
	seen      map[string]bool
	hides     string // the first use other than calling m.Run once
}

// function checks the body of a function whose parameter at that index is a *testing.M. A
// name with another meaning in an inner scope counts too.
func (u *uses) function(declaration *ast.FuncDecl, index int) {
	name := parameter(declaration, index)
	key := fmt.Sprint(declaration.Name.Name, " ", index)
	if name == "" || name == "_" || declaration.Body == nil || u.seen[key] {
		return
	}
	u.seen[key] = true
	isM := func(e ast.Expr) bool {
		identifier, ok := e.(*ast.Ident)
		return ok && identifier.Name == name
	}
	var around []ast.Node
	known := map[ast.Expr]bool{}
	runs, more := 0, false
	run := func() {
		ends, inLoop := where(around)
		runs++
		if inLoop {
			runs++
		}
		more = more || !ends
	}
	ast.Inspect(declaration.Body, func(n ast.Node) bool {
		if n == nil {
			around = around[:len(around)-1]
			return false
		}
		around = append(around, n)
		switch n := n.(type) {
		case *ast.SelectorExpr:
			known[n.Sel] = true
			if isM(n.X) && n.Sel.Name == "Run" {
				known[n.X] = true
				run()
			}
		case *ast.CallExpr:
			for i, argument := range n.Args {
				if !isM(argument) {
					continue
				}
				known[argument] = true
				to := u.functions[called(n.Fun)]
				if to == nil {
					u.found("TestMain passes its *testing.M to " + called(n.Fun))
					continue
				}
				run()
				u.function(to, i)
			}
		case *ast.Ident:
			if isM(n) && !known[n] {
				u.found("TestMain uses its *testing.M for more than m.Run()")
			}
		}
		return true
	})
	if runs > 1 && more {
		u.found("TestMain may call m.Run() more than once")
	}
}

func (u *uses) found(why string) {
	if u.hides == "" {
		u.hides = why
	}
}

// where reports whether the last of nodes, each of which contains the next, is the last
// thing that its function does, and whether it is in a loop.
func where(nodes []ast.Node) (ends, inLoop bool) {
	deferred := false
	for _, n := range nodes {
		switch n := n.(type) {
		case *ast.ForStmt, *ast.RangeStmt:
			inLoop = true
		case *ast.FuncLit:
			deferred = true
		case *ast.ReturnStmt:
			ends = true
		case *ast.CallExpr:
			ends = ends || called(n.Fun) == "os.Exit"
		}
	}
	return ends && !deferred, inLoop
}

// called returns the source of a called function, if it is short.
func called(function ast.Expr) string {
	switch function := function.(type) {
	case *ast.Ident:
		return function.Name
	case *ast.SelectorExpr:
		return called(function.X) + "." + function.Sel.Name
	}
	return "a function"
}

// parameter returns the name of the parameter at that index, "" for none.
func parameter(declaration *ast.FuncDecl, index int) string {
	for _, field := range declaration.Type.Params.List {
		if index < len(field.Names) {
			return field.Names[index].Name
		}
		index -= max(1, len(field.Names))
		if index < 0 {
			return ""
		}
	}
	return ""
}

// takesM reports whether one of the parameters is a pointer to an M.
func takesM(declaration *ast.FuncDecl) bool {
	for _, field := range declaration.Type.Params.List {
		if isPointerTo(field.Type, "M") {
			return true
		}
	}
	return false
}

// linked returns the names in packages main and testing to which a file links by
// a go:linkname directive.
func linked(parsed *ast.File) (names []string) {
	for _, group := range parsed.Comments {
		for _, comment := range group.List {
			words := strings.Fields(comment.Text)
			if len(words) == 0 || words[0] != "//go:linkname" {
				continue
			}
			for _, word := range words[1:] {
				if strings.HasPrefix(word, "main.") || strings.HasPrefix(word, "testing.") {
					names = append(names, word)
				}
			}
		}
	}
	return names
}
