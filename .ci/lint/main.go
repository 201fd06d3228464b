// Lint looks for mistakes in the packages and tests of all modules, on each system. It reads the
// source of what is imported instead of compiling it, to be fast without a build cache.
package main

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/packages"
	"honnef.co/go/tools/unused"
)

const example = "shard/testdata/postgres"

var (
	systems = []string{"linux", "darwin", "windows"}
	modules = []string{".", "shard/worker", example, ".ci/browser"}
)

func main() {
	debug.SetGCPercent(150) // most of the memory is needed until the end of a system
	findings, err := run()
	for _, f := range findings {
		fmt.Printf("%s:%d: %s (%s)\n", f.file, f.line, f.message, f.linter)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	if err != nil || len(findings) > 0 {
		os.Exit(1)
	}
}

type finding struct {
	file    string
	line    int
	linter  string
	message string
}

// run returns what is wrong and not an exception.
func run() ([]finding, error) {
	if err := setOptions(); err != nil {
		return nil, err
	}
	all := results{found: map[finding]bool{}, used: map[finding]bool{}, files: map[string]bool{}}
	for _, system := range systems {
		if err := all.addSystem(system); err != nil {
			return nil, err
		}
	}
	for f, used := range all.used {
		if !used {
			all.found[f] = true
		}
	}
	if err := all.addConventions(); err != nil {
		return nil, err
	}
	exceptions, err := all.addFiles()
	if err != nil {
		return nil, err
	}
	findings := slices.Collect(maps.Keys(all.found))
	findings = slices.DeleteFunc(findings, func(f finding) bool {
		excepted := false
		for _, e := range exceptions {
			if e.covers(f) {
				e.used, excepted = true, true
			}
		}
		return excepted
	})
	for _, e := range exceptions {
		if !e.used {
			findings = append(findings, finding{e.file, e.line, "nolintlint",
				"an exception is //nolint:linter // reason, in a line where that linter finds something"})
		}
	}
	slices.SortFunc(findings, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.line, b.line), cmp.Compare(a.message, b.message))
	})
	return findings, nil
}

type results struct {
	found    map[finding]bool
	used     map[finding]bool // by the finding that it is unused: whether it is used on any system
	files    map[string]bool
	packages [][]string // the files of each
}

// addSystem applies all analyzers to the packages with files that no system before had, and
// those of go vet to the others too.
func (r *results) addSystem(system string) error {
	l := newLoader(system)
	var known, fresh []*packages.Package
	for _, dir := range modules {
		list, err := l.load(dir)
		if err != nil {
			return err
		}
		for _, p := range list {
			files := make([]string, len(p.GoFiles))
			for i, name := range p.GoFiles {
				files[i] = relative(name)
			}
			if !slices.ContainsFunc(files, func(name string) bool { return !r.files[name] }) {
				known = append(known, p)
				continue
			}
			fresh = append(fresh, p)
			r.packages = append(r.packages, files)
			for _, name := range files {
				r.files[name] = true
			}
		}
	}
	if err := r.analyze(l, known, map[string][]*analysis.Analyzer{"vet": vet}); err != nil {
		return err
	}
	return r.analyze(l, fresh, linters)
}

func (r *results) analyze(l *loader, list []*packages.Package, linters map[string][]*analysis.Analyzer) error {
	linterOf := map[*analysis.Analyzer]string{}
	for name, analyzers := range linters {
		for _, a := range analyzers {
			linterOf[a] = name
		}
	}
	graph, err := checker.Analyze(slices.Collect(maps.Keys(linterOf)), list, nil)
	if err != nil {
		return err
	}
	for _, action := range graph.Roots {
		if action.Err != nil {
			return fmt.Errorf("%s for %s: %w", action, l.system, action.Err)
		}
		linter := linterOf[action.Analyzer]
		for _, d := range action.Diagnostics {
			at := l.fset.Position(d.Pos)
			r.found[finding{relative(at.Filename), at.Line, linter, action.Analyzer.Name + ": " + d.Message}] = true
		}
		if result, ok := action.Result.(unused.Result); ok {
			r.addUsed(result.Used, linter, true)
			r.addUsed(result.Unused, linter, false)
		}
	}
	return nil
}

func (r *results) addUsed(objects []unused.Object, linter string, used bool) {
	for _, o := range objects {
		f := finding{relative(o.Position.Filename), o.Position.Line, linter, o.Name + " is not used"}
		r.used[f] = r.used[f] || used
	}
}

// relative returns a shorter name for a file of ours.
func relative(name string) string {
	if dir, err := os.Getwd(); err == nil {
		if short, err := filepath.Rel(dir, name); err == nil {
			return short
		}
	}
	return name
}
