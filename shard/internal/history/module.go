package history

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/gotestshard/gotestshard/shard/internal/process"
)

// Modules returns the paths of the modules that a folder belongs to: the module of the
// nearest go.mod in it or above it, or, without one, the modules of the workspace in
// effect, sorted. They do not depend on where the repository is checked out. The go
// command is started only if there is no go.mod, for its GOWORK.
func Modules(ctx context.Context, dir string) ([]string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("finding the module of %s: %w", dir, err)
	}
	for at := dir; ; at = filepath.Dir(at) {
		path, err := modulePath(filepath.Join(at, "go.mod"))
		switch {
		case err == nil:
			return []string{path}, nil
		case !errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("finding the module of %s: %w", dir, err)
		case at == filepath.Dir(at):
			return workspace(ctx, dir)
		}
	}
}

func modulePath(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	path := modfile.ModulePath(text)
	if path == "" {
		return "", fmt.Errorf("%s has no module line", file)
	}
	return path, nil
}

func workspace(ctx context.Context, dir string) ([]string, error) {
	file, err := goWork(ctx, dir)
	switch {
	case err != nil:
		return nil, fmt.Errorf("finding the module of %s: no go.mod in it or above it, and looking for a go.work: %w", dir, err)
	case file == "":
		return nil, fmt.Errorf("finding the module of %s: no go.mod in it or above it, and no go.work in effect", dir)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("finding the modules of %s: %w", dir, err)
	}
	work, err := modfile.ParseWork(file, text, nil)
	if err != nil {
		return nil, fmt.Errorf("finding the modules of %s: %w", dir, err)
	}
	var paths []string
	for _, use := range work.Use {
		folder := filepath.FromSlash(use.Path)
		if !filepath.IsAbs(folder) {
			folder = filepath.Join(filepath.Dir(file), folder)
		}
		path, err := modulePath(filepath.Join(folder, "go.mod"))
		if err != nil {
			return nil, fmt.Errorf("finding the modules of %s: %s uses %s: %w", dir, file, use.Path, err)
		}
		paths = append(paths, path)
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("finding the modules of %s: %s has no modules in its use directives", dir, file)
	}
	slices.Sort(paths)
	return paths, nil
}

// goWork returns the go.work file in effect in a folder, empty for none.
func goWork(ctx context.Context, dir string) (string, error) {
	out, stderr, err := process.Ask(ctx, func() *exec.Cmd {
		command := exec.Command("go", "env", "GOWORK")
		command.Dir = dir
		return command
	})
	if _, ok := errors.AsType[*exec.ExitError](err); ok {
		return "", fmt.Errorf("go env GOWORK: %w: %s", err, strings.TrimSpace(string(stderr)))
	}
	file := strings.TrimSpace(string(out))
	if file == "off" { // from GOWORK=off
		file = ""
	}
	return file, err
}
