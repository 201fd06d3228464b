package worker

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func goTool(t *testing.T, dir string, args ...string) string {
	t.Helper()
	command := exec.Command("go", args...)
	command.Dir = dir
	// The modules are those that this test was built from: no network.
	command.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOSUMDB=off", "GOWORK=off", "GOTOOLCHAIN=local")
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, output)
	}
	return string(output)
}

// The package is a leaf: the standard library and uuid, for the tests too.
func TestDependencies(t *testing.T) {
	allowed := map[string]bool{
		"github.com/google/uuid":                               true,
		"github.com/gotestshard/gotestshard/shard/worker":      true,
		"github.com/gotestshard/gotestshard/shard/worker_test": true,
		"github.com/gotestshard/gotestshard/shard/worker.test": true,
	}
	list := goTool(t, ".", "list", "-deps", "-test", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".")
	for line := range strings.Lines(list) {
		path, _, _ := strings.Cut(strings.TrimSpace(line), " [")
		if path != "" && !allowed[path] {
			t.Errorf("the package depends on %s", path)
		}
	}
}

// If a module imports the package, its go.sum gets two lines for the package and two for uuid.
// Here the module of the package is replaced. It then has no lines of its own, so own counts them.
func TestLinesInAUsersGoSum(t *testing.T) {
	here, err := os.Getwd()
	check(t, err)
	dir := t.TempDir()
	check(t, os.WriteFile(filepath.Join(dir, "user_test.go"), []byte(`package user

import (
	"testing"

	"github.com/gotestshard/gotestshard/shard/worker"
)

func TestUser(t *testing.T) { t.Log(worker.UniqueName(t)) }
`), 0o600))
	const module = "github.com/gotestshard/gotestshard/shard/worker"
	check(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/user\n\ngo 1.26\n\nrequire "+module+" v0.0.0\n\n"+
		"replace "+module+" => "+strconv.Quote(here)+"\n"), 0o600))
	goTool(t, dir, "mod", "tidy")
	goTool(t, dir, "vet", ".")
	sum, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	check(t, err)
	const own, most = 2, 10
	if lines := strings.Count(string(sum), "\n"); lines == 0 || lines+own > most {
		t.Errorf("%d lines and %d for the module itself, at most %d are promised:\n%s", lines, own, most, sum)
	}
}
