package suite

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/gotestshard/gotestshard/format/plain"
)

// A directive is a comment of the form of //go:generate.
const prefix = "//gotestshard:"

// misspelt matches a comment that was probably meant to be a directive. It is compiled on
// first use, because a hook never uses it.
var misspelt = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^//\s+gotestshard:(group|serial|split|together)\b|^(/\*|//)\s*(?i:gotestshard):(group|serial|split|together)\b`)
})

// addDirectives applies the directives of a file to its tests, whose declarations are
// given in the same order.
func (f *file) addDirectives(positions *token.FileSet, parsed *ast.File, declarations []*ast.FuncDecl) {
	above := map[*ast.CommentGroup]*Test{}
	for i, declaration := range declarations {
		if declaration.Doc != nil {
			above[declaration.Doc] = &f.tests[i]
		}
	}
	for _, group := range parsed.Comments {
		for _, comment := range group.List {
			var warning string
			words, ok := strings.CutPrefix(comment.Text, prefix)
			switch test := above[group]; {
			case !ok && misspelt().MatchString(comment.Text):
				warning = fmt.Sprintf("%s is not a directive; write //gotestshard: without spaces", comment.Text)
			case !ok:
				continue
			case group.End() <= parsed.Package:
				warning = f.marks.direct(words)
			case test != nil:
				warning = test.direct(words)
			default:
				warning = misplaced(words)
			}
			if warning != "" {
				line := positions.PositionFor(comment.Pos(), false).Line
				f.marks.Warnings = append(f.marks.Warnings, Warning{File: f.path, Line: line, Text: warning})
			}
		}
	}
}

// direct applies a directive above the package clause, or returns what is wrong with it.
func (m *Marks) direct(directive string) (warning string) {
	words := strings.Fields(directive)
	switch {
	case directive == "serial":
		m.Serial = true
	case directive == "together":
		m.Together = true
	case directive == "split":
		return "//gotestshard:split is above the package clause; write it directly above a test"
	case len(words) > 0 && words[0] == "group":
		return "//gotestshard:group is above the package clause; write it directly above a test"
	default:
		return unknown(directive)
	}
	return ""
}

// direct applies a directive above a test, or returns what is wrong with it.
func (t *Test) direct(directive string) (warning string) {
	words := strings.Fields(directive)
	switch {
	case directive == "serial":
		t.Serial = true
	case directive == "split" && t.Kind != KindTest:
		return fmt.Sprintf("//gotestshard:split is above %s, which has no subtests; write it directly above a test", t.Name)
	case directive == "split":
		t.Split = true
	case directive == "together":
		return "//gotestshard:together is above a test; write it above the package clause"
	case strings.HasPrefix(directive, "group") && len(words) != 2 && len(words) > 0 && words[0] == "group":
		return fmt.Sprintf("//gotestshard:group has %d names; write //gotestshard:group NAME", len(words)-1)
	case len(words) == 2 && words[0] == "group" && t.Group != "" && t.Group != words[1]:
		return fmt.Sprintf("%s is in the group %s already; a test can be in only one", t.Name, t.Group)
	case len(words) == 2 && words[0] == "group" && strings.HasPrefix(directive, "group"):
		t.Group = words[1]
	default:
		return unknown(directive)
	}
	return ""
}

func misplaced(directive string) (warning string) {
	word, _, _ := strings.Cut(strings.TrimSpace(directive), " ")
	switch word {
	case "serial":
		return "//gotestshard:serial is neither directly above a test nor above the package clause"
	case "together":
		return "//gotestshard:together is not above the package clause"
	case "split":
		return "//gotestshard:split is not directly above a test"
	case "group":
		return "//gotestshard:group is not directly above a test"
	}
	return unknown(directive)
}

func unknown(directive string) (warning string) {
	if words := strings.Fields(directive); len(words) > 1 && strings.HasPrefix(directive, words[0]) && (words[0] == "serial" || words[0] == "split" || words[0] == "together") {
		return fmt.Sprintf("%s%s takes no argument but has %q; write %[1]s%[2]s", prefix, words[0], strings.Join(words[1:], " "))
	}
	word, _, _ := strings.Cut(directive, " ")
	return fmt.Sprintf("unknown directive %s%s; %sthe directives are group NAME, serial, split and together", prefix, directive,
		plain.Suggest(word, []string{"group", "serial", "split", "together"}))
}

// headSize is how much of a file that is not a test file is searched: a license and the
// text up to the package clause.
const headSize = 4 << 10

// elsewhere returns a warning for each directive above the package clause of a file in
// dir that is not a test file; entries lists dir. Unreadable files are left to the go
// command to report.
func elsewhere(dir string, entries []fs.DirEntry) (warnings []Warning) {
	head := make([]byte, headSize)
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || name[0] == '_' || name[0] == '.' {
			continue
		}
		path := filepath.Join(dir, name)
		if n := readHead(path, head); !bytes.Contains(head[:n], []byte("gotestshard:")) {
			continue
		}
		positions := token.NewFileSet()
		parsed, _ := parser.ParseFile(positions, path, nil, parser.ParseComments|parser.PackageClauseOnly)
		if parsed == nil {
			continue
		}
		for _, group := range parsed.Comments {
			for _, comment := range group.List {
				if comment.End() <= parsed.Package && (strings.HasPrefix(comment.Text, prefix) || misspelt().MatchString(comment.Text)) {
					line := positions.PositionFor(comment.Pos(), false).Line
					warnings = append(warnings, Warning{File: path, Line: line, Text: fmt.Sprintf(
						"%s is not in a test file; move it to a file whose name ends in _test.go", comment.Text)})
				}
			}
		}
	}
	return warnings
}

// readHead reads the beginning of a file and returns its length.
func readHead(path string, head []byte) (n int) {
	file, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer func() { _ = file.Close() }()
	n, _ = io.ReadFull(file, head)
	return n
}

// Directives returns the directives of the test files in dir, regardless of their build
// tags, and warnings about directives in other files. Serial is also set if only one test
// is serial. Groups are the groups of all tests. Only files with a directive are parsed.
// Syntax errors are left to the go command to report.
func Directives(dir string) (Marks, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return Marks{}, fmt.Errorf("looking for directives in test files: %w", err)
	}
	marks := Marks{Warnings: elsewhere(dir, entries)}
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasSuffix(name, "_test.go") || name[0] == '_' || name[0] == '.' {
			continue // the go command leaves those out too
		}
		path := filepath.Join(dir, name)
		content, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) || err == nil && !bytes.Contains(content, []byte("gotestshard:")) {
			continue
		}
		if err != nil {
			return Marks{}, fmt.Errorf("looking for directives in test files: %w", err)
		}
		f := readFile(path, path)
		marks.Serial = marks.Serial || f.marks.Serial
		marks.Together = marks.Together || f.marks.Together
		marks.Warnings = append(marks.Warnings, f.marks.Warnings...)
		for _, test := range f.tests {
			marks.Serial = marks.Serial || test.Serial
			if test.Group != "" {
				marks.Groups = append(marks.Groups, test.Group)
			}
		}
	}
	return marks, nil
}
