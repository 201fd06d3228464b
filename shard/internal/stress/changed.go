package stress

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/listing"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/process"
	"github.com/gotestshard/gotestshard/shard/internal/suite"
)

// changed returns the top-level tests, by package, that were added or edited since this branch
// left a commit, in commits or in files that are not committed yet. A test counts as edited if a
// function, type or variable of test files that it uses was.
func changed(ctx context.Context, asked option.Stress) (map[string][]string, error) {
	settings, err := gotest.ReadSettings(ctx, asked.Environ, asked.Dir, asked.Args)
	if err != nil {
		return nil, err
	}
	packages, err := suite.List(ctx, suite.Query{
		Dir: asked.Dir, Env: asked.GoEnvironment(), Args: asked.Args, Packages: listing.WorkerPackages(asked.GoTest, asked.Environ), Overlay: settings.Overlay,
	})
	if err != nil {
		return nil, fmt.Errorf("looking for changed tests: %w", err)
	}
	r, err := openRepository(ctx, asked.Environ, settings.Dir, asked.Changed)
	if err != nil {
		return nil, fmt.Errorf("looking for changed tests: %w", err)
	}
	tests := map[string][]string{}
	for _, pkg := range packages {
		dir, ok := r.within(pkg.Dir)
		switch {
		case !ok || len(r.changed[dir]) == 0:
			continue
		case pkg.Problem != nil:
			return nil, exit.Error{Code: exit.Failed, Reason: fmt.Sprintf("looking for changed tests of %s: %v", pkg.ImportPath, pkg.Problem)}
		}
		now, before, err := r.declarations(pkg.Dir, dir)
		if err != nil {
			return nil, fmt.Errorf("looking for changed tests of %s: %w", pkg.ImportPath, err)
		}
		edited := now.edited(before)
		for _, test := range pkg.Tests {
			if now.reaches(test.Name, edited) {
				tests[pkg.ImportPath] = append(tests[pkg.ImportPath], test.Name)
			}
		}
	}
	return tests, nil
}

// repository is a git repository and the test files that differ from a commit.
type repository struct {
	ctx    context.Context
	env    environ.List
	root   string
	commit string
	// changed are the base names of test files by their folder, as a path with slashes from the root.
	changed map[string][]string
}

// openRepository finds out what differs in the repository of a folder from the commit where the
// branch left another one.
func openRepository(ctx context.Context, env environ.List, dir, other string) (*repository, error) {
	r := &repository{ctx: ctx, env: env.ForGit(), root: dir, changed: map[string][]string{}}
	root, err := r.git("rev-parse", "--show-toplevel")
	if err != nil {
		return nil, err
	}
	r.root = filepath.FromSlash(strings.TrimSpace(string(root)))
	if resolved, err := filepath.EvalSymlinks(r.root); err == nil {
		r.root = resolved
	}
	commit, err := r.git("merge-base", "--end-of-options", other, "HEAD")
	if err != nil {
		return nil, fmt.Errorf("%w; --changed needs a commit that git knows, such as origin/main (a CI may have to fetch more of the history)", err)
	}
	r.commit = strings.TrimSpace(string(commit))
	differ, err := r.git("diff", "--name-only", "--no-renames", "--no-ext-diff", "-z", r.commit, "--", "*_test.go")
	if err != nil {
		return nil, err
	}
	added, err := r.git("ls-files", "--others", "--exclude-standard", "-z", "--", "*_test.go")
	if err != nil {
		return nil, err
	}
	for name := range strings.SplitSeq(string(differ)+string(added), "\x00") {
		if name != "" {
			r.changed[path.Dir(name)] = append(r.changed[path.Dir(name)], path.Base(name))
		}
	}
	return r, nil
}

// git returns what git prints, in the root.
func (r *repository) git(args ...string) ([]byte, error) {
	out, errs, err := process.Ask(r.ctx, func() *exec.Cmd {
		cmd := exec.Command("git", append([]string{"--no-optional-locks"}, args...)...)
		cmd.Dir, cmd.Env = r.root, r.env
		return cmd
	})
	if err != nil {
		return nil, fmt.Errorf("git %s: %w: %s", args[0], err, bytes.TrimSpace(errs))
	}
	return out, nil
}

// within returns a folder as a path with slashes from the root.
func (r *repository) within(dir string) (string, bool) {
	if resolved, err := filepath.EvalSymlinks(dir); err == nil {
		dir = resolved
	}
	rel, err := filepath.Rel(r.root, dir)
	return filepath.ToSlash(rel), err == nil && filepath.IsLocal(rel)
}

// declarations returns what the test files of a folder declare now and what they did.
func (r *repository) declarations(dir, within string) (now, before declarations, err error) {
	now, before = declarations{}, declarations{}
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, file := range files {
		if file.IsDir() || !strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, file.Name()))
		if err != nil {
			return nil, nil, err
		}
		now.add(text)
		if !slices.Contains(r.changed[within], file.Name()) {
			before.add(text)
		}
	}
	for _, name := range slices.Sorted(slices.Values(r.changed[within])) {
		text, err := r.git("cat-file", "blob", r.commit+":"+path.Join(within, name))
		if err == nil { // otherwise the file is new
			before.add(text)
		} else if r.ctx.Err() != nil {
			return nil, nil, err
		}
	}
	return now, before, nil
}

// named returns the names of tests, the first ones if there are many.
func named(tests map[string][]string) string {
	const most = 10
	var names []string
	for _, pkg := range slices.Sorted(maps.Keys(tests)) {
		for _, test := range tests[pkg] {
			names = append(names, pkg+"."+test)
		}
	}
	text := strings.Join(names[:min(most, len(names))], ", ")
	if more := len(names) - most; more > 0 {
		text += ", and " + plain.Counted(more, "other test")
	}
	return text
}
