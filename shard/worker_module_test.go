package shard

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/shardtest"
)

// shard/worker is a separate module, so that users' tests do not get the dependencies of this
// project. "go test ./..." does not include it, so this test runs its tests. If nothing has
// changed, the go command may reuse their results.
func TestWorkerModule(t *testing.T) {
	shardtest.Expensive(t, "tests another module")
	program, err := exec.LookPath("gotestshard")
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command("go", "test", "-vet=off", "./...")
	command.Dir = "worker"
	// The PATH is part of the key of a result. Package testscript has added a folder that has
	// another name in each run.
	path := strings.TrimPrefix(os.Getenv("PATH"), filepath.Dir(program)+string(filepath.ListSeparator))
	command.Env = append(os.Environ(), "PATH="+path)
	if output, err := command.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}

// Both modules are released together, so they need the same Go version and the same versions
// of shared dependencies.
func TestWorkerModuleKeepsInStep(t *testing.T) {
	root, nested := moduleVersions(t, filepath.Join("..", "go.mod")), moduleVersions(t, filepath.Join("worker", "go.mod"))
	if nested["go"] == "" {
		t.Error("shard/worker/go.mod has no go line")
	}
	for name, version := range nested {
		if root[name] != version {
			t.Errorf("%s is %s in shard/worker/go.mod, but %q in go.mod: change them together", name, version, root[name])
		}
	}
}

func moduleVersions(t *testing.T, path string) map[string]string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	versions := map[string]string{}
	for _, match := range regexp.MustCompile(`(?m)^(?:require\s+|\s+)?(go|\S+\.\S+/\S+)\s+(v?[0-9]\S*)`).FindAllStringSubmatch(string(data), -1) {
		versions[match[1]] = match[2]
	}
	return versions
}
