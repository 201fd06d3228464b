package shardtest

import (
	"crypto/sha256"
	_ "embed" // for linkonce.sh
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

// fastVariable has the folder in which linkonce keeps linked programs, and workVariable the
// folder of the modules. Both are also passed to the workers of a fuzz test.
const (
	fastVariable = "LINKONCE"
	workVariable = "LINKONCE_WORK"
	// SaltVariable has the text that linkonce adds to linked programs.
	SaltVariable = "LINKSALT"
)

// Build has the environment and the folder for builds of the tests.
type Build struct {
	Env  []string
	Work string // the folder of the tested modules
}

// Fast makes the builds of the tests fast. Half of the cost of go test for a small package is
// debug information and vet, and most of the rest is the compiler and the linker. Scripts
// that test these have other GOFLAGS. Compiled packages depend on the path of their folder.
// With the same path in each run, they come from the go command's cache, and linked programs
// come from the cache of linkonce. The go command finds a test result by the linked program and,
// before it links, by the inputs of the link. The salt of linkonce makes the programs of each run
// and script differ, but not these inputs. So it prevents only that a result of other inputs
// with the same program is reused, and a test that must not find a result in the cache needs
// -count=1 or a GOCACHE of its own.
var Fast = sync.OnceValues(func() (Build, error) {
	const flags = "GOFLAGS=-vet=off -ldflags=-s"
	kept, work := os.Getenv(fastVariable), os.Getenv(workVariable)
	if work == "" {
		var err error
		if kept, work, err = buildFolders(); err != nil {
			return Build{}, err
		}
		if err := errors.Join(os.Setenv(fastVariable, kept), os.Setenv(workVariable, work)); err != nil {
			return Build{}, err
		}
		ownedWork = work
	}
	if kept == "" {
		return Build{Env: []string{flags}, Work: work}, nil
	}
	program := filepath.Join(work, "linkonce")
	if ownedWork != "" {
		if err := errors.Join(writeLinkonce(program), writeGo(filepath.Join(work, "bin"))); err != nil {
			return Build{}, err
		}
	}
	return Build{Env: []string{flags + " -toolexec=" + program, fastVariable + "=" + kept}, Work: work}, nil
})

//go:embed linkonce.sh
var linkonce string

// writeLinkonce writes the program for -toolexec, with the versions of the installed tools.
func writeLinkonce(program string) error {
	dir, err := exec.Command("go", "env", "GOTOOLDIR").Output()
	if err != nil {
		return fmt.Errorf("finding the tools of the go command: %w", err)
	}
	var versions strings.Builder
	for _, name := range []string{"asm", "cgo", "compile", "cover", "link", "vet"} {
		tool := filepath.Join(strings.TrimSpace(string(dir)), name)
		version, err := exec.Command(tool, "-V=full").Output()
		if err != nil {
			return fmt.Errorf("asking %s for its version: %w", tool, err)
		}
		fmt.Fprintf(&versions, "%s) echo %s; exit ;;\n", quoted(tool), quoted(strings.TrimSpace(string(version))))
	}
	return os.WriteFile(program, []byte(strings.Replace(linkonce, "VERSIONS", strings.TrimSpace(versions.String()), 1)), 0o700)
}

// quoted quotes a word for the shell.
func quoted(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }

// writeGo writes a go command into a folder for the PATH. It runs the real go command without
// garbage collection, which is a fifth of the cost of go test for a small package. It has the
// path of test2json, because a query for it, which reruns need, takes as long as a go test.
func writeGo(bin string) error {
	path, err := exec.LookPath("go")
	if err != nil {
		return err
	}
	test2json, err := exec.Command(path, "tool", "-n", "test2json").Output()
	if err != nil {
		return err
	}
	script := "#!/bin/sh\nif [ \"$*\" = 'tool -n test2json' ]; then echo " + quoted(strings.TrimSpace(string(test2json))) + "; exit; fi\n" +
		"GOGC=off exec " + quoted(path) + " \"$@\"\n"
	return errors.Join(os.Mkdir(bin, 0o700), os.WriteFile(filepath.Join(bin, "go"), []byte(script), 0o700))
}

// Path returns a PATH with that go command before the folders of path.
func (b Build) Path(path string) string {
	if runtime.GOOS == "windows" {
		return path
	}
	return filepath.Join(b.Work, "bin") + string(filepath.ListSeparator) + path
}

// Go returns the path of that go command.
func Go(tb testing.TB) string {
	tb.Helper()
	b := Builds(tb)
	return filepath.Join(b.Work, "bin", "go")
}

// MemoryDir creates a folder for many files, in memory if possible. It has the same name in
// each run that has the same folder of modules, so that a run removes the folder of an earlier
// run that was killed. There is one per process.
func (b Build) MemoryDir() (string, error) {
	dir := filepath.Join(b.Work, "memory")
	if folder := memoryFolder(); folder != "" {
		name := sha256.Sum256([]byte(b.Work))
		dir = filepath.Join(folder, fmt.Sprintf("gotestshard-tests-%d-%x", os.Getuid(), name[:4]))
		if err := ownFolder(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		RemoveTree(dir)
	}
	return dir, os.Mkdir(dir, 0o700) // fails if another user is faster
}

// ownedWork is the folder of the modules if this process has created it.
var ownedWork string

// removeWork is called at the end of the test binary.
func removeWork() {
	if ownedWork != "" {
		_ = os.RemoveAll(ownedWork)
	}
}

// runSalt is different in each process.
var runSalt = fmt.Sprintf("\n%d %d ", os.Getpid(), time.Now().UnixNano())

// BuildEnv returns the environment for builds of a test.
func BuildEnv(tb testing.TB) []string {
	tb.Helper()
	env := Builds(tb).Env
	if runtime.GOOS == "linux" { // other systems do not run a program with a salt at its end
		env = append(env, SaltVariable+"="+runSalt+tb.Name())
	}
	return env
}

// Builds returns the builds of this process.
func Builds(tb testing.TB) Build {
	tb.Helper()
	b, err := Fast()
	if err != nil {
		tb.Fatal(err)
	}
	b.Env = slices.Clip(b.Env)
	return b
}

// ModuleDir is like t.TempDir, but returns the same path in each run of the tests, so that
// builds in it come from the cache.
func ModuleDir(tb testing.TB) string {
	tb.Helper()
	if runtime.GOOS == "windows" {
		return tb.TempDir()
	}
	name := filepath.Join(Builds(tb).Work, strings.NewReplacer("/", "_", " ", "_").Replace(tb.Name()))
	dir := name
	for i := 2; ; i++ {
		err := os.Mkdir(dir, 0o700)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrExist) {
			tb.Fatal(err)
		}
		dir = fmt.Sprint(name, "-", i)
	}
	tb.Cleanup(func() {
		RemoveTree(dir)
	})
	return dir
}
