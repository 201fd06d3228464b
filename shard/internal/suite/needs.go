package suite

import (
	"bytes"
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// needs is why a file needs all tests of its package in one process: it uses something that
// depends on what else that process runs.
type needs struct {
	whole   string // in every run
	covered string // in runs that measure coverage
}

// add adds the needs of another file.
func (n *needs) add(other needs) {
	n.whole = cmp.Or(n.whole, other.whole)
	n.covered = cmp.Or(n.covered, other.covered)
}

// innerRuns are the functions of package testing that run given tests or examples,
// filtered by the flags of the process. RunBenchmarks depends on -bench, with which no
// package is split, and testing.Benchmark on no flag.
var innerRuns = map[string]bool{"Main": true, "MainStart": true, "RunTests": true, "RunExamples": true}

// selectingFlags are the flags, by their names in package flag, that differ between the
// processes of a package. Code that starts a test binary writes them with a dash.
var selectingFlags = map[string]bool{"test.run": true, "test.skip": true}

const obeys = ", which obeys the -run and -skip of its process"

// findNeeds returns the needs of a file with that base name.
func findNeeds(name string, parsed *ast.File) (found needs) {
	for _, link := range linked(parsed) {
		if strings.HasPrefix(link, "testing.") {
			found.add(needs{whole: name + " has a go:linkname to " + link})
		}
	}
	qualifiers, dot := testingNames(parsed)
	use := func(function string) {
		switch {
		case innerRuns[function]:
			found.add(needs{whole: name + " uses testing." + function + obeys})
		case function == "Coverage":
			found.add(needs{covered: name + " uses testing.Coverage, which covers only one process"})
		}
	}
	selected := map[*ast.Ident]bool{} // after a dot, so not in the file scope
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			selected[n.Sel] = true
			if pkg, ok := n.X.(*ast.Ident); ok && qualifiers[pkg.Name] {
				use(n.Sel.Name)
			}
		case *ast.FuncDecl:
			selected[n.Name] = n.Recv != nil
		case *ast.Ident:
			if dot && !selected[n] {
				use(n.Name)
			}
		case *ast.BasicLit:
			if value, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING && selectingFlags[value] {
				found.add(needs{whole: name + " uses the flag " + value + ", which differs between the processes of a split package"})
			}
		}
		return true
	})
	return found
}

// testingNames returns the names under which a file imports package testing, and whether it
// imports it with a dot.
func testingNames(parsed *ast.File) (qualifiers map[string]bool, dot bool) {
	qualifiers = map[string]bool{}
	for _, spec := range parsed.Imports {
		if path, err := strconv.Unquote(spec.Path.Value); err != nil || path != "testing" {
			continue
		}
		switch {
		case spec.Name == nil:
			qualifiers["testing"] = true
		case spec.Name.Name == ".":
			dot = true
		default:
			qualifiers[spec.Name.Name] = true
		}
	}
	return qualifiers, dot
}

// readNeeds returns the needs of a file that is not a test file, at path with the text
// source. Files that cannot be read or parsed are left to the go command to report.
func readNeeds(path, source string) needs {
	content, err := os.ReadFile(source)
	if err != nil || !mayNeed(content) {
		return needs{}
	}
	parsed, _ := parser.ParseFile(token.NewFileSet(), path, content, parser.ParseComments|parser.SkipObjectResolution)
	if parsed == nil {
		return needs{}
	}
	return findNeeds(filepath.Base(path), parsed)
}

// mayNeed reports whether a text has one of the words that every need requires. Most files
// have none of them, not even their common part.
func mayNeed(content []byte) bool {
	if !bytes.Contains(content, []byte("test")) {
		return false
	}
	for _, word := range []string{`"testing"`, "`testing`", " testing.", "test.run", "test.skip"} {
		if bytes.Contains(content, []byte(word)) {
			return true
		}
	}
	return false
}
