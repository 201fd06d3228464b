package caching

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/process"
)

// goEnv is the part of go env's output that is needed.
type goEnv struct{ GOMOD, GOWORK, GOCACHE, GOCACHEPROG, GOMODCACHE string }

// readGoEnv asks the go command in this folder.
func readGoEnv(ctx context.Context, env environ.List) (goEnv, error) {
	out, stderr, err := process.Ask(ctx, func() *exec.Cmd {
		command := exec.Command("go", "env", "-json", "GOMOD", "GOWORK", "GOCACHE", "GOCACHEPROG", "GOMODCACHE")
		command.Env = env
		return command
	})
	if errors.Is(err, exec.ErrNotFound) {
		return goEnv{}, fmt.Errorf("failed to run the go command: %w; is Go installed and on the PATH?", err)
	}
	if err != nil {
		return goEnv{}, fmt.Errorf("reading the go command's environment with go env: %w: %s", err, strings.TrimSpace(string(stderr)))
	}
	var found goEnv
	if err := json.Unmarshal(out, &found); err != nil {
		return goEnv{}, fmt.Errorf("reading what go env printed: %w", err)
	}
	return found, nil
}

// cacheOff is GOCACHE without a build cache.
const cacheOff = "off"
