//go:build unix

package shard

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/shardtest"
)

// isolatedTests are the tests of a package that use the lines of the README. A database is a
// folder, which only one test may have at a time under plain go test.
const isolatedTests = `package x

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/gotestshard/gotestshard/shard/worker"
)

func createDatabase() (string, error) {
	folder := filepath.Join(os.Getenv("DATABASES"), worker.Name("db"))
	return folder, os.Mkdir(folder, 0o700)
}

func open(t *testing.T) (string, string, int) {
	README
	return db, queue, port
}

func TestIsolated(t *testing.T) {
	for i := range 10 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			db, queue, port := open(t)
			if _, err := os.Stat(db); err != nil || queue == "" || port <= 0 {
				t.Errorf("%v, %q, %d", err, queue, port)
			}
		})
	}
}
`

// The lines of the README that keep packages from colliding work on workers and under plain go
// test.
func TestIsolationOfTheReadme(t *testing.T) {
	shardtest.Expensive(t, "builds the test binaries of a module")
	t.Parallel()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	snippet := regexp.MustCompile("(?s)```go\n(.*?)```").FindSubmatch(readme)
	if snippet == nil {
		t.Fatal("the README shows no Go code")
	}
	module, err := filepath.Abs("worker")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(module, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	versions := moduleVersions(t, filepath.Join(module, "go.mod"))
	tests := strings.ReplaceAll(isolatedTests, "README", string(snippet[1]))
	dir, databases := shardtest.ModuleDir(t), t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.com/m\n\ngo " + versions["go"] + "\n\nrequire (\n\tgithub.com/google/uuid " + versions["github.com/google/uuid"] +
			"\n\tgithub.com/gotestshard/gotestshard/shard/worker v0.0.0\n)\n\nreplace github.com/gotestshard/gotestshard/shard/worker => " + module + "\n",
		"go.sum": string(sums), "a/a_test.go": tests, "b/b_test.go": tests,
		"bin/dropdb": "#!/bin/sh\nexec rmdir \"$DATABASES/$2\"\n",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "bin") + string(filepath.ListSeparator) + os.Getenv("PATH")
	for _, command := range [][]string{
		{"gotestshard", "-n", "2", "--timings", "off", "--", "-count=1", "-vet=off", "./..."},
		{"go", "test", "-p=2", "-count=1", "-vet=off", "./..."},
	} {
		cmd := exec.Command(command[0], command[1:]...)
		cmd.Dir = dir
		cmd.Env = append(append(environ.Run{}.Without(os.Environ()), shardtest.BuildEnv(t)...),
			"GOWORK=off", "GOPROXY=off", "DATABASES="+databases, "TMPDIR="+t.TempDir(), "PATH="+shardtest.Builds(t).Path(path))
		output, err := cmd.CombinedOutput()
		left, readErr := os.ReadDir(databases)
		if err != nil || readErr != nil || len(left) > 0 || bytes.Contains(output, []byte("no test files")) {
			t.Errorf("%q: %v, %v, left %v\n%s", command, err, readErr, left, output)
		}
	}
}
