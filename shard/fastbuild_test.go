package shard

import (
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

// fastVariable is for linkonce: the folder with what it keeps. The folder is handed on
// to the workers of a fuzz test, as is that of the modules, workVariable.
const (
	fastVariable = "LINKONCE"
	workVariable = "LINKONCE_WORK"
	saltVariable = "LINKSALT"
)

// builds is where the tests build.
type builds struct {
	env  []string
	work string // the folder of the modules that are tested
}

// fastBuild is how the scripts build: half of what a go test of a small package costs is
// its debug information and vet, and most of the rest is the compiler and the linker.
// Scripts about those have other GOFLAGS. What is compiled depends on the folder that it
// is in: in a folder that is the same each time it comes out of the go command's cache, and
// so does what is linked out of that of linkonce. That no result of a test does, neither
// from the last time nor from another script, is what linkonce's salt is for.
var fastBuild = sync.OnceValues(func() (builds, error) {
	const flags = "GOFLAGS=-vet=off -ldflags=-s"
	kept, work := os.Getenv(fastVariable), os.Getenv(workVariable)
	if work == "" {
		var err error
		if kept, work, err = buildFolders(); err != nil {
			return builds{}, err
		}
		if err := errors.Join(os.Setenv(fastVariable, kept), os.Setenv(workVariable, work)); err != nil {
			return builds{}, err
		}
		ownedWork = work
	}
	if kept == "" {
		return builds{env: []string{flags}, work: work}, nil
	}
	program := filepath.Join(work, "linkonce")
	if ownedWork != "" {
		cmd := exec.Command("go", "build", "-o", program, "./testdata/linkonce")
		cmd.Env = append(os.Environ(), "GOFLAGS=")
		if out, err := cmd.CombinedOutput(); err != nil {
			return builds{}, fmt.Errorf("building linkonce: %w\n%s", err, out)
		}
	}
	if ownedWork != "" {
		if err := writeGo(filepath.Join(work, "bin")); err != nil {
			return builds{}, err
		}
	}
	return builds{env: []string{flags + " -toolexec=" + program, fastVariable + "=" + kept}, work: work}, nil
})

// writeGo writes into a folder for the PATH a go command that does not collect its garbage,
// of which it makes little: a fifth of what a go test of a small package costs is that. It
// knows where test2json is, which reruns ask for and which takes as long as a go test.
func writeGo(bin string) error {
	path, err := exec.LookPath("go")
	if err != nil {
		return err
	}
	test2json, err := exec.Command(path, "tool", "-n", "test2json").Output()
	if err != nil {
		return err
	}
	script := "#!/bin/sh\nif [ \"$*\" = 'tool -n test2json' ]; then echo '" + strings.TrimSpace(string(test2json)) + "'; exit; fi\n" +
		"GOGC=off exec '" + path + "' \"$@\"\n"
	return errors.Join(os.Mkdir(bin, 0o700), os.WriteFile(filepath.Join(bin, "go"), []byte(script), 0o700))
}

// path is a PATH with that go command before what is on path.
func (b builds) path(path string) string {
	if runtime.GOOS == "windows" {
		return path
	}
	return filepath.Join(b.work, "bin") + string(filepath.ListSeparator) + path
}

// fastGo is that go command.
func fastGo(tb testing.TB) string {
	tb.Helper()
	b := fastBuilds(tb)
	return filepath.Join(b.work, "bin", "go")
}

// ownedWork is the folder of the modules where this process has made it.
var ownedWork string

// removeBuilds is for the end of the test binary.
func removeBuilds() {
	if ownedWork != "" {
		_ = os.RemoveAll(ownedWork)
	}
}

// runSalt is another one in each process.
var runSalt = fmt.Sprintf("\n%d %d ", os.Getpid(), time.Now().UnixNano())

// fastBuildEnv is the environment in which a test builds.
func fastBuildEnv(tb testing.TB) []string {
	tb.Helper()
	env := fastBuilds(tb).env
	if runtime.GOOS == "linux" { // other systems do not take a program with something at its end
		env = append(env, saltVariable+"="+runSalt+tb.Name())
	}
	return env
}

func fastBuilds(tb testing.TB) builds {
	tb.Helper()
	b, err := fastBuild()
	if err != nil {
		tb.Fatal(err)
	}
	b.env = slices.Clip(b.env)
	return b
}

// moduleDir is as t.TempDir, and the same each time the tests run: what is built there
// comes out of the cache.
func moduleDir(tb testing.TB) string {
	tb.Helper()
	if runtime.GOOS == "windows" {
		return tb.TempDir()
	}
	name := filepath.Join(fastBuilds(tb).work, strings.NewReplacer("/", "_", " ", "_").Replace(tb.Name()))
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
		removeTree(dir)
	})
	return dir
}
