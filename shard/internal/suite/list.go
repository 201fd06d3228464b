package suite

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/process"
)

// Query is a go test command whose tests are listed.
type Query struct {
	// Dir is the folder in which the command starts, empty for the current one.
	Dir string
	// Env is its environment, nil for that of this process.
	Env []string
	// Args and Packages are as for gotest.HookedCommand.
	Args     gotest.Args
	Packages []string
	// Overlay is the file of go test's -overlay (gotest.Settings.Overlay), empty
	// for none.
	Overlay string
}

// listed is what go list prints for one package.
type listed struct {
	ImportPath, Dir           string
	GoFiles, CgoFiles         []string
	TestGoFiles, XTestGoFiles []string
	Error                     *struct{ Pos, Err string }
}

// List returns the packages that the command tests, in the order of go list. A package that
// cannot be read is included, with a Problem. An error means that nothing could be listed.
// List starts one go list, which ends when ctx does, and reads the test files.
func List(ctx context.Context, query Query) ([]Package, error) {
	overlay, err := readOverlay(query)
	if err != nil {
		return nil, err
	}
	found, err := goList(ctx, query)
	if err != nil {
		return nil, err
	}
	files := make([][]*file, len(found))
	var reading errgroup.Group
	reading.SetLimit(runtime.GOMAXPROCS(0))
	outside := make([][]Warning, len(found))
	code := make([]needs, len(found)) // of files that are not test files
	for i, pkg := range found {
		if len(pkg.TestGoFiles)+len(pkg.XTestGoFiles) > 0 {
			reading.Go(func() error {
				entries, _ := os.ReadDir(pkg.Dir) // it may exist only in -overlay
				outside[i] = elsewhere(pkg.Dir, entries)
				for _, name := range slices.Concat(pkg.GoFiles, pkg.CgoFiles) {
					path := filepath.Join(pkg.Dir, name)
					code[i].add(readNeeds(path, cmp.Or(overlay[path], path)))
				}
				return nil
			})
		}
		files[i] = make([]*file, len(pkg.TestGoFiles)+len(pkg.XTestGoFiles))
		for k, name := range slices.Concat(pkg.TestGoFiles, pkg.XTestGoFiles) {
			reading.Go(func() error {
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				path := filepath.Join(pkg.Dir, name)
				files[i][k] = readFile(path, cmp.Or(overlay[path], path))
				files[i][k].external = k >= len(pkg.TestGoFiles)
				return nil
			})
		}
	}
	if err := reading.Wait(); err != nil {
		return nil, fmt.Errorf("reading test files: %w", err)
	}
	packages := make([]Package, len(found))
	for i, pkg := range found {
		packages[i] = assemble(pkg, files[i])
		packages[i].Warnings = append(packages[i].Warnings, outside[i]...)
		packages[i].need(code[i])
	}
	return packages, nil
}

// goList runs go list.
func goList(ctx context.Context, query Query) ([]listed, error) {
	args := gotest.ListCommand(query.Args, query.Packages, "ImportPath,Dir,GoFiles,CgoFiles,TestGoFiles,XTestGoFiles,Error")
	stdout, stderr, err := process.Ask(ctx, func() *exec.Cmd {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir, cmd.Env = query.Dir, query.Env
		return cmd
	})
	failed := func(err error) error {
		return fmt.Errorf("listing the packages to test with %q: %w%s", strings.Join(args, " "), err,
			strings.TrimRight("\n"+string(stderr), "\n"))
	}
	if err != nil {
		return nil, failed(err)
	}
	var packages []listed
	for decoder := json.NewDecoder(bytes.NewReader(stdout)); ; {
		var pkg listed
		err := decoder.Decode(&pkg)
		if errors.Is(err, io.EOF) {
			return packages, nil
		}
		if err != nil {
			return nil, failed(fmt.Errorf("reading what it printed: %w", err))
		}
		packages = append(packages, pkg)
	}
}

// readOverlay returns the files to read instead of others, by absolute path.
// cmd/go/internal/fsys defines the format.
func readOverlay(query Query) (map[string]string, error) {
	if query.Overlay == "" {
		return nil, nil
	}
	text, err := os.ReadFile(query.Overlay)
	if err != nil {
		return nil, fmt.Errorf("reading the file of -overlay: %w", err)
	}
	var content struct{ Replace map[string]string }
	if err := json.Unmarshal(text, &content); err != nil {
		return nil, fmt.Errorf("reading the file of -overlay %s: %w", query.Overlay, err)
	}
	dir, err := filepath.Abs(query.Dir)
	if err != nil {
		return nil, fmt.Errorf("finding the folder for -overlay: %w", err)
	}
	if change, ok := query.Args.Lookup("C"); ok {
		dir = within(dir, change)
	}
	overlay := map[string]string{}
	for from, to := range content.Replace {
		if to != "" {
			overlay[within(dir, from)] = within(dir, to)
		}
	}
	return overlay, nil
}

func within(dir, name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(dir, name)
}

// assemble makes a package from the results of go list and its test files.
func assemble(found listed, files []*file) Package {
	pkg := Package{ImportPath: found.ImportPath, Dir: found.Dir}
	if found.Error != nil {
		pkg.Problem = errors.New(strings.TrimPrefix(found.Error.Pos+": "+found.Error.Err, ": "))
	}
	mains := 0
	for _, f := range files {
		pkg.Serial = pkg.Serial || f.marks.Serial
		pkg.Together = pkg.Together || f.marks.Together
		pkg.Warnings = append(pkg.Warnings, f.marks.Warnings...)
		pkg.Hides = cmp.Or(pkg.Hides, f.hides)
		pkg.need(f.needs)
		if pkg.Problem == nil {
			pkg.Problem = f.problem
		}
		if f.main != nil {
			mains++
			pkg.Hides = cmp.Or(hides(f, files), pkg.Hides)
			pkg.OwnEnd = ownEnd(f, files)
		}
	}
	if mains > 1 && pkg.Problem == nil {
		pkg.Problem = errors.New("multiple definitions of TestMain") // the go command's own words
	}
	for _, kind := range kinds {
		pkg.addTests(files, kind)
	}
	return pkg
}

// need adds what one of the package's files needs.
func (p *Package) need(n needs) {
	p.Whole = cmp.Or(p.Whole, n.whole)
	p.WholeCovered = cmp.Or(p.WholeCovered, n.covered)
}

func (p *Package) addTests(files []*file, kind Kind) {
	index := map[string]int{}
	for _, f := range files {
		for _, test := range f.tests {
			if test.Kind != kind {
				continue
			}
			i, known := index[test.Name]
			if !known {
				index[test.Name] = len(p.Tests)
				p.Tests = append(p.Tests, test)
				continue
			}
			first := &p.Tests[i]
			if first.Group != "" && test.Group != "" && first.Group != test.Group {
				p.Warnings = append(p.Warnings, Warning{File: f.path, Line: test.Line, Text: fmt.Sprintf(
					"%s is in the group %s here and in the group %s in %s, but -run selects both, so it is in the first only",
					test.Name, test.Group, first.Group, first.Files[0])})
			}
			first.Files = append(first.Files, test.Files...)
			first.Group = cmp.Or(first.Group, test.Group)
			first.Serial = first.Serial || test.Serial
			first.Split = first.Split || test.Split
		}
	}
}
