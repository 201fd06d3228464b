package option

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/pflag"

	"github.com/gotestshard/gotestshard/format/ci"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

// Trial is what gotestshard trial is asked to do.
type Trial struct {
	// Options are those of the runs. Dist is the mode that is tried.
	Options
	Budget time.Duration // for how long tests run to find out why they fail
	JSON   bool
	Seed   int64 // of the first run that splits, 0 for any
	// Again are the arguments for another trial, without --dist and --diagnose-budget.
	Again []string
}

func (t *Trial) flags() []flag {
	return []flag{
		{name: "diagnose-budget", to: &t.Budget, value: "2m", help: "run tests for at most this `TIME` to find out why they fail; the runs and the time to build do not count"},
		{name: "json", to: &t.JSON, help: "print JSON"},
	}
}

// trialRun are the flags of a run that gotestshard trial has too.
var trialRun = strings.Fields(`workers numprocesses max-workers dist worker-env run-id setup teardown teardown-timeout grace-period
	test-timeout silence-timeout run-timeout heartbeat link-cache link-cache-size config no-config profile no-color packages debug ci`)

func inTrial(row flag) bool { return slices.Contains(trialRun, row.name) }

// ParseTrial reads the arguments of gotestshard trial, those after "trial", of a call.
func ParseTrial(args []string, call Call) (Trial, error) {
	t := Trial{Options: Options{Call: call}}
	f := newFlags(call)
	set := mixedSet("gotestshard trial", t.flags(), f, inTrial)
	own, goArgs, err := splitMixed(set, args)
	if err == nil {
		err = set.Parse(own)
	}
	if err != nil {
		return t, helpOr(err, func(err error) error { return explainFlag(err, set, set.Name()) })
	}
	if err := t.check(goArgs); err != nil {
		return t, err
	}
	t.Again = again(set, own, goArgs)
	// A cached result would run nothing, and one run must not end before the others.
	goArgs = append(gotest.Args{"-count=1"}, goArgs.Without("shuffle", "count", "json", "coverprofile", "failfast")...)
	if len(goArgs.Packages()) == 0 && len(f.opts.Packages) == 0 {
		goArgs = goArgs.WithPackages([]string{cmp.Or(call.Environ.Get("TEST_DIRECTORY"), gotest.Everything(call.Environ, "", goArgs))})
	}
	if t.Options, err = trialOptions(set, wordsOfRun(set, t.flags(), own), goArgs, call); err != nil {
		return t, err
	}
	t.Reports, t.Reruns, t.Part = Reports{}, Reruns{}, Part{}
	t.Job = Job{CI: t.CI}
	t.Area, t.Keys, t.MaxFails = false, false, 0
	return t, nil
}

// again returns the arguments for another trial.
func again(set *pflag.FlagSet, own []string, goArgs gotest.Args) (words []string) {
	_ = set.ParseAll(own, func(given *pflag.Flag, value string) error { // was parsed before
		if given.Name != "dist" && given.Name != "diagnose-budget" {
			words = append(words, "--"+given.Name+"="+value)
		}
		return nil
	})
	return append(words, goArgs...)
}

// check refuses what cannot be meant, and finds the seed.
func (t *Trial) check(args gotest.Args) (err error) {
	if err := refuseNoTests("gotestshard trial", args); err != nil {
		return err
	}
	shuffle, _ := args.Lookup("shuffle")
	if shuffle == "off" {
		return errors.New("-shuffle=off cannot be used with gotestshard trial, which shuffles tests to find those that depend on others; leave it out")
	}
	if t.Seed, err = seedOf(shuffle); err != nil {
		return err
	}
	if t.Budget <= 0 {
		return fmt.Errorf("--diagnose-budget %s is not above 0; write a time such as 2m", t.Budget)
	}
	return nil
}

// trialOptions returns the options of the runs. The mode is that of the flag, or that of the
// configuration file if it splits packages.
func trialOptions(set *pflag.FlagSet, own []string, goArgs gotest.Args, call Call) (Options, error) {
	words := append([]string{"--no-keep", "--timings=off", "--hide-summary=all", "--format=none", "--no-tests=pass"}, own...)
	parse := func(more ...string) (Options, *flags, error) {
		run := newFlags(call)
		if err := run.set.Lookup("workers").Value.Set("auto"); err != nil { // the default
			return Options{}, nil, err
		}
		opts, err := run.parseRun(slices.Concat(words, more, []string{"--"}, goArgs), call, func(row flag) bool { return inTrial(row) && row.isKey() })
		return opts, run, err
	}
	opts, run, err := parse()
	few := errors.New("gotestshard trial needs at least 2 workers, so that tests of a package run at the same time: leave out -n, or write -n 2 or more")
	if err == nil && opts.Workers == 0 && opts.Dist != distNo && run.chosen("workers") {
		return opts, few
	}
	if splits := opts.Dist.Splits() && opts.Workers > 0; err == nil && !splits && !set.Changed("dist") {
		opts, run, err = parse("--dist=" + string(plan.Load))
	}
	switch {
	case err != nil:
		return opts, err
	case opts.Workers > 0 && !opts.Dist.Splits(), set.Changed("dist") && opts.Workers == 0:
		return opts, errors.New("gotestshard trial tries a mode that splits packages: leave out --dist, or write --dist load, loadfile or loadgroup")
	case opts.Workers < 2 && (run.chosen("workers") || run.chosen("numprocesses") || run.chosen("max-workers")):
		return opts, few
	}
	opts.Workers = max(2, opts.Workers)
	if !run.chosen("link-cache") {
		_ = opts.Linking.turnOn() // such runs come several times, like those of watch mode
	}
	return opts, nil
}

// Build returns the options of a run that only builds, so that the first one with tests is not slower
// than the others. It is not ok if what is built would not be kept.
func (t Trial) Build(nothing Repeater) (opts Options, ok bool) {
	opts = t.run("")
	opts.Dist, opts.OwnResult, opts.Repeat = plan.LoadScope, false, nothing
	opts.Setup, opts.Teardown = nil, nil
	return opts, opts.LinkCache != ""
}

// Whole returns the options of the run as go test does it, and Split those of one that splits, each
// with the file for its result.
func (t Trial) Whole(file string) Options {
	opts := t.run(file)
	opts.Dist = plan.LoadScope
	return opts
}

// Split returns the options of a run that splits packages; see Whole.
func (t Trial) Split(file string, seed int64, staysWhole func(pkg, reason string)) Options {
	opts := t.run(file)
	opts.Scatter, opts.StaysWhole = seed, staysWhole
	return opts
}

func (t Trial) run(file string) Options {
	opts := t.Options
	opts.Result, opts.OwnResult = file, true
	opts.Job = Job{CI: ci.None} // the runs are not what the job is about
	if !opts.RunIDGiven {
		opts.RunID = uuid.NewString()
	}
	return opts
}

// WriteHelp writes the help text of gotestshard trial.
func (t Trial) WriteHelp(out io.Writer) error {
	return writeHelpWithRun(out, trialHelp, t.Call, (&Trial{}).flags(), inTrial)
}

const trialHelp = `Usage:
    gotestshard trial [flags] [go test flags] [packages]

gotestshard trial finds out whether --dist load is safe for a suite. It runs the tests once as
go test does, each package in one process, and three times split over the workers, with the
tests of each process shuffled. It diagnoses what differs, and prints for each package which
mode to use, or which directives to add first. Without packages it runs ./... .

    gotestshard trial
    gotestshard trial ./store -n 4
    gotestshard trial --dist loadgroup            # with the groups in the directives

Flags:
%s
Flags that a run has too:
%s
Exit codes:
    0       splitting makes no difference, also if tests fail in both ways
    1       splitting makes a difference, or a package could not be built or no test ran
    3       a bad flag, or another error of gotestshard itself
    128+N   it was ended by signal N: 130 for Ctrl-C
`
