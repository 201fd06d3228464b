package option

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/gotestshard/gotestshard/format/ci"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
)

// Stress is what gotestshard stress is asked to do.
type Stress struct {
	// Options are those of the run whose workers repeat the test binaries.
	Options
	Count   int           // how many processes of each package run, 0 for any number
	For     time.Duration // for how long processes are started, 0 for any time
	Changed string        // the commit since which the tests must have changed, empty for all tests
	Shuffle string        // on, off or a seed
}

// The number of processes if neither it nor a time is chosen.
const (
	stressCount  = 100
	changedCount = 20
)

func (s *Stress) flags() []flag {
	return []flag{
		{name: "count", to: &s.Count, help: fmt.Sprintf("run `N` processes of each package (default %d, with --changed %d, with --for any number)", stressCount, changedCount)},
		{name: "for", to: &s.For, help: "start processes for this `TIME`, such as 5m"},
		{name: "changed", to: &s.Changed, help: "run only the tests that were added or edited since this branch left `COMMIT`, such as origin/main"},
	}
}

// stressRun are the flags of a run that gotestshard stress has too.
var stressRun = strings.Fields(`workers numprocesses max-workers max-fails worker-env run-id setup teardown teardown-timeout grace-period
	test-timeout link-cache link-cache-size config no-config profile no-color packages debug`)

func inStress(row flag) bool { return slices.Contains(stressRun, row.name) }

// stressSet returns the flags of gotestshard stress.
func (s *Stress) stressSet(f *flags) *pflag.FlagSet {
	return mixedSet("gotestshard stress", s.flags(), f, inStress)
}

// ParseStress reads the arguments of gotestshard stress, those after "stress", of a call.
func ParseStress(args []string, call Call) (Stress, error) {
	s := Stress{Options: Options{Call: call}}
	f := newFlags(call)
	set := s.stressSet(f)
	own, goArgs, err := splitMixed(set, args)
	if err == nil {
		err = set.Parse(own)
	}
	if err != nil {
		return s, helpOr(err, func(err error) error { return explainFlag(err, set, set.Name()) })
	}
	if err := s.check(set, goArgs); err != nil {
		return s, err
	}
	s.Shuffle, _ = goArgs.Lookup("shuffle")
	words := []string{"--no-keep", "--timings=off", "--heartbeat=off", "--hide-summary=all", "--format=none", "--no-tests=pass"}
	words = append(words, wordsOfRun(set, s.flags(), own)...)
	goArgs = append(gotest.Args{"-count=1"}, goArgs.Without("shuffle", "count", "json", "coverprofile", "failfast")...) // a cached result would run nothing
	switch packages := len(goArgs.Packages()) > 0 || len(f.opts.Packages) > 0; {
	case packages:
	case s.Changed != "":
		goArgs = goArgs.WithPackages([]string{gotest.Everything(call.Environ, "", goArgs)})
	default:
		goArgs = goArgs.WithPackages(gotest.DefaultPackages(call.Environ, "", goArgs))
	}
	run := newFlags(call)
	if err := run.set.Lookup("workers").Value.Set("auto"); err != nil { // the default
		return s, err
	}
	if s.Options, err = run.parseRun(slices.Concat(words, []string{"--"}, goArgs), call, func(row flag) bool { return inStress(row) && row.isKey() }); err != nil {
		return s, err
	}
	if s.Workers == 0 {
		return s, errors.New("gotestshard stress needs workers: leave out -n, or write -n 1 or more")
	}
	if !run.chosen("link-cache") {
		_ = s.Linking.turnOn() // such runs come several times, like those of watch mode
	}
	s.Reports, s.Reruns, s.Part, s.Job = Reports{}, Reruns{}, Part{}, Job{CI: ci.None}
	s.Area, s.Keys = false, false
	return s, nil
}

// check refuses what cannot be meant, and sets the count.
func (s *Stress) check(set *pflag.FlagSet, args gotest.Args) error {
	if err := refuseNoTests("gotestshard stress", args); err != nil {
		return err
	}
	shuffle, _ := args.Lookup("shuffle")
	if _, err := seedOf(shuffle); err != nil {
		return err
	}
	switch {
	case set.Changed("count") && s.Count < 1:
		return fmt.Errorf("--count %d is not above 0; write how many processes of each package are to run", s.Count)
	case set.Changed("for") && s.For <= 0:
		return fmt.Errorf("--for %s is not above 0; write a time such as 5m", s.For)
	case set.Changed("changed") && s.Changed == "":
		return errors.New("--changed is empty; write a commit such as origin/main")
	case s.Count > 0 || s.For > 0:
	case s.Changed != "":
		s.Count = changedCount
	default:
		s.Count = stressCount
	}
	return nil
}

// Seed returns the seed of the first process, 0 if it is free, and whether the tests are
// shuffled at all.
func (s Stress) Seed() (seed int64, shuffled bool) {
	seed, _ = seedOf(s.Shuffle) // was checked
	return seed, s.Shuffle != "off"
}

// WriteHelp writes the help text of gotestshard stress.
func (s Stress) WriteHelp(out io.Writer) error {
	return writeHelpWithRun(out, stressHelp, s.Call, (&Stress{}).flags(), inStress)
}

// writeHelpWithRun writes the help text of a command that runs tests: with its own flags, and with
// those of a run that it takes.
func writeHelpWithRun(out io.Writer, text string, call Call, own []flag, taken func(flag) bool) error {
	declared, run := newFlagSet(""), newFlags(call).subset(func(row flag) bool { return taken(row) && !row.hidden })
	for _, row := range own {
		row.declare(declared, call.Environ)
	}
	_, err := fmt.Fprintf(out, text, usages(declared), usages(run))
	return err
}

const stressHelp = `Usage:
    gotestshard stress [flags] [go test flags] [packages]

gotestshard stress builds the tests once and runs them again and again, each time in a fresh
process and in another order (-shuffle), on all workers at once. It groups the failures by
their messages, and shows for each group its rate, the first failure and the command with
the order of that process. Ctrl-C ends it, with the results so far.

    gotestshard stress ./store -run TestUpload --count 1000
    gotestshard stress ./store -run TestUpload --for 5m -n 8 -race
    gotestshard stress --changed origin/main

Flags:
%s
Flags that a run has too:
%s
Exit codes:
    0       everything passed
    1       something failed, or could not be built
    3       a bad flag, or another error of gotestshard itself
    128+N   it was ended by signal N: 130 for Ctrl-C
`
