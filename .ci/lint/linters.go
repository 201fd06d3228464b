package main

import (
	"go/ast"
	"slices"

	directives "4d63.com/gocheckcompilerdirectives/checkcompilerdirectives"
	"codeberg.org/polyfloyd/go-errorlint/errorlint"
	"github.com/ashanbrown/makezero/v2/makezero"
	gocritic "github.com/go-critic/go-critic/checkers/analyzer"
	"github.com/golangci/unconvert"
	"github.com/gordonklaus/ineffassign/pkg/ineffassign"
	"github.com/gostaticanalysis/nilerr"
	"github.com/kisielk/errcheck/errcheck"
	"github.com/ldez/usetesting"
	"github.com/sanposhiho/wastedassign/v2"
	"github.com/timakin/bodyclose/passes/bodyclose"
	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/appends"
	"golang.org/x/tools/go/analysis/passes/asmdecl"
	"golang.org/x/tools/go/analysis/passes/assign"
	"golang.org/x/tools/go/analysis/passes/atomic"
	"golang.org/x/tools/go/analysis/passes/bools"
	"golang.org/x/tools/go/analysis/passes/buildtag"
	"golang.org/x/tools/go/analysis/passes/cgocall"
	"golang.org/x/tools/go/analysis/passes/composite"
	"golang.org/x/tools/go/analysis/passes/copylock"
	"golang.org/x/tools/go/analysis/passes/defers"
	"golang.org/x/tools/go/analysis/passes/directive"
	"golang.org/x/tools/go/analysis/passes/errorsas"
	"golang.org/x/tools/go/analysis/passes/framepointer"
	"golang.org/x/tools/go/analysis/passes/hostport"
	"golang.org/x/tools/go/analysis/passes/httpresponse"
	"golang.org/x/tools/go/analysis/passes/ifaceassert"
	"golang.org/x/tools/go/analysis/passes/loopclosure"
	"golang.org/x/tools/go/analysis/passes/lostcancel"
	"golang.org/x/tools/go/analysis/passes/modernize"
	"golang.org/x/tools/go/analysis/passes/nilfunc"
	"golang.org/x/tools/go/analysis/passes/printf"
	"golang.org/x/tools/go/analysis/passes/shift"
	"golang.org/x/tools/go/analysis/passes/sigchanyzer"
	"golang.org/x/tools/go/analysis/passes/slog"
	"golang.org/x/tools/go/analysis/passes/stdmethods"
	"golang.org/x/tools/go/analysis/passes/stdversion"
	"golang.org/x/tools/go/analysis/passes/stringintconv"
	"golang.org/x/tools/go/analysis/passes/structtag"
	"golang.org/x/tools/go/analysis/passes/testinggoroutine"
	"golang.org/x/tools/go/analysis/passes/tests"
	"golang.org/x/tools/go/analysis/passes/timeformat"
	"golang.org/x/tools/go/analysis/passes/unmarshal"
	"golang.org/x/tools/go/analysis/passes/unreachable"
	"golang.org/x/tools/go/analysis/passes/unsafeptr"
	"golang.org/x/tools/go/analysis/passes/unusedresult"
	"golang.org/x/tools/go/analysis/passes/waitgroup"
	"honnef.co/go/tools/simple"
	"honnef.co/go/tools/staticcheck"
	"honnef.co/go/tools/stylecheck"
	"honnef.co/go/tools/unused"
)

// The analyzers, by the name that an exception gives. A new one is added together with fixes for
// what it finds.
//
// Tried and left out: contextcheck (code that cleans up or writes reports must outlive the
// context of the run, and locks take no context), dupword (it finds lists of tests instead of
// typing errors), durationcheck (the plan multiplies a duration by a number of that type).
var linters = map[string][]*analysis.Analyzer{
	// bugs
	"vet":                       vet,                       // those of go vet, see cmd/vet
	"staticcheck":               honnef(),                  // most of the mistakes that static analysis can find
	"bodyclose":                 {bodyclose.Analyzer},      // the connection of an unclosed response leaks
	"errcheck":                  {errcheck.Analyzer},       // an ignored error must be assigned to _
	"errorlint":                 {errorlint.NewAnalyzer()}, // wrapped errors need errors.Is and errors.As
	"gocheckcompilerdirectives": {directives.Analyzer()},   // a misspelled //go: directive is only a comment
	"gocritic":                  {gocritic.Analyzer},       // common mistakes
	"ineffassign":               {ineffassign.Analyzer},    // assigned values that are never read
	"makezero":                  {makezeros},               // append to a slice that was made with a length
	"nilerr":                    {nilerr.Analyzer},         // an error that was checked but not returned
	"wastedassign":              {wastedassign.Analyzer},   // assigned values that are overwritten
	// one way to write it
	"modernize":  modernize.Suite,            // newer features of the language and its library
	"options":    {wholeOptions},             // a function takes the values that it needs
	"unconvert":  {unconverts},               // conversions to the same type
	"unused":     {unused.Analyzer.Analyzer}, // code that is not used on any system
	"usetesting": {usetesting.NewAnalyzer()}, // folders, variables and contexts that end with the test
}

var options = []struct{ linter, name, value string }{
	{"errorlint", "errorf", "true"},
	{"gocritic", "disable", "#experimental,#opinionated,#performance," +
		"appendAssign," + // buffers are reused on purpose
		"argOrder," + // some code checks whether a constant starts with a variable
		"dupCase," + // equal cases may be intended
		"ifElseChain," + // most of these chains declare variables in their conditions
		"mapKey"}, // a key in the table of a test may be " 1/4"
	{"usetesting", "osmkdirtemp", "false"}, // the path of a socket must be short, and t.TempDir has long paths
	{"usetesting", "ossetenv", "true"},
}

var vet = []*analysis.Analyzer{
	appends.Analyzer, asmdecl.Analyzer, assign.Analyzer, atomic.Analyzer, bools.Analyzer, buildtag.Analyzer,
	cgocall.Analyzer, composite.Analyzer, copylock.Analyzer, defers.Analyzer, directive.Analyzer,
	errorsas.Analyzer, framepointer.Analyzer, httpresponse.Analyzer, hostport.Analyzer, ifaceassert.Analyzer,
	loopclosure.Analyzer, lostcancel.Analyzer, nilfunc.Analyzer, printf.Analyzer, shift.Analyzer,
	sigchanyzer.Analyzer, slog.Analyzer, stdmethods.Analyzer, stdversion.Analyzer, stringintconv.Analyzer,
	structtag.Analyzer, tests.Analyzer, testinggoroutine.Analyzer, timeformat.Analyzer, unmarshal.Analyzer,
	unreachable.Analyzer, unsafeptr.Analyzer, unusedresult.Analyzer, waitgroup.Analyzer,
}

// honnef returns staticcheck's checks except those that it does not use itself unless asked to.
func honnef() []*analysis.Analyzer {
	var list []*analysis.Analyzer
	for _, a := range slices.Concat(staticcheck.Analyzers, simple.Analyzers, stylecheck.Analyzers) {
		if !slices.Contains([]string{"ST1000", "ST1003", "ST1016", "ST1020", "ST1021", "ST1022"}, a.Analyzer.Name) {
			list = append(list, a.Analyzer)
		}
	}
	return list
}

// Two linters are not analyzers.
var (
	makezeros  = &analysis.Analyzer{Name: "makezero", Doc: "-", Run: checkMakes}
	unconverts = &analysis.Analyzer{Name: "unconvert", Doc: "-", Run: checkConversions}
)

func checkMakes(pass *analysis.Pass) (any, error) {
	var nodes []ast.Node
	for _, file := range pass.Files {
		nodes = append(nodes, file)
	}
	issues, err := makezero.NewLinter(false).Run(pass.Fset, pass.TypesInfo, nodes...)
	for _, issue := range issues {
		pass.Reportf(issue.Pos(), "%s", issue.Details())
	}
	return nil, err
}

func checkConversions(pass *analysis.Pass) (any, error) {
	for _, at := range unconvert.Run(pass) {
		for _, file := range pass.Files {
			if f := pass.Fset.File(file.Pos()); f.Name() == at.Filename {
				pass.Reportf(f.LineStart(at.Line), "unnecessary conversion")
			}
		}
	}
	return nil, nil
}

func setOptions() error {
	for _, o := range options {
		if err := linters[o.linter][0].Flags.Set(o.name, o.value); err != nil {
			return err
		}
	}
	return nil
}
