// Package watching implements --watch: it runs the tests of saved packages again and again.
package watching

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/fatih/color"

	"github.com/gotestshard/gotestshard/format"
	"github.com/gotestshard/gotestshard/shard/internal/changed"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/run"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
	"github.com/gotestshard/gotestshard/shard/internal/watch"
)

// Run runs the tests of saved packages again and again:
//
//	files ─┐              ┌─ runUntil: one run, in its own goroutine
//	keys ──┼─ watchLoop ──┤
//	signals┘     ▲        └─ debug: delve
//	             └── its result ───┘
//
// It returns nil when the user quits.
func Run(opts option.Options, stdout, stderr io.Writer) error {
	messages := stdout
	if opts.Format == format.JSON {
		messages = stderr // the stream is for another program
	}
	// From here on no signal ends this process while the terminal is changed.
	received := make(chan os.Signal, 8)
	signal.Notify(received, append(watch.ContinueSignals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)...)
	defer signal.Stop(received)
	signals.Outlive()

	own := &between{out: stderr}
	warn := func(text string, args ...any) {
		_, _ = fmt.Fprintf(own, "%s%s\n", color.YellowString("WARN "), fmt.Sprintf(text, args...))
	}
	terminal, err := watch.NewTerminal(opts.Stdin)
	if err != nil {
		warn("no terminal input -- keyboard shortcuts disabled: %v", err)
	}
	defer terminal.Close()
	files, err := watch.NewWatcher(opts.Packages, opts.WatchPoll, func(path string, err error) {
		warn("failed to watch %v: %v", path, err)
	})
	if err != nil {
		return err
	}
	defer func() { _ = files.Close() }()

	loop := &watchLoop{
		opts: opts, messages: messages, stderr: own, warn: warn,
		files: files, events: files.Events(), fileErrors: files.Errors(),
		terminal: terminal, keys: terminal.Keys(), keysFailed: terminal.Failed(),
		signals: received,
		pending: watch.NewPending(),
		run: func(received *signals.Watch, opts option.Options) runResult {
			execution, err := run.Until(received, opts, stdout, stderr)
			return runResult{execution: execution, err: err}
		},
		debug: func(ctx context.Context, d delve) error {
			// Ctrl-C is for the debugger. It is ignored only after the debugger has
			// started, which would inherit that, and a late Ctrl-C does not reach us
			// after its end.
			err := runDelve(ctx, opts.Call, d, func() { signal.Ignore(os.Interrupt) })
			signal.Notify(received, os.Interrupt)
			return err
		},
	}
	if opts.WatchDeps == option.WatchDepsAll || opts.WatchDeps == option.WatchDepsDirect {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		hot := changed.NewHot(ctx, opts, watchedPackages(opts.Workers, opts.GoTest, opts.GoEnvironment()))
		loop.deps, loop.depsDone, files.Counts, files.Ignores = hot, hot.Done(), hot.Counts, hot.Ignores
	}
	if err := loop.look(); err != nil {
		return err
	}
	return loop.loop()
}

// watchedPackages are the packages in which a save can concern others: all unless the command
// names some.
func watchedPackages(workers int, goTest option.GoTest, env []string) []string {
	if len(goTest.Packages) > 0 || len(gotest.Args(goTest.Args).Packages()) > 0 {
		return goTest.Packages
	}
	return []string{everything(workers, goTest, env)}
}

// everything is the argument for go test that stands for all packages: with workers it is as in a
// run without packages, and otherwise as in gotestsum.
func everything(workers int, goTest option.GoTest, env []string) string {
	if workers == 0 {
		return watch.Everything
	}
	return gotest.Everything(env, goTest.Dir, goTest.Args)
}

// maxIdle is how long the watch runs without any event.
const maxIdle = time.Hour

const watchKeys = `
    r      rerun the tests of the last packages, or all tests if none have run yet
    u      the same with the flag -update
    d      debug the last package with delve, with breakpoints in the failed tests
    a      run all tests (./...)
    f      run the tests that failed in the last run
    p      run the packages that were saved last, without what depends on them
    w      run everything that depends on the packages that were saved last
    l      look for new folders
    Enter  leave a blank line
    ?      list the keys
    Esc    stop a run
    q      quit
    Ctrl-C stop a run, or quit
`

// testRun is one run of the watch.
type testRun struct {
	packages []string // in addition to those of --packages
	args     []string // for go test, after the packages
	dir      string   // where go test runs, empty for the working directory
}

// name is the name of the run in the message to the user.
func (r testRun) name(all []string) string {
	switch count := len(r.packages); {
	case count == 0:
		return strings.Join(all, " ")
	case count > mostShown+1:
		return fmt.Sprintf("%s and %d more packages", strings.Join(r.packages[:mostShown], " "), count-mostShown)
	}
	return strings.Join(r.packages, " ")
}

// runsFor returns what to run when packages changed: one go test for all of them, or one
// in each folder, in which it then runs.
func runsFor(inEach bool, packages, args []string) []testRun {
	if !inEach || len(packages) == 0 || packages[0] == watch.Everything {
		return []testRun{{packages: packages, args: args}}
	}
	var runs []testRun
	for _, pkg := range packages {
		runs = append(runs, testRun{packages: []string{pkg}, args: args, dir: pkg})
	}
	return runs
}

// options are the options of the run, which is otherwise like any other run.
func (r testRun) options(opts option.Options, newRunID func() string) option.Options {
	opts.Packages = append([]string{}, opts.Packages...)
	if r.dir != "" {
		opts.Dir = r.dir
		opts.Packages = append(opts.Packages, "./")
	} else {
		for _, pkg := range r.packages {
			if pkg == watch.Everything {
				pkg = everything(opts.Workers, opts.GoTest, opts.GoEnvironment())
			}
			opts.Packages = append(opts.Packages, pkg)
		}
	}
	opts.Packages = append(opts.Packages, r.args...)
	if !opts.Distributed() {
		opts.RerunFails = 0 // as in gotestsum, whose watch mode has no reruns
	}
	// For one package there is no order to find out, which would delay it.
	opts.InOrder = opts.Workers > 0 && len(r.packages) > 0 && r.packages[0] != watch.Everything
	if !opts.RunIDGiven {
		opts.RunID = newRunID()
	}
	return opts
}
