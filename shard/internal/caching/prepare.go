package caching

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// prepare sets the modification times of the files and folders that tests can read from what is in
// them. The go command's key of a cached result has these times, and a clone has new ones
// (golang/go#58571).
func prepare(ctx context.Context, asked option.Cache, stdout, _ io.Writer) error {
	env, err := readGoEnv(ctx, asked.Environ)
	if err != nil {
		return err
	}
	dir, err := folderToPrepare(asked.Args, env)
	if err != nil {
		return err
	}
	var beginErr error // it is no reason to leave the times as they are
	if env.GOCACHE != cacheOff && env.GOCACHEPROG == "" {
		beginErr = (buildCache{env.GOCACHE}).begin(time.Now())
	}
	t := newTree(asked.Environ, dir, env.GOCACHE, env.GOMODCACHE)
	if err := t.prepare(ctx); err != nil {
		return errors.Join(err, beginErr)
	}
	if t.counts.files.Load()+t.counts.failures.Load() == 0 {
		return fmt.Errorf("%s has no file to prepare: it is empty, or git ignores everything in it", dir)
	}
	if _, err := fmt.Fprintln(stdout, t.counts.String()); err != nil {
		return err
	}
	return errors.Join(t.counts.err(), beginErr)
}

// folderToPrepare returns the folder in the arguments, or else that of the workspace or module.
func folderToPrepare(args []string, env goEnv) (string, error) {
	switch {
	case len(args) > 1:
		return "", fmt.Errorf("gotestshard cache prepare takes one folder, but there are %d: %q", len(args), args)
	case len(args) == 1:
		info, err := os.Stat(args[0])
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return "", fmt.Errorf("the folder %q does not exist; write gotestshard cache prepare DIR with the folder of a clone", args[0])
		case err != nil:
			return "", fmt.Errorf("looking for the folder to prepare: %w", err)
		case !info.IsDir():
			return "", fmt.Errorf("%q is not a folder; write gotestshard cache prepare DIR with the folder of a clone", args[0])
		}
		return filepath.Abs(args[0])
	case env.GOWORK != "" && env.GOWORK != cacheOff:
		return filepath.Dir(env.GOWORK), nil
	case env.GOMOD != "" && env.GOMOD != os.DevNull:
		return filepath.Dir(env.GOMOD), nil
	}
	return "", errors.New("there is no module here; go to the folder of a module, or write gotestshard cache prepare DIR with the folder of a clone")
}

// String returns the line that the command prints.
func (c *counts) String() string {
	line := fmt.Sprintf("prepared %s and %s: %s set, %s already right", plain.Counted(int(c.files.Load()), "file"), plain.Counted(int(c.folders.Load()), "folder"),
		plain.Counted(int(c.set.Load()), "time"), plain.Number(int(c.right.Load())))
	if passed := int(c.passed.Load()); passed > 0 {
		line += fmt.Sprintf(", %s left because something was writing there", plain.Number(passed))
	}
	return line
}

// err returns what could not be prepared, nil if nothing.
func (c *counts) err() error {
	if c.failure == nil {
		return nil
	}
	more := ""
	if others := int(c.failures.Load()) - 1; others > 0 {
		more = fmt.Sprintf(" (and %s)", plain.Counted(others, "other problem"))
	}
	return fmt.Errorf("setting times: %w%s; tests that read it will run again: run this command as the user who owns the files", c.failure, more)
}
