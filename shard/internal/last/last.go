// Package last shows the last run again, or runs again what failed in it: gotestshard last
// and gotestshard show. The run is the result file that package observe has kept.
//
//	kept file → merge: replayed with the format and the reports that are asked for
//	          → what to run again → options of a run, narrowed to these tests → run
package last

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/kept"
	"github.com/gotestshard/gotestshard/shard/internal/listing"
	"github.com/gotestshard/gotestshard/shard/internal/merge"
	"github.com/gotestshard/gotestshard/shard/internal/node"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/run"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
	"github.com/gotestshard/gotestshard/shard/internal/suite"
)

// Run shows the last run of the module of the working directory, or runs some of its tests
// again.
func Run(opts option.Options, stdout, stderr io.Writer) error {
	folder, err := kept.Of(".")
	if err != nil {
		return err
	}
	file, err := folder.Last()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no kept run of the module in %s: run gotestshard -n auto first "+
			"(a run in a CI, with --no-keep, or without any flag that gotestsum does not have is not kept)", folder.Root)
	case err != nil:
		return err
	case opts.Last != nil:
		return again(opts, folder.Root, file, stdout, stderr)
	}
	opts.Merge.Files = []string{file}
	return Show(opts, stdout, stderr)
}

// Show shows the run of the only file of opts.Merge.
func Show(opts option.Options, stdout, stderr io.Writer) error {
	if header, err := merge.ReadHeader(opts.Merge.Files[0]); err == nil { // otherwise merge has the error
		_, _ = fmt.Fprintf(stderr, "gotestshard: the run of %s: %s\n",
			header.Started.Local().Format("2006-01-02 15:04:05"), plain.Line(gotest.Line(append([]string{"gotestshard"}, header.Command...)...)))
		if origin := describe(header.Origin); origin != "" {
			_, _ = fmt.Fprintf(stderr, "gotestshard: %s\n", plain.Line(origin))
		}
	}
	return merge.Run(opts, stdout, stderr)
}

// describe returns the commit and the job of a run, as far as they are known.
func describe(origin node.Job) string {
	var words []string
	if origin.Commit != "" {
		words = append(words, fmt.Sprintf("commit %.12s", origin.Commit))
	}
	if origin.Branch != "" {
		words = append(words, "branch "+origin.Branch)
	}
	if job := origin.Title(); job != "" {
		words = append(words, job)
	}
	if origin.URL != "" {
		words = append(words, origin.URL)
	}
	return strings.Join(words, ", ")
}

// selection is what runs again.
type selection struct {
	packages []string // import paths, in order; none if there is nothing to run
	// narrow is option.GoTest.Narrow.
	narrow func(pkg string, args []string) []string
	// tests are the top-level tests that have to run, by package, as far as they are known.
	tests map[string][]string
	seed  string // of -shuffle, empty to leave it as it is
	note  string // what it is, for the user
}

// again runs some tests of the last run again.
func again(asked option.Options, root, file string, stdout, stderr io.Writer) error {
	interrupts := signals.Start(true)
	interrupts.PassTo(signals.OnlyAsks{})
	opts, tests, err := prepare(interrupts, asked, root, file, stderr)
	if sig := interrupts.Received(); sig != 0 {
		err = exit.Signalled(sig)
	}
	if err != nil {
		interrupts.Stop()
		return err
	}
	_, _ = fmt.Fprintf(stderr, "gotestshard: %s\n", plain.Line(tests.note))
	if len(tests.packages) == 0 {
		interrupts.Stop()
		return nil
	}
	execution, err := run.Until(interrupts, opts, stdout, stderr)
	if err != nil || execution == nil {
		return err
	}
	if missing := tests.missing(execution); len(missing) > 0 {
		return exit.Error{Code: exit.Failed, Reason: fmt.Sprintf("these tests were to run again and did not, so they may be gone or have another name: %s",
			plain.Line(observe.SomeNames(missing)))}
	}
	return nil
}

// prepare returns what runs again, and the options of that run.
func prepare(interrupts *signals.Watch, asked option.Options, root, file string, stderr io.Writer) (opts option.Options, tests selection, err error) { //nolint:options // it would have six parameters otherwise
	header, err := merge.ReadHeader(file)
	if err != nil {
		return opts, tests, fmt.Errorf("reading the last run: %s: %w", file, err)
	}
	if opts, err = asked.Last.Again(header.Command, asked.Call); err != nil {
		return opts, tests, err
	}
	if opts.Dir, err = kept.Within(root, header.Folder); err != nil {
		return opts, tests, err
	}
	settings, err := gotest.ReadSettings(interrupts.Ctx, opts.Environ, opts.Dir, option.GoTestArgs(header.Command, asked.Call))
	if err != nil {
		return opts, tests, err
	}
	if tests, err = choose(interrupts, asked.Last, opts, settings, file, stderr); err == nil && len(tests.packages) > 0 {
		opts = narrowed(opts, settings, tests)
	}
	return opts, tests, err
}

// choose returns what runs again.
func choose(interrupts *signals.Watch, asked *option.Last, opts option.Options, settings gotest.Settings, file string, stderr io.Writer) (selection, error) {
	if asked.SameProcess != "" {
		return sameProcess(asked, file)
	}
	play := opts
	play.Display, play.Reports, play.Job = option.Display{Format: "none"}, option.Reports{}, option.Job{CI: "none"}
	play.RerunFailsStrict = true // which packages ran all their tests has to be noted
	play.Merge = &option.Merge{Files: []string{file}, Single: true}
	played, err := merge.Play(interrupts, play, stderr)
	if err != nil {
		return selection{}, fmt.Errorf("reading the last run: %w", err)
	}
	return failed(interrupts.Ctx, played, settings, suite.Query{
		Dir: opts.Dir, Env: opts.GoEnvironment(),
		Args: opts.Args, Packages: listing.WorkerPackages(opts.GoTest, opts.Environ), Overlay: settings.Overlay,
	})
}

// narrowed returns the options of a run of a selection. settings are those of the last run.
func narrowed(opts option.Options, settings gotest.Settings, tests selection) option.Options {
	args := gotest.Args(opts.Args).Without("coverprofile", "json") // the profile is of all tests
	if tests.seed != "" {
		args = append(gotest.Args{"-shuffle=" + tests.seed}, args.Without("shuffle")...)
	}
	if _, given := args.Lookup("count"); !given && settings.Count == "" {
		args = append(gotest.Args{"-count=1"}, args...) // a cached result is of the earlier run
	}
	const commandLineFiles = "command-line-arguments" // the go command's name for a package of files
	if tests.packages[0] != commandLineFiles {
		args = args.WithPackages(tests.packages)
	}
	opts = opts.WithGoTest(args)
	opts.Narrow = tests.narrow
	return opts
}
