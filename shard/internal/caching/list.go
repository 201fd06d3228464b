package caching

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/process"
)

// list returns what is in a folder without what git ignores: the paths of files and links, and of
// repositories in this one, such as submodules. A path that git tracks may be gone. Paths are
// relative to the folder, have slashes, and come once. Without git, or outside of a repository, it
// returns everything.
func list(ctx context.Context, env environ.List, dir string) ([]string, error) {
	out, stderr, err := process.Ask(ctx, func() *exec.Cmd {
		command := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
		command.Dir, command.Env = dir, env.ForGit()
		return command
	})
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.Is(err, exec.ErrNotFound), bytes.Contains(stderr, []byte("not a git repository")):
		return listAll(ctx, dir)
	case err != nil:
		return nil, fmt.Errorf("listing the files of %s with git ls-files: %w: %s", dir, err, bytes.TrimSpace(stderr))
	}
	var paths []string
	for name := range bytes.SplitSeq(bytes.TrimSuffix(out, []byte{0}), []byte{0}) {
		paths = append(paths, strings.TrimSuffix(string(name), "/")) // it ends the path of a repository
	}
	slices.Sort(paths)
	return slices.DeleteFunc(slices.Compact(paths), func(path string) bool { return path == "" }), nil // a conflict lists a path three times
}

// notRead are folders that are left alone where git does not say what is ignored.
var notRead = []string{".git", ".hg", ".svn", "node_modules"}

// listAll returns all files, links and folders in a folder.
func listAll(ctx context.Context, dir string) (paths []string, err error) {
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, fs.ErrNotExist) && path != dir: // it went meanwhile
			return nil
		case err != nil:
			return fmt.Errorf("listing the files of %s: %w", dir, err)
		case path == dir:
			return nil
		case slices.Contains(notRead, entry.Name()):
			if entry.IsDir() {
				return filepath.SkipDir
			}
			return nil // .git is a file in a submodule
		}
		relative, err := filepath.Rel(dir, path)
		paths = append(paths, filepath.ToSlash(relative))
		return err
	})
	return paths, err
}
