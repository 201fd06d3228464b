package suite

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
)

// MainTests returns the names of all tests that a test binary runs, in order and without
// repetition. It reads them from the source of the binary's main package, which the go
// command keeps beside the binary while it runs (_testmain.go, cmd/go/internal/load). It
// is not ok if there is none, or if it has an unknown form.
func MainTests(binary string) (names []string, ok bool) {
	source := filepath.Join(filepath.Dir(binary), gotest.MainFile)
	parsed, err := parser.ParseFile(token.NewFileSet(), source, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, false
	}
	lists := map[string][]string{}
	for _, d := range parsed.Decls {
		declaration, isVar := d.(*ast.GenDecl)
		if !isVar || declaration.Tok != token.VAR || len(declaration.Specs) != 1 {
			continue
		}
		spec, isValue := declaration.Specs[0].(*ast.ValueSpec)
		if !isValue || len(spec.Names) != 1 || len(spec.Values) != 1 {
			continue
		}
		list := spec.Names[0].Name
		if lists[list], ok = firstStrings(spec.Values[0]); !ok {
			return nil, false
		}
	}
	seen := map[string]bool{}
	for _, list := range []string{gotest.MainTests, gotest.MainFuzzTargets, gotest.MainExamples} {
		some, ok := lists[list]
		if !ok {
			return nil, false
		}
		for _, name := range some {
			if !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names, true
}

// firstStrings returns the first value of each element of []T{{"a", x}, {"b", y}}.
func firstStrings(e ast.Expr) (values []string, ok bool) {
	list, ok := e.(*ast.CompositeLit)
	if !ok {
		return nil, false
	}
	for _, element := range list.Elts {
		entry, ok := element.(*ast.CompositeLit)
		if !ok || len(entry.Elts) == 0 {
			return nil, false
		}
		name, ok := entry.Elts[0].(*ast.BasicLit)
		if !ok {
			return nil, false
		}
		value, err := strconv.Unquote(name.Value)
		if err != nil {
			return nil, false
		}
		values = append(values, value)
	}
	return values, true
}
