package main

import (
	"bytes"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/golangci/misspell"
	"github.com/mgechev/revive/lint"
	"github.com/mgechev/revive/rule"
	"golang.org/x/tools/imports"
)

// addFiles does the checks that need one file only: the format (goimports), spelling in comments
// and messages (misspell), functions that are longer than a screen (funlen), and what belongs to the
// whole process (processwide). It returns the exceptions from all checks.
func (r *results) addFiles() ([]*exception, error) {
	words := misspell.New()
	var exceptions []*exception
	for name := range r.files {
		source, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		// three groups: the standard library, others, this module
		imports.LocalPrefix = "github.com/gotestshard/gotestshard"
		if strings.HasPrefix(name, example) {
			imports.LocalPrefix = "" // as its users would write it
		}
		formatted, err := imports.Process(name, source,
			&imports.Options{Comments: true, TabIndent: true, TabWidth: 8, FormatOnly: true})
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(formatted, source) {
			r.found[finding{name, 1, "goimports", "run goimports -w -local '" + imports.LocalPrefix + "'"}] = true
		}
		_, misspelled := words.Replace(string(source))
		for _, d := range misspelled {
			r.found[finding{name, d.Line, "misspell", "write " + d.Corrected + ", not " + d.Original}] = true
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, source, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		if !strings.HasSuffix(name, "_test.go") { // a table of cases is not split
			r.addLongFunctions(name, file, fset)
			r.addProcessWide(name, file, fset)
		}
		for _, group := range file.Comments {
			for _, c := range group.List {
				if mayBeException.MatchString(c.Text) {
					exceptions = append(exceptions, newException(name, fset.Position(c.Pos()).Line, c.Text))
				}
			}
		}
	}
	return exceptions, nil
}

func (r *results) addLongFunctions(name string, file *ast.File, fset *token.FileSet) {
	const longest = 60 // without comments
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		first := fset.Position(f.Pos()).Line
		lines := fset.Position(f.End()).Line - first - 1
		for _, group := range file.Comments {
			if f.Pos() < group.Pos() && group.End() < f.End() {
				lines -= len(group.List)
			}
		}
		if lines > longest {
			r.found[finding{name, first, "funlen", "split the function, or give the reason why not"}] = true
		}
	}
}

// belowMain matches the files of packages that Main calls, and inPlaceOfMain those among them that run
// in place of Main in processes of their own. Tests run Main several times in one process.
var (
	belowMain     = regexp.MustCompile(`^(shard/internal|format)/`)
	inPlaceOfMain = regexp.MustCompile(`^shard/internal/(shardtest/|early/|linkcache/(early|tool)|gotest/early\.go|live/guard)`)
)

func (r *results) addProcessWide(name string, file *ast.File, fset *token.FileSet) {
	if !belowMain.MatchString(name) || inPlaceOfMain.MatchString(name) {
		return
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if selected, ok := n.(*ast.SelectorExpr); ok {
			if pkg, ok := selected.X.(*ast.Ident); ok {
				switch what := pkg.Name + "." + selected.Sel.Name; what {
				case "os.Stdin", "os.Stdout", "os.Stderr", "os.Getenv", "os.LookupEnv", "os.Environ", "color.NoColor":
					r.found[finding{name, fset.Position(n.Pos()).Line, "processwide", "take " + what + " from option.Call, which package shard fills in"}] = true
				}
			}
		}
		return true
	})
}

// An exception names its linters and the reason, else it covers nothing.
type exception struct {
	file    string
	line    int
	linters []string
	used    bool
}

var (
	mayBeException = regexp.MustCompile(`^/[/*]\s*nolint\b`)
	isException    = regexp.MustCompile(`^//nolint:([a-z,]+) // \S`)
)

func newException(file string, line int, comment string) *exception {
	e := &exception{file: file, line: line}
	if m := isException.FindStringSubmatch(comment); m != nil {
		e.linters = strings.Split(m[1], ",")
	}
	return e
}

func (e *exception) covers(f finding) bool {
	return e.file == f.file && e.line == f.line && slices.Contains(e.linters, f.linter)
}

var conventions = []lint.Rule{ // of Go's own code
	&rule.BlankImportsRule{},
	&rule.ContextAsArgumentRule{},
	&rule.ContextKeysType{},
	&rule.DotImportsRule{},
	&rule.ErrorNamingRule{},
	&rule.ErrorReturnRule{},
	&rule.ErrorStringsRule{},
	&rule.ErrorfRule{},
	&rule.IncrementDecrementRule{},
	&rule.IndentErrorFlowRule{},
	&rule.PackageCommentsRule{},
	&rule.RangeRule{},
	&rule.ReceiverNamingRule{},
	&rule.SuperfluousElseRule{},
	&rule.TimeNamingRule{},
	&rule.UnexportedReturnRule{},
	&rule.UnreachableCodeRule{},
	&rule.UnusedParamRule{},
	&rule.UseAnyRule{},
	&rule.VarDeclarationsRule{},
}

// addConventions applies the rules of revive.
func (r *results) addConventions() error {
	// Without a GOROOT, revive's own check of types does without the imported packages, which
	// would have to be compiled. What it needs them for, staticcheck finds too.
	build.Default.GOROOT = ""
	config := lint.Config{Rules: lint.RulesConfig{}}
	for _, rule := range conventions {
		if rule, ok := rule.(lint.ConfigurableRule); ok {
			if err := rule.Configure(nil); err != nil {
				return err
			}
		}
		config.Rules[rule.Name()] = lint.RuleConfig{}
	}
	revive := lint.New(os.ReadFile, 0)
	failures, err := revive.Lint(r.packages, conventions, config)
	if err != nil {
		return err
	}
	for f := range failures {
		if f.Confidence >= 0.8 { // as revive does
			r.found[finding{f.Filename(), f.Position.Start.Line, "revive", f.RuleName + ": " + f.Failure}] = true
		}
	}
	return nil
}
