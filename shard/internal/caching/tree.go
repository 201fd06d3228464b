package caching

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
)

// tree is the files and folders whose times one call of gotestshard cache prepare sets.
type tree struct {
	environ environ.List
	root    string        // the folder
	apart   []fs.FileInfo // folders in it that are left alone
	entered map[string]bool
	kinds   map[string]kind // of what is prepared, by path
	counts  counts
}

// counts is what became of files and folders.
type counts struct {
	files, folders     atomic.Int64
	set, right, passed atomic.Int64 // passed: it changed meanwhile
	failures           atomic.Int64
	failed             sync.Once
	failure            error // the first one
}

func (c *counts) fail(err error) {
	c.failures.Add(1)
	c.failed.Do(func() { c.failure = err })
}

// newTree returns the tree in a folder without the folders apart, which need not exist.
func newTree(env environ.List, root string, apart ...string) *tree {
	t := &tree{environ: env, root: root, entered: map[string]bool{".": true}, kinds: map[string]kind{}}
	for _, dir := range apart {
		if info, err := os.Stat(dir); err == nil {
			t.apart = append(t.apart, info)
		}
	}
	return t
}

// prepare sets the times. What cannot be prepared is in the counts.
func (t *tree) prepare(ctx context.Context) error {
	for repositories := []string{"."}; len(repositories) > 0; repositories = repositories[1:] {
		paths, err := list(ctx, t.environ, t.at(repositories[0]))
		if err != nil {
			return err
		}
		for i, name := range paths {
			paths[i] = path.Join(repositories[0], name)
		}
		paths = slices.DeleteFunc(paths, func(name string) bool { return !t.enters(path.Dir(name)) })
		kinds, err := t.prepareFiles(ctx, paths)
		if err != nil {
			return err
		}
		for i, name := range paths {
			switch {
			case kinds[i] != folder:
				t.kinds[name] = kinds[i]
			case t.enters(name) && isRepository(t.at(name)) && name != repositories[0]:
				repositories = append(repositories, name)
			}
		}
	}
	return t.prepareFolders(ctx)
}

func (t *tree) at(path string) string { return filepath.Join(t.root, filepath.FromSlash(path)) }

func isRepository(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, ".git"))
	return err == nil
}

// enters reports whether a path is a folder whose files are prepared. A link, which may lead to the
// outside, is none: also not where git tracks a folder. Those that it reports are prepared.
func (t *tree) enters(dir string) bool {
	if known, ok := t.entered[dir]; ok {
		return known
	}
	enters := t.enters(path.Dir(dir))
	if enters {
		info, err := os.Lstat(t.at(dir))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.counts.fail(err)
		}
		enters = err == nil && info.IsDir() && !slices.ContainsFunc(t.apart, func(other fs.FileInfo) bool { return os.SameFile(info, other) })
	}
	t.entered[dir] = enters
	return enters
}

// prepareFiles sets the times of files and links, and returns the kind of each path.
func (t *tree) prepareFiles(ctx context.Context, paths []string) ([]kind, error) {
	kinds := make([]kind, len(paths))
	var next atomic.Int64
	workers, ctx := errgroup.WithContext(ctx)
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() error {
			stamper := newStamper(&t.counts)
			for {
				i := int(next.Add(1)) - 1
				if i >= len(paths) || ctx.Err() != nil {
					return context.Cause(ctx)
				}
				kinds[i] = stamper.stamp(t.at(paths[i]))
			}
		})
	}
	return kinds, workers.Wait()
}

// prepareFolders sets the times of the folders. The order does not matter: setting a time does not
// change that of the folder around it.
func (t *tree) prepareFolders(ctx context.Context) error {
	children := map[string][]child{}
	add := func(name string, kind kind) {
		if kind != nothing && name != "." {
			children[path.Dir(name)] = append(children[path.Dir(name)], child{path.Base(name), kind})
		}
	}
	for name, kind := range t.kinds {
		add(name, kind)
	}
	for dir, enters := range t.entered {
		if enters {
			add(dir, folder)
		}
	}
	stamper := newStamper(&t.counts)
	for dir, enters := range t.entered {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if enters {
			slices.SortFunc(children[dir], func(a, b child) int { return cmp.Or(strings.Compare(a.name, b.name), cmp.Compare(a.kind, b.kind)) })
			stamper.stampFolder(t.at(dir), stampOfFolder(children[dir]))
		}
	}
	return nil
}
