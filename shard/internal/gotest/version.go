package gotest

import (
	"context"
	"os/exec"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/process"
)

// Version is what the go command says of itself, such as "go1.26.4 linux/amd64", without
// a process when GOVERSION says it.
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
