package shard

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

// fastVariable is for linkonce: the folder with what it keeps, and with itself. It hands
// the folder on to the workers of a fuzz test, which are killed in the end and could not
// remove one of their own.
const fastVariable = "LINKONCE"

// fastDir is that folder where this process has made it.
var fastDir string

// fastBuild is the environment in which the scripts build: half of what a go test of a
// small package costs is its debug information and vet, and most of the rest is the
// linker. Scripts about those have other GOFLAGS. There is no -trimpath: paths in the test
// binaries keep one script from getting the results of another out of the cache.
var fastBuild = sync.OnceValues(func() ([]string, error) {
	const flags = "GOFLAGS=-vet=off -ldflags=-s"
	if runtime.GOOS == "windows" {
		return []string{flags}, nil
	}
	dir := os.Getenv(fastVariable)
	program := func() string { return filepath.Join(dir, "linkonce") }
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "linkonce"); err != nil {
			return nil, err
		}
		fastDir = dir
		cmd := exec.Command("go", "build", "-o", program(), "./testdata/linkonce")
		cmd.Env = append(os.Environ(), "GOFLAGS=")
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("building linkonce: %w\n%s", err, out)
		}
		if err := os.Setenv(fastVariable, dir); err != nil {
			return nil, err
		}
	}
	return []string{flags + " -toolexec=" + program(), fastVariable + "=" + dir}, nil
})

func fastBuildEnv(tb testing.TB) []string {
	tb.Helper()
	env, err := fastBuild()
	if err != nil {
		tb.Fatal(err)
	}
	return env
}
