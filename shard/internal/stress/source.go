package stress

import (
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"maps"
	"slices"
	"strings"
)

// declarations are what test files declare, by name: functions, variables, constants, and types
// with their methods. Names of package p and p_test are not distinguished.
type declarations map[string]*declaration

// declaration is what is declared with a name.
type declaration struct {
	source string          // its words, without comments and spaces
	uses   map[string]bool // names in it
}

// add adds what a file declares. What does not parse is left out, as the build reports it.
func (d declarations) add(text []byte) {
	positions := token.NewFileSet()
	file, _ := parser.ParseFile(positions, "", text, parser.SkipObjectResolution)
	if file == nil {
		return
	}
	for _, decl := range file.Decls {
		for name, node := range declared(decl) {
			start, end := positions.Position(node.Pos()).Offset, positions.Position(node.End()).Offset
			if start < 0 || end > len(text) || start > end {
				continue
			}
			d.addSource(name, text[start:end])
		}
	}
}

// declared returns the names that a declaration declares, each with its part of it.
func declared(decl ast.Decl) map[string]ast.Node {
	names := map[string]ast.Node{}
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		name := decl.Name.Name
		if decl.Recv != nil && len(decl.Recv.List) > 0 {
			name = receiver(decl.Recv.List[0].Type)
		}
		names[name] = decl
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				names[spec.Name.Name] = spec
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					names[name.Name] = decl // a constant may depend on those before it
				}
			}
		}
	}
	return names
}

// receiver returns the name of a method's type.
func receiver(expr ast.Expr) string {
	for {
		switch typed := expr.(type) {
		case *ast.StarExpr:
			expr = typed.X
		case *ast.IndexExpr:
			expr = typed.X
		case *ast.IndexListExpr:
			expr = typed.X
		case *ast.ParenExpr:
			expr = typed.X
		case *ast.Ident:
			return typed.Name
		default:
			return ""
		}
	}
}

// addSource adds a part of the source to a name. The comments of an example are a part of it.
func (d declarations) addSource(name string, text []byte) {
	known := d[name]
	if known == nil {
		known = &declaration{uses: map[string]bool{}}
		d[name] = known
	}
	var mode scanner.Mode
	if strings.HasPrefix(name, "Example") {
		mode = scanner.ScanComments
	}
	var s scanner.Scanner
	file := token.NewFileSet().AddFile("", -1, len(text))
	s.Init(file, text, nil, mode)
	var b strings.Builder
	for {
		_, tok, word := s.Scan()
		if tok == token.EOF {
			break
		}
		if tok == token.IDENT {
			known.uses[word] = true
		}
		if tok == token.SEMICOLON || word == "" {
			word = tok.String()
		}
		b.WriteString(word + " ")
	}
	known.source += b.String() + "\n"
}

// edited returns the names that are declared in another way than before, or were not.
func (d declarations) edited(before declarations) map[string]bool {
	names := map[string]bool{}
	for name, declared := range d {
		if old := before[name]; old == nil || old.source != declared.source {
			names[name] = true
		}
	}
	return names
}

// reaches reports whether a name is one of others, or uses one of them, also indirectly.
func (d declarations) reaches(name string, others map[string]bool) bool {
	seen := map[string]bool{name: true}
	for next := []string{name}; len(next) > 0; {
		at := next[len(next)-1]
		next = next[:len(next)-1]
		if others[at] {
			return true
		}
		if d[at] == nil {
			continue
		}
		for _, used := range slices.Sorted(maps.Keys(d[at].uses)) {
			if !seen[used] && d[used] != nil {
				seen[used] = true
				next = append(next, used)
			}
		}
	}
	return false
}
