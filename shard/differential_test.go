package shard

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestDifferential runs gotestsum and gotestshard with the same command lines,
// on streams of testdata/streams that a small program plays (--raw-command) and
// on the module there, and compares all that comes out: standard output and
// error, files and the exit code. differential_cases_test.go has the command
// lines, differential_streams_test.go the streams, and
// differential_kept_test.go what differs on purpose.
func TestDifferential(t *testing.T) {
	p := buildPrograms(t)
	streams := loadStreams(t)
	dir := t.TempDir()
	writeStreams(t, dir, streams)
	cases := slices.Concat(cannedCases(streams), realCases())
	if len(cases) < fewestCases {
		t.Errorf("%d cases, there were %d once", len(cases), fewestCases)
	}
	_, _ = fmt.Printf("differential test: %d cases on %d streams\n", len(cases), len(streams))

	seen := map[string]bool{}
	kept := keptCount{counts: map[string]int{}}
	t.Run("cases", func(t *testing.T) {
		for _, c := range cases {
			name := c.name()
			if seen[name] {
				t.Errorf("%s is there twice", name)
			}
			seen[name] = true
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				c.env = append(c.env, "STREAMS="+dir)
				c.settle(streams)
				theirs, ours := p.both(t, c)
				if difference := compare(theirs, ours); !kept.allows(c, theirs, ours, difference) {
					t.Errorf("%s\ndiffers:%s", c.commandLine(), difference)
				}
			})
		}
	})
	kept.log(t, len(cases))
}

// diffCase is one command line.
type diffCase struct {
	play   string   // what replay plays, empty for the arguments as they are
	args   []string // before --raw-command, or all
	env    []string
	module bool // run in a copy of the module, with the go command
	stdin  string
	files  []string // streams that lie in the folder as NAME.json

	timeless bool // the stream has no times, so those that are shown are the clock's
	anyOrder bool // gotestsum's own order is another one each time
	chance   bool // what gotestsum shows is chance in other ways too
}

func (c diffCase) name() string {
	return strings.Join(slices.Concat(c.env, []string{c.play}, c.args), " ")
}

func (c diffCase) allArgs() []string {
	if c.play == "" {
		return c.args
	}
	return slices.Concat(c.args, []string{"--raw-command", "--", "replay", c.play})
}

func (c diffCase) commandLine() string {
	return fmt.Sprintf("%q with %q", c.allArgs(), c.env)
}

// settle finds out from the streams what may differ from run to run.
func (c *diffCase) settle(streams map[string]testStream) {
	c.anyOrder = c.anyOrder || c.module
	// It ends the run with tests unfinished, and shows the end of one of them.
	c.chance = c.chance || slices.ContainsFunc(c.args, func(arg string) bool { return strings.HasPrefix(arg, "--max-fails=") })
	for played := range strings.SplitSeq(c.play, ",") {
		name, _, _ := strings.Cut(played, ":")
		s := streams[name]
		c.timeless = c.timeless || s.timeless
		c.anyOrder = c.anyOrder || s.anyOrder
	}
}

// outcome is all that a run left.
type outcome struct {
	stdout, stderr string
	exit           int
	files          map[string]string
}

// programs are those under test and the folder they are in.
type programs struct{ dir, gotestsum, gotestshard string }

var builtPrograms = sync.OnceValues(func() (programs, error) {
	dir, err := os.MkdirTemp("", "differential")
	if err != nil {
		return programs{}, err
	}
	exe := ""
	if runtime.GOOS == "windows" {
		exe = ".exe"
	}
	p := programs{dir, filepath.Join(dir, "gotestsum"+exe), filepath.Join(dir, "gotestshard"+exe)}
	for file, pkg := range map[string]string{
		p.gotestsum: "gotest.tools/gotestsum", p.gotestshard: "github.com/gotestshard/gotestshard",
		filepath.Join(dir, "replay"+exe): "./testdata/streams/replay",
	} {
		if out, err := exec.Command("go", "build", "-o", file, pkg).CombinedOutput(); err != nil {
			return p, fmt.Errorf("building %s: %w\n%s", pkg, err, out)
		}
	}
	return p, nil
})

func buildPrograms(tb testing.TB) programs {
	tb.Helper()
	p, err := builtPrograms()
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// removePrograms is for the end of the test binary.
func removePrograms() {
	if p, err := builtPrograms(); err == nil {
		_ = os.RemoveAll(p.dir)
	}
}

// both returns what both programs do. Where that is chance it lets them try
// until they do the same once.
func (p programs) both(t testing.TB, c diffCase) (theirs, ours outcome) {
	t.Helper()
	theirs, ours = p.run(t, p.gotestsum, c), p.run(t, p.gotestshard, c)
	if !c.chance && !c.anyOrder {
		return theirs, ours
	}
	all := []outcome{theirs}
	for range 20 {
		for _, theirs := range all {
			if compare(theirs, ours) == "" {
				return theirs, ours
			}
		}
		all = append(all, p.run(t, p.gotestsum, c))
		ours = p.run(t, p.gotestshard, c)
	}
	return theirs, ours
}

// run runs one of the programs in a folder of its own, which has the module's
// go.mod, so that package names are shortened, a file and a folder that are in
// the way of reports.
func (p programs) run(t testing.TB, program string, c diffCase) outcome {
	t.Helper()
	// Not t.TempDir, which is removed at once: gotestsum leaves its command
	// running when it cannot write a file.
	dir, err := os.MkdirTemp(p.dir, "run")
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if c.module {
		must(os.CopyFS(dir, os.DirFS("testdata/streams/module")))
		must(os.Mkdir(filepath.Join(dir, "state"), 0o700))
	} else {
		must(os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/streams\n"), 0o600))
	}
	must(os.WriteFile(filepath.Join(dir, "file"), []byte("in the way\n"), 0o600))
	must(os.Mkdir(filepath.Join(dir, "folder"), 0o700))
	for _, name := range c.files {
		text, err := os.ReadFile(filepath.Join("testdata/streams/recorded", name+".out"))
		must(err)
		must(os.WriteFile(filepath.Join(dir, name+".json"), text, 0o600))
	}
	before := readFolder(t, dir)

	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, c.allArgs()...)
	cmd.Dir = dir
	cmd.Env = slices.Concat(scrubbedEnv(p.dir), []string{"STATE=" + filepath.Join(dir, "state")}, c.env)
	cmd.Stdin = strings.NewReader(c.stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		t.Fatal(program, err)
	}
	o := outcome{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode(), readFolder(t, dir)}
	for name, text := range before {
		if o.files[name] == text {
			delete(o.files, name)
		}
	}
	return c.normal(o, dir)
}

var goEnvironment = sync.OnceValue(func() []string {
	names := []string{"GOCACHE", "GOMODCACHE", "GOPATH"}
	out, _ := exec.Command("go", append([]string{"env"}, names...)...).Output()
	var env []string
	for i, value := range strings.Fields(string(out)) {
		env = append(env, names[i]+"="+value)
	}
	return env
})

// scrubbedEnv is an environment without what either program reads.
func scrubbedEnv(bin string) []string {
	env := []string{
		"PATH=" + bin + string(filepath.ListSeparator) + os.Getenv("PATH"), "TMPDIR=" + os.TempDir(), "TMP=" + os.TempDir(),
		"GOPROXY=off", "GOTOOLCHAIN=local", "GOENV=off", "GOWORK=off",
		"GOFLAGS=-count=1 -trimpath -vet=off -ldflags=-w", // what was compiled for one is there for the other, too
		"GOVERSION=go1.26", // else the JUnit file asks the go command
	}
	return append(env, goEnvironment()...)
}

// readFolder returns what is in a folder, a folder in it as the text "folder".
func readFolder(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			files[name] = "folder"
			return nil
		}
		text, err := os.ReadFile(path)
		files[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
