package watching

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/watch"
)

// key handles a key, after the current job if there is one.
func (l *watchLoop) key(key byte) {
	switch {
	case key == 'q':
		l.end(nil, syscall.SIGTERM) // unlike Ctrl-C, it has not reached the tests yet
		return
	case key == watch.Esc:
		if l.job != nil && l.job.signals != nil {
			l.stopJob(syscall.SIGTERM)
		}
		return
	case l.job != nil:
		if !slices.Contains(l.queue, key) {
			l.queue = append(l.queue, key)
		}
		return
	}
	switch key {
	case 'r':
		l.again(nil)
	case 'u':
		l.again([]string{"-update"})
	case 'a':
		l.begin([]string{watch.Everything}, nil)
	case 'f':
		l.onlyFailed()
	case 'p':
		l.onlySaved()
	case 'w':
		l.wider()
	case 'd':
		if err := l.startDebugger(); err != nil {
			exit.Print(l.stderr, err)
		}
	case 'l':
		if err := l.look(); err != nil {
			exit.Print(l.stderr, err)
		}
	case '?':
		_, _ = io.WriteString(l.messages, watchKeys)
	case '\n':
		_, _ = fmt.Fprintln(l.messages)
	}
}

// again reruns the last packages, or everything.
func (l *watchLoop) again(args []string) {
	packages := present(l.last)
	if !l.ran {
		packages = l.everything()
	}
	l.begin(packages, args)
}

// onlyFailed runs the tests that failed in the last runs again.
func (l *watchLoop) onlyFailed() {
	var packages, tests []string
	whole := false // whether a package failed without a failed test
	for _, result := range l.results {
		if result.execution == nil {
			continue
		}
		for _, path := range result.execution.Packages() {
			pkg := result.execution.Package(path)
			if pkg.Result() != testjson.ActionFail {
				continue
			}
			if l.opts.WatchChdir {
				path = strings.Join(result.packages, " ") // one, in its folder
			}
			packages = append(packages, path)
			before := len(tests)
			for _, test := range pkg.Failed {
				if root, _, _ := strings.Cut(test.Test.Name(), "/"); root != "" {
					tests = append(tests, root)
				}
			}
			whole = whole || len(tests) == before
		}
	}
	if len(packages) == 0 {
		_, _ = fmt.Fprintln(l.messages, "\nnothing failed in the last run")
		return
	}
	slices.Sort(tests)
	var args []string
	if !whole {
		args = []string{"-run=" + gotest.NamesPattern(slices.Compact(tests))}
	}
	last := l.last
	l.begin(packages, args)
	l.last = last // of which r runs everything
}

// onlySaved runs the packages that were saved last, without what depends on them.
func (l *watchLoop) onlySaved() {
	if len(l.saved) == 0 {
		_, _ = fmt.Fprintln(l.messages, "\nnothing was saved yet")
		return
	}
	l.begin(present(l.saved), nil)
}

// present leaves out packages whose folders are gone since. If all are, go test says so.
func present(packages []string) []string {
	left := slices.DeleteFunc(slices.Clone(packages), func(pkg string) bool {
		_, err := os.Stat(pkg)
		return pkg != watch.Everything && (strings.HasPrefix(pkg, ".") || filepath.IsAbs(pkg)) && os.IsNotExist(err)
	})
	if len(left) == 0 {
		return packages
	}
	return left
}

// wider runs everything that depends on the packages that were saved last.
func (l *watchLoop) wider() {
	switch {
	case len(l.saved) == 0:
		_, _ = fmt.Fprintln(l.messages, "\nnothing was saved yet")
	case l.deps == nil:
		_, _ = fmt.Fprintln(l.messages, "\nwhat depends on a package is only known with --watch-deps=all or direct")
	default:
		l.saved = present(l.saved)
		l.beginSaved(option.WatchDepsAll)
	}
}

// everything returns the packages of --packages, or all packages.
func (l *watchLoop) everything() []string {
	if len(l.opts.Packages) > 0 {
		return nil
	}
	return []string{watch.Everything}
}

// look finds folders to watch.
func (l *watchLoop) look() error {
	count, err := l.files.Look()
	if err != nil {
		return err
	}
	keys := ""
	if l.opts.Distributed() && l.hasKeys() { // otherwise the line is gotestsum's
		keys = " Press ? to list the keys."
	}
	l.watched = count
	_, err = fmt.Fprintf(l.messages, "Watching %v directories. Use Ctrl-c to stop a run or exit.%s\n", count, keys)
	return err
}

// hasKeys reports whether keys can be read.
func (l *watchLoop) hasKeys() bool { return l.keys != nil && !l.keysLost }

// writeWaiting says after a run what can come next.
func (l *watchLoop) writeWaiting() {
	_, due := l.pending.Due()
	if !l.unsaid || due || !l.opts.Distributed() || !l.hasKeys() {
		return
	}
	l.unsaid = false
	next := "r to run the same again"
	if len(l.failedPackages()) > 0 {
		next = "f to run what failed again"
	}
	_, _ = fmt.Fprintf(l.messages, "\nWaiting for a save. Press %s, ? to list the keys, q to quit.\n", next)
}

// startDebugger passes the terminal to delve.
func (l *watchLoop) startDebugger() error {
	d, err := delveFor(l.opts.WatchChdir, l.opts.Args, l.results)
	if err != nil {
		return err
	}
	if err := l.announce(d.pkg); err != nil {
		return err
	}
	ctx, kill := context.WithCancel(context.Background())
	l.terminal.Stop()
	l.job = &job{kill: kill}
	l.job.start(func() runResult {
		defer kill()
		return runResult{err: l.debug(ctx, d)}
	})
	return nil
}
