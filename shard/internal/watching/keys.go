package watching

import (
	"context"
	"fmt"
	"io"
	"slices"
	"syscall"

	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/watch"
)

// key handles a key, after the current job if there is one.
func (l *watchLoop) key(key byte) {
	switch {
	case key == 'q':
		l.end(nil, syscall.SIGTERM) // unlike Ctrl-C, it has not reached the tests yet
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
	packages := l.last
	if !l.ran {
		packages = l.everything()
	}
	l.begin(packages, args)
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
	_, err = fmt.Fprintf(l.messages, "Watching %v directories. Use Ctrl-c to stop a run or exit.\n", count)
	return err
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
