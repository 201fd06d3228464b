package changed

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/gotestshard/gotestshard/shard/internal/affected"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/uncached"
)

func TestParseChanges(t *testing.T) {
	got := parseChanges("M\x00a b.go\x00D\x00old.go\x00A\x00new.go\x00T\x00link\x00D\x00kept.go\x00", "un\ntracked\x00kept.go\x00other/\x00")
	want := []affected.Change{
		{Path: "a b.go"}, {Path: "kept.go"}, {Path: "link"}, {Path: "new.go", Kind: affected.Added},
		{Path: "old.go", Kind: affected.Removed}, {Path: "other", Kind: affected.Added}, {Path: "un\ntracked", Kind: affected.Added},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if got := parseChanges("", ""); got != nil {
		t.Errorf("got %+v", got)
	}
}

// repo is a repository of a test. The oracle of the selection is in package affected; here are
// git, and what go list prints.
type repo struct {
	t    *testing.T
	dir  string
	opts option.Options
}

func newRepo(t *testing.T, files string) repo {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git")
	}
	dir := t.TempDir()
	r := repo{t: t, dir: filepath.Join(dir, "repo")}
	r.opts.Changed = "main"
	r.opts.Environ = append(os.Environ(), "GIT_CONFIG_GLOBAL="+filepath.Join(dir, "gitconfig"), "GIT_CONFIG_NOSYSTEM=1", "GOFLAGS=", "GOWORK=", "GOPROXY=off")
	r.put("../gitconfig", "[user]\nname = n\nemail = e\n[protocol \"file\"]\nallow = always\n")
	for _, file := range txtar.Parse([]byte(files)).Files {
		r.put(file.Name, string(file.Data))
	}
	r.git("init", "-q", "-b", "main")
	r.git("add", ".")
	r.git("commit", "-qm", "one")
	r.opts.Dir = r.dir
	return r
}

func (r repo) put(name, text string) {
	r.t.Helper()
	name = filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

func (r repo) git(args ...string) {
	r.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = r.dir, r.opts.Environ
	if out, err := cmd.CombinedOutput(); err != nil {
		r.t.Fatalf("git %q: %v\n%s", args, err, out)
	}
}

// reasons returns what runs, a line each.
func (r repo) reasons() string {
	r.t.Helper()
	found, err := Find(context.Background(), r.opts, nil) // ./... without arguments
	if err != nil {
		return "error: " + err.Error()
	}
	if found.Everything != "" {
		return "everything: " + found.Everything
	}
	return strings.Join(found.Lines(), "\n")
}

func (r repo) want(want string) {
	r.t.Helper()
	if got := r.reasons(); got != want {
		r.t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

const sources = `
-- go.mod --
module example.com/changed
go 1.26
require x.org/local v0.0.0
replace x.org/local => ./local
-- local/go.mod --
module x.org/local
go 1.26
-- local/local.go --
package local
-- low/low.go --
package low
-- low/low_test.go --
package low
import _ "testing"
-- low/tagged.go --
//go:build special
package low
-- high/high.go --
package high
import (
	_ "embed"
	_ "example.com/changed/low"
	_ "x.org/local"
)
//go:embed text
var text string
-- high/text --
1
-- high/high_test.go --
package high_test
import _ "example.com/changed/high"
-- alone/alone.go --
package alone
-- .gitignore --
gen.go
`

func TestFind(t *testing.T) {
	t.Parallel()
	r := newRepo(t, sources)
	r.want("")

	r.put("low/tagged.go", "//go:build special\npackage low // changed\n")
	r.want("high: low/tagged.go changed → low → high\nlow: low/tagged.go changed") // it may have been built before
	r.git("checkout", "-q", ".")

	r.git("checkout", "-qb", "work")
	r.git("mv", "low/low.go", "low/other.go")
	r.git("commit", "-qm", "two")
	r.put("high/text", "2\n")
	r.put("alone/new_test.go", "package alone\n")
	r.want("alone: alone/new_test.go is new\nhigh: high/text changed\nlow: low/low.go is gone")
	r.opts.Changed = "HEAD"
	r.want("alone: alone/new_test.go is new\nhigh: high/text changed\nlow: high/text changed, and what the tests read is not known: no run of it with -n is known")
	r.opts.Changed = option.ChangedFromMain
	r.opts.Args = []string{"./low"}
	r.want("low: low/low.go is gone")
	r.opts.Args = nil
	r.git("add", ".")
	r.git("commit", "-qm", "three")

	// What others have changed does not count.
	r.git("checkout", "-q", "main")
	r.put("alone/alone.go", "package alone // on main\n")
	r.git("commit", "-qam", "main")
	r.git("checkout", "-q", "work")
	r.want("alone: alone/new_test.go is new\nhigh: high/text changed\nlow: low/low.go is gone")

	r.opts.Changed = "HEAD"
	r.put("local/local.go", "package local // changed\n")
	r.put("local/go.mod", "module x.org/local\ngo 1.25\n")
	r.want("high: local/go.mod changed → x.org/local → high")
	r.put("alone/gen.go", "package alone\n")
	r.want("alone: alone/gen.go is ignored by git, so it is not known whether it has changed\nhigh: local/go.mod changed → x.org/local → high")
	r.put("go.mod", "module example.com/changed\ngo 1.25\nrequire x.org/local v0.0.0\nreplace x.org/local => ./local\n")
	r.want("everything: go.mod changed its go")
}

func TestSubmodulesAndLinks(t *testing.T) {
	t.Parallel()
	r := newRepo(t, sources)
	other := repo{t: t, dir: filepath.Join(r.dir, "..", "other"), opts: r.opts}
	other.put("sub.go", "package sub\n")
	other.git("init", "-q", "-b", "main")
	other.git("add", ".")
	other.git("commit", "-qm", "one")
	r.git("submodule", "--quiet", "add", other.dir, "sub")
	r.git("commit", "-qam", "two")
	r.want("")
	sub := repo{t: t, dir: filepath.Join(r.dir, "sub"), opts: r.opts}
	sub.put("sub.go", "package sub // changed\n")
	const want = "low: sub changed, and what the tests read is not known: no run of it with -n is known\nsub: sub changed"
	r.opts.Args = []string{"./low", "./sub", "./alone"}
	r.want(want)
	sub.git("commit", "-qam", "two")
	r.want(want)

	r.opts.Args = nil
	if err := os.Symlink("low", filepath.Join(r.dir, "link")); err != nil {
		t.Skip(err)
	}
	reads := (&repository{root: realDir(t, r.dir), real: map[string]string{}}).reads
	for name, want := range map[string]string{"low/low.go": "low/low.go", "link/low.go": "low/low.go", "link": "low link", "../x": "", "none/x": "none/x"} {
		var got []string
		for _, read := range reads(nameIn(r.dir, name)) {
			got = append(got, read.Path)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestShallowAndWrong(t *testing.T) {
	t.Parallel()
	r := newRepo(t, sources)
	r.git("checkout", "-qb", "work")
	r.git("commit", "-q", "--allow-empty", "-m", "two")
	clone := r
	clone.dir = filepath.Join(r.dir, "..", "clone")
	r.git("clone", "-q", "--depth", "1", "--no-single-branch", "file://"+filepath.ToSlash(r.dir), clone.dir)
	clone.opts.Dir, clone.opts.Changed = clone.dir, "origin/main"
	if got := clone.reasons(); !strings.HasPrefix(got, "everything: the clone is shallow and does not reach back to where HEAD left origin/main; ") {
		t.Error(got)
	}
	clone.opts.Changed = "origin/none"
	if got := clone.reasons(); !strings.HasPrefix(got, "error: --changed=origin/none: there is no such commit or branch; the clone is shallow: ") {
		t.Error(got)
	}
	r.opts.Changed = "--output=x"
	r.want("error: --changed=--output=x: there is no such commit or branch")
	r.opts.Changed, r.opts.Args = "main", []string{"low/low.go"}
	r.want("everything: the command names files and no package")
	r.opts.Args = []string{"-overlay=x.json", "./..."}
	if got := r.reasons(); !strings.HasPrefix(got, "everything: ") {
		t.Error(got)
	}
}

func realDir(t *testing.T, dir string) string {
	t.Helper()
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	return real
}

func nameIn(dir, name string) uncached.Name {
	return uncached.Name{Path: filepath.Join(dir, filepath.FromSlash(name))}
}

func TestNarrow(t *testing.T) {
	found := Found{Selection: affected.Selection{Packages: []affected.Selected{{Path: "m/a"}}, LeftOut: []string{"m/b"}}}
	all := found
	all.LeftOut = nil
	none := found
	none.Packages = nil
	for name, test := range map[string]struct {
		found Found
		args  string // of gotestshard
		want  string // the arguments of go test, and after a slash packages beside them
	}{
		"packages":   {found, "-n 2 --changed -- -race ./... -custom x", "m/a -race -custom x /"},
		"plain":      {found, "--changed", "m/a /"},
		"reruns":     {found, "--changed --rerun-fails --packages ./... -- -race", "-race / m/a"},
		"all":        {all, "-n 2 --changed ./...", "./... /"},
		"none":       {none, "-n 2 --changed ./...", "./... / nothing"},
		"several":    {found, "-n 2 --changed --partition 1/2 ./...", "./... /"},
		"everything": {Found{Selection: affected.Selection{Everything: "why", Packages: found.Packages}}, "--changed ./...", "./... /"},
	} {
		opts, err := option.Parse(strings.Fields(test.args), option.Call{Environ: []string{}})
		if err != nil {
			t.Fatal(err)
		}
		opts = test.found.Narrow(opts)
		got := strings.TrimSpace(strings.Join(opts.Args, " ")+" / "+strings.Join(opts.Packages, " ")) + map[bool]string{true: " nothing"}[opts.NothingChanged]
		if got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
		if len(opts.LeftOut) != len(test.found.LeftOut) || len(opts.LeftOut) > 0 && opts.NoTests != option.NoTestsPass {
			t.Errorf("%s: %q, %s", name, opts.LeftOut, opts.NoTests)
		}
	}
}

func TestSummary(t *testing.T) {
	one, two := make([]affected.Selected, 1), make([]affected.Selected, 2)
	for _, test := range []struct {
		run     []affected.Selected
		leftOut []string
		files   int
		want    string
	}{
		{nil, []string{"a", "b"}, 0, "nothing differs from HEAD, so none of 2 packages runs"},
		{nil, []string{"a"}, 0, "nothing differs from HEAD, so the only package does not run"},
		{nil, []string{"a", "b"}, 1, "none of 2 packages runs: 1 file differs from HEAD, and that concerns none of them"},
		{nil, []string{"a"}, 1, "the only package does not run: 1 file differs from HEAD, and that does not concern it"},
		{one, nil, 1, "the only package runs: 1 file differs from HEAD"},
		{one, []string{"b"}, 1, "1 of 2 packages runs: 1 file differs from HEAD"},
		{two, []string{"c"}, 1, "2 of 3 packages run: 1 file differs from HEAD"},
		{two, nil, 2, "all of 2 packages run: 2 files differ from HEAD"},
	} {
		found := Found{Selection: affected.Selection{Packages: test.run, LeftOut: test.leftOut}, Ref: "HEAD", Files: test.files}
		if got := found.Summary(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
