package gotest

import (
	"context"
	"os/exec"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/process"
)

// Version returns the version that the go command reports, such as "go1.26.4
// linux/amd64". It starts no process if GOVERSION is set.
func Version(ctx context.Context, environ environ.List) (string, error) {
	if version, ok := environ.Lookup("GOVERSION"); ok {
		return version, nil
	}
	out, _, err := process.Ask(ctx, func() *exec.Cmd {
		command := exec.Command("go", "version")
		command.Env = environ
		return command
	})
	if err != nil {
		return "", err
	}
	return strings.TrimPrefix(strings.TrimSpace(string(out)), "go version "), nil
}
