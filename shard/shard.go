// Package shard is the program: it chooses the command that the arguments name, runs it with
// its environment and streams, and returns the exit code. Package run has the run itself.
package shard

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"

	"github.com/fatih/color"
	"golang.org/x/term"

	"github.com/gotestshard/gotestshard/format"
	"github.com/gotestshard/gotestshard/format/ci"
	"github.com/gotestshard/gotestshard/shard/internal/caching"
	"github.com/gotestshard/gotestshard/shard/internal/diagnose"
	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/flaky"
	"github.com/gotestshard/gotestshard/shard/internal/last"
	"github.com/gotestshard/gotestshard/shard/internal/listing"
	"github.com/gotestshard/gotestshard/shard/internal/live"
	"github.com/gotestshard/gotestshard/shard/internal/node"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/pulling"
	"github.com/gotestshard/gotestshard/shard/internal/queueing"
	"github.com/gotestshard/gotestshard/shard/internal/run"
	"github.com/gotestshard/gotestshard/shard/internal/stress"
	"github.com/gotestshard/gotestshard/shard/internal/tool"
	"github.com/gotestshard/gotestshard/shard/internal/trial"
	"github.com/gotestshard/gotestshard/shard/internal/watching"
)

// version is set by the release build. Other builds use the version of the module.
var version = ""

// Main runs gotestshard in this process and returns the exit code. args do not include the
// program's name. What the go command starts has run before: see gotest/early.go and
// linkcache/early.go.
func Main(args []string) int {
	if live.IsGuard(args) {
		live.RunGuard(os.Stdin, os.Stdout)
		return 0
	}
	boundGarbage()
	return program{
		args: args,
		call: option.Call{
			Environ: os.Environ(), Program: versionText(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
			Plain: color.NoColor, Terminal: term.IsTerminal(int(os.Stderr.Fd())), Screen: live.IsTerminal(os.Stdout, os.Getenv),
		},
		stdout: color.Output, stderr: color.Error,
	}.run()
}

// program is one call of gotestshard.
type program struct {
	args           []string // without the program's name
	call           option.Call
	stdout, stderr io.Writer
}

// run returns the exit code. It sets color.NoColor, a variable of the whole process.
func (p program) run() int {
	err := p.command()
	exit.Print(p.stderr, err)
	return exit.Code(err)
}

// command runs the command that the first argument or the flags select.
func (p program) command() error {
	parse, help, do, args := option.Parse, option.WriteHelp, run.Run, p.args
	if len(args) > 0 {
		switch args[0] {
		case "help", "?":
			return help(p.stdout, p.call)
		case "version":
			return p.printVersion()
		case "config":
			return option.RunConfig(args[1:], p.call, p.stdout)
		case "tool":
			return tool.Run(args[1:], p.call, p.stdout, p.stderr)
		case "flaky":
			return p.showing(flaky.Run, args[1:])
		case "stress":
			return p.showing(stress.Run, args[1:])
		case "diagnose":
			return p.showing(diagnose.Run, args[1:])
		case "trial":
			return trial.Run(args[1:], p.call, p.stdout, p.stderr)
		case "cache":
			return caching.Run(args[1:], p.call, p.stdout, p.stderr)
		case "queue":
			return queueing.Run(args[1:], p.call, p.stdout, p.stderr)
		case "merge":
			parse, help, do, args = option.ParseMerge, option.WriteMergeHelp, pulling.Merge, args[1:]
		case "last":
			parse, help, do, args = option.ParseLast, option.WriteLastHelp, last.Run, args[1:]
		case "show":
			parse, help, do, args = option.ParseShow, option.WriteShowHelp, last.Show, args[1:]
		}
	}
	opts, err := parse(args, p.call)
	color.NoColor = opts.NoColor
	switch {
	case opts.Diagnose:
		do = diagnose.AfterRun
	case opts.Queue.URL != "" && opts.Merge == nil:
		do = pulling.Run
	}
	switch {
	case errors.Is(err, option.ErrShortHelp):
		return option.WriteShortHelp(p.stdout, p.call)
	case errors.Is(err, option.ErrHelp):
		return help(p.stdout, p.call)
	case err != nil:
		return err
	case opts.Version:
		return p.printVersion()
	case opts.Plan != "":
		return listing.PrintPlan(opts, p.stdout, p.stderr)
	case opts.Watch:
		return watching.Run(opts, p.stdout, p.stderr)
	case opts.CI != ci.None:
		return p.inCI(opts, do)
	default:
		return do(opts, p.stdout, p.stderr)
	}
}

func (p program) printVersion() error {
	_, err := fmt.Fprintf(p.stdout, "gotestshard version %s\n", versionText())
	return err
}

// inCI calls do in a CI job. All output to the job's log goes through a ci.Log, including the
// error of do.
func (p program) inCI(opts option.Options, do func(opts option.Options, stdout, stderr io.Writer) error) error {
	log := ci.NewLog(opts.CI, p.stdout, p.stderr)
	out := log.Stdout()
	if opts.Format == format.JSON {
		out = ci.NewJSON(p.stdout)
	}
	err := do(opts, out, log.Stderr())
	exit.Print(log.Stderr(), err)
	if closeErr := log.Close(); err == nil {
		return closeErr
	}
	return exit.Error{Code: exit.Code(err)} // it is already printed
}

// showing runs a command that shows what tests printed. In a CI job, nothing of that can be a
// command of the CI. (trial has --ci for it.)
func (p program) showing(do func(args []string, call option.Call, stdout, stderr io.Writer) error, args []string) error {
	var opts option.Options
	if opts.CI = node.CI(p.call.Environ.Get); opts.CI == ci.None {
		return do(args, p.call, p.stdout, p.stderr)
	}
	if slices.Contains(args, "--json") {
		opts.Format = format.JSON
	}
	return p.inCI(opts, func(_ option.Options, stdout, stderr io.Writer) error { return do(args, p.call, stdout, stderr) })
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
