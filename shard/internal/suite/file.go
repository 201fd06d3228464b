package suite

import (
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// file is what one test file contains.
type file struct {
	path     string
	external bool // it is in package p_test
	tests    []Test
	marks    Marks
	problem  error
	hides    string
	needs    needs
	// main is TestMain, nil for none. functions are those that may receive its
	// *testing.M.
	main      *ast.FuncDecl
	functions map[string]*ast.FuncDecl
}

// readFile parses the file at path, whose text is source.
func readFile(path, source string) *file {
	f := &file{path: path}
	content, err := os.ReadFile(source)
	if err != nil {
		f.problem = err
		return f
	}
	positions := token.NewFileSet()
	parsed, err := parser.ParseFile(positions, path, content, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		f.problem = err
	}
	if parsed == nil {
		return f
	}
	found := f.addFunctions(positions, parsed)
	found = append(found, f.addExamples(positions, parsed)...)
	f.addDirectives(positions, parsed, found)
	for _, name := range linked(parsed) {
		if f.hides == "" && strings.HasPrefix(name, "main.") {
			f.hides = "a test file has a go:linkname to " + name
		}
	}
	f.needs = findNeeds(filepath.Base(path), parsed)
	return f
}

// addFunctions adds all tests other than examples, as testFuncs.load of
// cmd/go/internal/load does, and returns the declaration of each test.
func (f *file) addFunctions(positions *token.FileSet, parsed *ast.File) []*ast.FuncDecl {
	var found []*ast.FuncDecl
	add := func(declaration *ast.FuncDecl, kind Kind, parameter string) {
		if err := checkSignature(positions, declaration, parameter); err != nil {
			if f.problem == nil {
				f.problem = err
			}
			return
		}
		f.addTest(positions, declaration, kind)
		found = append(found, declaration)
	}
	for _, d := range parsed.Decls {
		declaration, ok := d.(*ast.FuncDecl)
		if !ok || declaration.Recv != nil {
			continue
		}
		switch name := declaration.Name.Name; {
		case name == "TestMain" && !hasParameter(declaration, "T"):
			if err := checkSignature(positions, declaration, "M"); err == nil {
				f.main = declaration
			} else if f.problem == nil {
				f.problem = err
			}
		case isTest(name, "Test"):
			add(declaration, KindTest, "T")
		case isTest(name, "Benchmark"):
			if err := checkSignature(positions, declaration, "B"); err != nil && f.problem == nil {
				f.problem = err
			}
		case isTest(name, "Fuzz"):
			add(declaration, KindFuzz, "F")
		}
		if takesM(declaration) {
			if f.functions == nil {
				f.functions = map[string]*ast.FuncDecl{}
			}
			f.functions[declaration.Name.Name] = declaration
		}
	}
	return found
}

// addExamples adds the examples with output, because only those run.
func (f *file) addExamples(positions *token.FileSet, parsed *ast.File) []*ast.FuncDecl {
	examples := doc.Examples(parsed)
	slices.SortFunc(examples, func(a, b *doc.Example) int { return a.Order - b.Order })
	var found []*ast.FuncDecl
	for _, example := range examples {
		if example.Output == "" && !example.EmptyOutput {
			continue
		}
		for _, d := range parsed.Decls {
			declaration, ok := d.(*ast.FuncDecl)
			if ok && declaration.Recv == nil && declaration.Name.Name == "Example"+example.Name {
				f.addTest(positions, declaration, KindExample)
				found = append(found, declaration)
				break
			}
		}
	}
	return found
}

func (f *file) addTest(positions *token.FileSet, declaration *ast.FuncDecl, kind Kind) {
	f.tests = append(f.tests, Test{
		Name: declaration.Name.Name, Kind: kind, Files: []string{filepath.Base(f.path)},
		Line: positions.PositionFor(declaration.Pos(), false).Line,
	})
}

// isTest is the function of that name in cmd/go/internal/load: after the prefix comes
// nothing, or no lower-case letter.
func isTest(name, prefix string) bool {
	rest, ok := strings.CutPrefix(name, prefix)
	if !ok || rest == "" {
		return ok
	}
	first, _ := utf8.DecodeRuneInString(rest)
	return !unicode.IsLower(first)
}

// hasParameter is isTestFunc of cmd/go/internal/load: the only parameter is a
// pointer to name or to some package's name, and there is no result.
func hasParameter(declaration *ast.FuncDecl, name string) bool {
	t := declaration.Type
	return t.Results.NumFields() == 0 && len(t.Params.List) == 1 && len(t.Params.List[0].Names) <= 1 &&
		isPointerTo(t.Params.List[0].Type, name)
}

func isPointerTo(t ast.Expr, name string) bool {
	pointer, ok := t.(*ast.StarExpr)
	if !ok {
		return false
	}
	switch to := pointer.X.(type) {
	case *ast.Ident:
		return to.Name == name
	case *ast.SelectorExpr:
		return to.Sel.Name == name
	}
	return false
}

// checkSignature is checkTestFunc of cmd/go/internal/load, with its messages.
func checkSignature(positions *token.FileSet, declaration *ast.FuncDecl, parameter string) error {
	name, why := declaration.Name.Name, ""
	if !hasParameter(declaration, parameter) {
		why = fmt.Sprintf("must be: func %s(%s *testing.%s)", name, strings.ToLower(parameter), parameter)
	}
	if declaration.Type.TypeParams.NumFields() > 0 {
		why = "test functions cannot have type parameters"
	}
	if why == "" {
		return nil
	}
	return fmt.Errorf("%s: wrong signature for %s, %s", positions.Position(declaration.Pos()), name, why)
}
