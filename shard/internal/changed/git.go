package changed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/affected"
	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/process"
)

// repository is the git repository that a run is in.
type repository struct {
	ctx     context.Context
	env     environ.List
	root    string // absolute, without symbolic links
	shallow bool

	commit  string          // what is compared with
	folders map[string]bool // that the commit has, nil if they were not listed yet
	real    map[string]string
	texts   map[string][]byte // of files in the commit
}

// open returns the repository around a folder, empty for the current one.
func open(ctx context.Context, env environ.List, dir string) (*repository, error) {
	r := &repository{ctx: ctx, env: env.ForGit(), root: dir, real: map[string]string{}, texts: map[string][]byte{}}
	out, err := r.git("rev-parse", "--show-toplevel", "--is-shallow-repository")
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return nil, errors.New("--changed needs git, which is not on the PATH")
	case err != nil && strings.Contains(err.Error(), "not a git repository"):
		return nil, errors.New("--changed compares with a commit, and the folder is not in a git repository; leave out --changed to run everything")
	case err != nil:
		return nil, fmt.Errorf("--changed: %w", err)
	}
	top, shallow, _ := strings.Cut(strings.TrimSpace(out), "\n")
	r.root, r.shallow = filepath.FromSlash(top), shallow == "true"
	if real, err := filepath.EvalSymlinks(r.root); err == nil {
		r.root = real
	}
	return r, nil
}

// git runs a git command in the root and returns what it prints.
func (r *repository) git(args ...string) (string, error) { return r.gitWith(nil, args...) }

func (r *repository) gitWith(stdin io.Reader, args ...string) (string, error) {
	out, errs, err := process.Ask(r.ctx, func() *exec.Cmd {
		command := exec.Command("git", append([]string{"--no-optional-locks"}, args...)...)
		command.Dir, command.Env, command.Stdin = r.root, r.env, stdin
		return command
	})
	if err != nil {
		return string(out), fmt.Errorf("git %s: %w: %s", strings.Join(args, " "), err, bytes.TrimSpace(errs))
	}
	return string(out), nil
}

// resolve returns the commit that a name means.
func (r *repository) resolve(name string) (commit string, ok bool) {
	if strings.HasPrefix(name, "-") {
		return "", false
	}
	out, err := r.git("rev-parse", "--verify", "--quiet", name+"^{commit}")
	return strings.TrimSpace(out), err == nil
}

// mains are the names of main branches.
var mains = []string{"origin/HEAD", "origin/main", "origin/master", "main", "master"}

// base returns the commit to compare with: where the history of the work tree left that of ref.
// If there is no such commit, it returns why everything runs. shown is what it is in words.
func (r *repository) base(ref string) (commit, shown, everything string, err error) {
	names := []string{ref}
	if ref == option.ChangedFromMain {
		names = mains
	}
	i := slices.IndexFunc(names, func(name string) bool { _, ok := r.resolve(name); return ok })
	switch {
	case i < 0 && r.ctx.Err() != nil:
		return "", "", "", context.Cause(r.ctx)
	case i < 0 && ref == option.ChangedFromMain:
		return "", "", "", fmt.Errorf("--changed: none of the branches %s exists to compare with; write --changed=REF, or --changed=HEAD for what is not committed%s",
			strings.Join(names, ", "), r.hint())
	case i < 0:
		return "", "", "", fmt.Errorf("--changed=%s: there is no such commit or branch%s", ref, r.hint())
	}
	ref = names[i]
	if ref == "HEAD" {
		r.commit, _ = r.resolve(ref)
		return r.commit, "HEAD", "", nil
	}
	out, err := r.git("merge-base", ref, "HEAD")
	switch {
	case err == nil:
		r.commit = strings.TrimSpace(out)
		return r.commit, fmt.Sprintf("%.10s, where HEAD left %s", r.commit, ref), "", nil
	case r.ctx.Err() != nil:
		return "", "", "", context.Cause(r.ctx)
	case r.shallow:
		return "", ref, "the clone is shallow and does not reach back to where HEAD left " + ref + r.hint(), nil
	}
	r.commit, _ = r.resolve(ref)
	return r.commit, ref, "", nil
}

// hint says what to do about a missing commit.
func (r *repository) hint() string {
	if !r.shallow {
		return ""
	}
	return "; the clone is shallow: fetch the whole history, with fetch-depth: 0 in actions/checkout, GIT_DEPTH: 0 in GitLab, or git fetch --unshallow"
}

// misplaced returns an error if the first package is meant as the value of the flag.
func (r *repository) misplaced(base string, args gotest.Args) error {
	packages := args.Packages()
	if base != option.ChangedFromMain || len(packages) == 0 {
		return nil
	}
	name := packages[0]
	if _, err := os.Stat(name); err == nil {
		return nil
	}
	if _, ok := r.resolve(name); ok {
		return fmt.Errorf("%q is a commit or branch, not a package: write --changed=%s, with an equals sign", name, name)
	}
	return nil
}

// changes returns the files that differ from a commit, also those that git does not track yet.
func (r *repository) changes(commit string) ([]affected.Change, error) {
	differ, err := r.git("-c", "diff.relative=false", "diff", "--name-status", "-z", "--no-renames", "--no-ext-diff", "--ignore-submodules=none", commit, "--")
	if err != nil {
		return nil, fmt.Errorf("--changed: looking for what differs from %s: %w", commit, err)
	}
	untracked, err := r.git("ls-files", "-z", "--others", "--exclude-standard")
	if err != nil {
		return nil, fmt.Errorf("--changed: looking for untracked files: %w", err)
	}
	return parseChanges(differ, untracked), nil
}

// parseChanges reads the output of git diff --name-status -z and of git ls-files -z --others.
func parseChanges(differ, untracked string) []affected.Change {
	kinds := map[string]affected.Kind{}
	words := strings.Split(differ, "\x00")
	for i := 0; i+1 < len(words); i += 2 {
		kind := affected.Modified
		switch {
		case strings.HasPrefix(words[i], "A"):
			kind = affected.Added
		case strings.HasPrefix(words[i], "D"):
			kind = affected.Removed
		}
		kinds[words[i+1]] = kind
	}
	for name := range strings.SplitSeq(untracked, "\x00") {
		name = strings.TrimSuffix(name, "/") // another repository
		if name == "" {
			continue
		}
		if _, ok := kinds[name]; ok { // removed from the index, but still there
			kinds[name] = affected.Modified
		} else {
			kinds[name] = affected.Added
		}
	}
	var changes []affected.Change
	for name, kind := range kinds {
		changes = append(changes, affected.Change{Path: name, Kind: kind})
	}
	slices.SortFunc(changes, func(a, b affected.Change) int { return strings.Compare(a.Path, b.Path) })
	return changes
}

// before returns a file as it was.
func (r *repository) before(name string) ([]byte, error) {
	out, err := r.git("show", r.commit+":"+name)
	if err != nil {
		return nil, fmt.Errorf("--changed: reading %s as it was: %w", name, err)
	}
	return []byte(out), nil
}

func (r *repository) exists(name string) bool {
	_, err := os.Lstat(filepath.Join(r.root, filepath.FromSlash(name)))
	return err == nil
}

// existed reports whether the commit has a folder.
func (r *repository) existed(name string) bool {
	if r.folders == nil {
		r.folders = map[string]bool{".": true}
		out, _ := r.git("ls-tree", "-r", "-d", "-z", "--name-only", r.commit)
		for folder := range strings.SplitSeq(out, "\x00") {
			r.folders[folder] = true
		}
	}
	return r.folders[path.Clean(name)]
}

// ignored returns which of some files git ignores.
func (r *repository) ignored(names []string) map[string]bool {
	ignored := map[string]bool{}
	if len(names) == 0 {
		return ignored
	}
	out, _ := r.gitWith(strings.NewReader(strings.Join(names, "\x00")+"\x00"), "check-ignore", "-z", "--stdin") // it fails if it ignores none
	for name := range strings.SplitSeq(out, "\x00") {
		ignored[name] = name != ""
	}
	return ignored
}

// relative returns a path within the repository, with slashes and links followed, and whether
// it is there.
func (r *repository) relative(name string) (string, bool) {
	name, err := filepath.Abs(name)
	if err != nil {
		return "", false
	}
	rel, err := filepath.Rel(r.root, r.realPath(name))
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return "", false
	}
	return filepath.ToSlash(rel), true
}

// realPath follows the links of a path, as far as it exists.
func (r *repository) realPath(name string) string {
	if real, ok := r.real[name]; ok {
		return real
	}
	real, err := filepath.EvalSymlinks(name)
	if err != nil {
		real = name
		if dir := filepath.Dir(name); dir != name {
			real = filepath.Join(r.realPath(dir), filepath.Base(name))
		}
	}
	r.real[name] = real
	return real
}
