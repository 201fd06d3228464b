package differential

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

	"github.com/gotestshard/gotestshard/shard/internal/shardtest"
)

// outcome is the outcome of a run.
type outcome struct {
	stdout, stderr string
	exit           int
	files          map[string]string
}

// programs has the tested programs and their folder.
type programs struct {
	dir, gotestsum, gotestshard string
	borrowed                    bool // built by the process that started this one
}

// programsVariable passes the folder to the workers of a fuzz test. They are killed at the
// end, so they could not remove folders of their own.
const programsVariable = "DIFFERENTIAL_PROGRAMS"

var builtPrograms = sync.OnceValues(func() (programs, error) {
	exe := ""
	if runtime.GOOS == "windows" {
		exe = ".exe"
	}
	in := func(dir string) programs {
		return programs{dir: dir, gotestsum: filepath.Join(dir, "gotestsum"+exe), gotestshard: filepath.Join(dir, "gotestshard"+exe)}
	}
	if dir := os.Getenv(programsVariable); dir != "" {
		p := in(dir)
		p.borrowed = true
		return p, nil
	}
	b, err := shardtest.Fast()
	if err != nil {
		return programs{}, err
	}
	dir, err := b.MemoryDir()
	if err != nil {
		return programs{}, err
	}
	p := in(dir)
	if err := os.Mkdir(p.tmp(), 0o700); err != nil {
		return programs{}, err
	}
	for file, pkg := range map[string]string{
		p.gotestsum: "gotest.tools/gotestsum", p.gotestshard: "github.com/gotestshard/gotestshard",
		filepath.Join(dir, "replay"+exe): "github.com/gotestshard/gotestshard/shard/testdata/streams/replay",
	} {
		// Without -race, which GOFLAGS may contain, because such a program takes a second to exit.
		cmd := exec.Command("go", "build", "-race=false", "-buildvcs=false", "-o", file, pkg)
		cmd.Env = append(os.Environ(), b.Env...)
		if out, err := cmd.CombinedOutput(); err != nil {
			return p, fmt.Errorf("building %s: %w\n%s", pkg, err, out)
		}
	}
	return p, os.Setenv(programsVariable, dir)
})

// tmp is the folder for temporary files.
func (p programs) tmp() string { return filepath.Join(p.dir, "tmp") }

func buildPrograms(tb testing.TB) programs {
	tb.Helper()
	p, err := builtPrograms()
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// removePrograms is called at the end of the test binary.
func removePrograms() {
	if os.Getenv(programsVariable) == "" {
		return // nothing was built
	}
	if p, err := builtPrograms(); err == nil && !p.borrowed {
		_ = os.RemoveAll(p.dir)
	}
}

// run runs one of the programs.
func (p programs) run(t testing.TB, program string, c diffCase) outcome {
	t.Helper()
	return p.runWith(t, c, func(dir string, args, env []string) (stdout, stderr string, exit int) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, program, args...)
		cmd.Dir, cmd.Env = dir, env
		cmd.Stdin = strings.NewReader(c.stdin)
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		err := cmd.Run()
		if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
			t.Fatal(program, err)
		}
		return out.String(), errs.String(), cmd.ProcessState.ExitCode()
	})
}

const streamsModule = "module example.com/streams\n"

// runWith runs a case in a folder of its own. The folder has the go.mod of the module, so
// that package names are shortened, and a file and a folder that block paths of reports.
func (p programs) runWith(t testing.TB, c diffCase, run func(dir string, args, env []string) (stdout, stderr string, exit int)) outcome {
	t.Helper()
	// Not t.TempDir, because its folder must be removable at the end: gotestsum leaves its
	// command running if it cannot write a file.
	dir, err := os.MkdirTemp(p.dir, "run")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if c.module {
		must(os.CopyFS(dir, os.DirFS(filepath.Join(streamsFolder, "module"))))
		must(os.Mkdir(filepath.Join(dir, "state"), 0o700))
	} else {
		must(os.WriteFile(filepath.Join(dir, "go.mod"), []byte(streamsModule), 0o600))
	}
	must(os.WriteFile(filepath.Join(dir, "file"), []byte("in the way\n"), 0o600))
	must(os.Mkdir(filepath.Join(dir, "folder"), 0o700))
	for _, name := range c.files {
		text, err := os.ReadFile(filepath.Join(streamsFolder, "recorded", name+".out"))
		must(err)
		must(os.WriteFile(filepath.Join(dir, name+".json"), text, 0o600))
	}
	before := readFolder(t, dir)

	env := slices.Concat(scrubbedEnv(t, p), []string{"STATE=" + filepath.Join(dir, "state")}, c.env)
	stdout, stderr, exit := run(dir, c.allArgs(), env)
	o := outcome{stdout, stderr, exit, readFolder(t, dir)}
	for name, text := range before {
		if o.files[name] == text {
			delete(o.files, name)
		}
	}
	return c.normal(o, dir)
}

// scrubbedEnv returns an environment without the variables that either program reads.
func scrubbedEnv(tb testing.TB, p programs) []string {
	tb.Helper()
	fast := shardtest.BuildEnv(tb)
	env := append([]string{
		"PATH=" + p.dir + string(filepath.ListSeparator) + os.Getenv("PATH"), "TMPDIR=" + p.tmp(), "TMP=" + p.tmp(),
		"GOPROXY=off", "GOTOOLCHAIN=local", "GOENV=off", "GOWORK=off",
		"GOVERSION=go1.26", // otherwise the JUnit file runs the go command
	}, fast...)
	// With -trimpath, packages compiled for one folder are reused for another one.
	env = append(env, strings.Replace(fast[0], "GOFLAGS=", "GOFLAGS=-count=1 -trimpath ", 1))
	return append(env, shardtest.GoEnvironment()...)
}

// readFolder returns the files of a folder. A folder in it has the text "folder".
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
