package shard

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A hook starts for each test binary, and links the whole program, so no regular expressions
// may be compiled during package initialization. They must not be compiled in loops either.
func TestRegexpsAreCompiledWhenUsed(t *testing.T) {
	checked := 0
	for _, root := range []string{".", "../format"} {
		err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && slices.Contains([]string{"testdata", "framingtest", "shardtest"}, entry.Name()): // only tests link these
				return filepath.SkipDir
			case entry.IsDir(), !strings.HasSuffix(name, ".go"), strings.HasSuffix(name, "_test.go"):
				return nil
			}
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			checked++
			for _, at := range eagerRegexps(file) {
				t.Errorf("%s: a regular expression is compiled at the start of the program or in a loop; use sync.OnceValue", files.Position(at))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if checked < 100 {
		t.Errorf("only %d files were found", checked)
	}
}

func TestEagerRegexps(t *testing.T) {
	const source = `package p
var a = regexp.MustCompile("a")
var b = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("b") })
var c = []any{1, regexp.MustCompilePOSIX("c")}
func f() {
	d := regexp.MustCompile("d")
	for { regexp.MustCompile("e") }
	for range x { g(func() { regexp.MustCompile("f").MatchString("") }) }
}
func init() { regexp.MustCompile("g") }`
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "", source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var lines []int
	for _, at := range eagerRegexps(file) {
		lines = append(lines, files.Position(at).Line)
	}
	if want := []int{2, 4, 7, 8, 10}; !slices.Equal(lines, want) {
		t.Errorf("found in lines %v, want %v", lines, want)
	}
}

// eagerRegexps returns the places where a file compiles a fixed regular expression at the
// start of the program or in a loop.
func eagerRegexps(file *ast.File) (found []token.Pos) {
	var visit func(node ast.Node, eager bool)
	visit = func(node ast.Node, eager bool) {
		ast.Inspect(node, func(n ast.Node) bool {
			if n == node {
				return true
			}
			switch n := n.(type) {
			case *ast.FuncLit:
				if _, inLoop := node.(*ast.BlockStmt); !inLoop || !eager {
					visit(n.Body, false)
					return false
				}
			case *ast.ForStmt:
				visit(n.Body, true)
				return false
			case *ast.RangeStmt:
				visit(n.Body, true)
				return false
			case *ast.SelectorExpr:
				of, _ := n.X.(*ast.Ident)
				if eager && of != nil && of.Name == "regexp" && strings.HasPrefix(n.Sel.Name, "MustCompile") {
					found = append(found, n.Pos())
				}
			}
			return true
		})
	}
	for _, declaration := range file.Decls {
		switch d := declaration.(type) {
		case *ast.GenDecl:
			visit(d, true)
		case *ast.FuncDecl:
			if d.Body != nil {
				visit(d.Body, d.Name.Name == "init" && d.Recv == nil)
			}
		}
	}
	return found
}
