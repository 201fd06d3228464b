// Package shard is the run: from the command line to the exit code.
//
//	args, environment
//	      │
//	   options
//	      │
//	engine: go test on workers, named shards, or a plain go test
//	      │ one stream of JSON events            ▲ hook: test binaries
//	      ▼                                      │
//	testjson.ScanTestOutput → handler      pool of workers
//	      │                      └ format, event files, counts per worker
//	      ▼
//	Execution → shard table, summary, reports → exit code
package shard

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/fatih/color"

	"github.com/gotestshard/gotestshard/format"
	"github.com/gotestshard/gotestshard/format/ci"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// version is stamped by the release build; other builds say what the module
// system knows.
var version = ""

// Main runs gotestshard with args, which are those after the program's name,
// and returns the exit code.
func Main(args []string) int {
	if gotest.IsHook(args) {
		return gotest.RunHook(args, os.Stdout)
	}
	boundGarbage()
	err := route(args)
	printError(color.Error, err)
	return exitCode(err)
}

func route(args []string) error {
	if len(args) > 0 && (args[0] == "help" || args[0] == "?") {
		return option.WriteHelp(color.Output)
	}
	if len(args) > 0 && args[0] == "tool" {
		return runTool(args[1:], os.Stdout, os.Stderr)
	}
	if len(args) > 0 && args[0] == "merge" {
		return mergeResults(args[1:])
	}
	opts, err := option.Parse(args)
	color.NoColor = opts.NoColor
	switch {
	case errors.Is(err, option.ErrHelp):
		return option.WriteHelp(color.Output)
	case err != nil:
		return err
	case opts.Version:
		_, err := fmt.Printf("gotestshard version %s\n", versionText())
		return err
	}
	if opts.Plan != "" {
		return printPlan(opts, color.Output, color.Error)
	}
	if opts.Watch {
		return watchFiles(opts, color.Output, color.Error)
	}
	if opts.CI != ci.None {
		return runInCI(opts, color.Output, color.Error)
	}
	_, err = run(opts, color.Output, color.Error)
	return err
}

// mergeResults makes one report of several nodes' results.
func mergeResults(args []string) error {
	opts, err := option.ParseMerge(args)
	color.NoColor = opts.NoColor
	switch {
	case errors.Is(err, option.ErrHelp):
		return option.WriteMergeHelp(color.Output)
	case err != nil:
		return err
	case opts.CI != ci.None:
		return runInCI(opts, color.Output, color.Error)
	}
	_, err = run(opts, color.Output, color.Error)
	return err
}

func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return "unknown"
}

// runInCI is run for a job of a CI: what goes to its log goes through a ci.Log,
// and so does the error that the run ended with.
func runInCI(opts option.Options, stdout, stderr io.Writer) error {
	log := ci.NewLog(opts.CI, stdout, stderr)
	out := log.Stdout()
	if opts.Format == format.JSON {
		out = ci.NewJSON(stdout)
	}
	_, err := run(opts, out, log.Stderr())
	printError(log.Stderr(), err)
	if closeErr := log.Close(); err == nil {
		return closeErr
	}
	return codedError{code: exitCode(err)} // it was printed
}
