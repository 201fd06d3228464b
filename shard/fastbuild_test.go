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

// fastDir is a folder with the program testdata/linkonce and what it keeps, empty before
// it is needed.
var fastDir string

// fastBuild is the environment in which the scripts build: half of what a go test of a
// small package costs is its debug information and vet, most of the rest is the linker,
// and without paths what was compiled for one script is there for another. Scripts about
// those have other GOFLAGS.
var fastBuild = sync.OnceValues(func() ([]string, error) {
	flags := "GOFLAGS=-trimpath -vet=off -ldflags=-s"
	if runtime.GOOS == "windows" {
		return []string{flags}, nil
	}
	dir, err := os.MkdirTemp("", "linkonce")
	if err != nil {
		return nil, err
	}
	fastDir = dir
	program := filepath.Join(dir, "linkonce")
	cmd := exec.Command("go", "build", "-o", program, "./testdata/linkonce")
	cmd.Env = append(os.Environ(), "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building linkonce: %w\n%s", err, out)
	}
	return []string{flags + " -toolexec=" + program, "LINKONCE=" + dir}, nil
})

func fastBuildEnv(tb testing.TB) []string {
	tb.Helper()
	env, err := fastBuild()
	if err != nil {
		tb.Fatal(err)
	}
	return env
}
