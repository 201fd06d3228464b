// Package option turns the command line and the environment into Options that
// are checked against each other, and holds the help text.
package option

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/ci"
	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/node"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

// ErrHelp is returned by Parse when the help was asked for.
var ErrHelp = pflag.ErrHelp

// Options are what a run is asked to do.
type Options struct {
	Call
	// Command is the whole command line, without the program's name.
	Command []string
	// Merge is not nil for gotestshard merge, which runs nothing.
	Merge *Merge
	// Args are go test's own arguments, or with RawCommand a whole command.
	Args []string
	// Packages replace ./... when Args name no packages; see gotestsum's
	// --packages and TEST_DIRECTORY.
	Packages []string

	// Workers is the number of workers, 0 for a plain run without any.
	Workers int
	// Dist is how the workers share the tests.
	Dist plan.Mode
	// MaxWorkerRestart is after how many crashes of a worker the rest of what it
	// had is given up.
	MaxWorkerRestart int
	// Plan is PlanText or PlanJSON when only the plan is to be printed, else empty.
	Plan string
	// Timings is the file of the timing history, empty for that of the module in
	// the user's cache directory, TimingsOff for none.
	Timings string
	// Partition is which part of the tests runs here, of how many; the zero value is
	// for all of them. PartitionTouch is a file that is to be touched to tell the CI
	// that the tests were shared out, empty for none.
	Partition      node.Partition
	PartitionTouch string
	// Shards are the named invocations; there are none with Workers.
	Shards []Shard
	// WorkerEnv are further variables that carry the worker's id.
	WorkerEnv []string
	// RunID is the same for all test processes of the run.
	RunID string
	// RunIDGiven is whether the user chose RunID.
	RunIDGiven bool
	// Setup and Teardown are commands that run once, before the first and after
	// the last test process; TeardownTimeout is how long the latter, and each
	// registered teardown, may take.
	Setup, Teardown []string
	TeardownTimeout time.Duration
	// SetupEnv are the variables that Setup made, as KEY=VALUE, and RunDir the
	// folder of the run, empty for none.
	SetupEnv []string
	RunDir   string
	// GracePeriod is how long test processes may go on after Ctrl-C.
	GracePeriod time.Duration

	Format        string
	FormatOptions testjson.FormatOptions
	WorkerPrefix  bool
	NoColor       bool
	HideSummary   testjson.Summary // the sections to print, as testjson has it
	HideShards    bool
	// HideFailedParents is whether a test that failed only because a subtest did
	// is left out of the summary.
	HideFailedParents bool
	ShardReport       string // file name
	Result            string // file name, empty for none

	// CI is whose job this is, ci.None when its log is to be gotestsum's.
	CI ci.Provider
	// Workspace is the folder of the CI's job, StepSummary the file that GitHub shows
	// as the summary of a step; both are empty when there are none.
	Workspace, StepSummary string
	SummaryMarkdown        string // file name
	HTML                   string // file name

	JSONFile             string // file name
	JSONFileTimingEvents string // file name

	JUnit JUnit

	RerunFails                int // how often at most failed tests run again, 0 for never
	RerunFailsMaxFailures     int // do not when more tests failed at first
	RerunFailsAbortOnDataRace bool
	RerunFailsRunRoot         bool
	RerunFailsReport          string // file name
	// RerunFailsStrict is whether a rerun has to bring a pass of every test that
	// was to run again. It is set with workers.
	RerunFailsStrict bool
	// RerunFailsTogether is whether a package's failed tests run again in one
	// process; RerunFailsAfterPanic is whether they do after a panic. Both are
	// strict.
	RerunFailsTogether   bool
	RerunFailsAfterPanic bool

	Watch      bool
	WatchClear bool
	WatchChdir bool
	WatchStart bool
	// Dir is where the go command runs, empty for the working directory.
	Dir string

	MaxFails       int // end the run after so many failures, 0 for never
	PostRunCommand []string

	RawCommand               bool
	IgnoreNonJSONOutputLines bool
	Debug                    bool
	Version                  bool
}

// Shard is one named invocation.
type Shard struct {
	Name    string
	Command []string // at least one word
}

// JUnit is what the JUnit file is to be like.
type JUnit struct {
	File        string // its name, empty for none
	ProjectName string
	Style       string // JUnitGotestsum or JUnitSurefire
	// SuiteName and ClassName turn a package's import path into a name, nil for
	// the path itself.
	SuiteName, ClassName func(pkg string) string
	HideEmptyPackages    bool
	HideSkippedTests     bool
}

// The values of JUnit.Style.
const (
	JUnitGotestsum = "gotestsum"
	JUnitSurefire  = "surefire"
)

// The values of Options.Plan.
const (
	PlanText = "text"
	PlanJSON = "json"
)

// TimingsOff is the value of --timings that keeps no history.
const TimingsOff = "off"

// dists are the values of --dist.
var dists = []string{
	string(plan.LoadScope), string(plan.LoadFile), string(plan.LoadGroup), string(plan.Load), string(plan.WorkSteal), string(plan.Each), distNo,
}

// distNo is plain go test.
const distNo = "no"

// Distributed reports whether workers or shards run the tests, and not one
// plain go test; those of other machines count too.
func (o Options) Distributed() bool {
	return o.Workers > 0 || len(o.Shards) > 0 || o.Merge != nil
}

// ShardNames returns the ids of the workers, or the names of the shards.
func (o Options) ShardNames() []string {
	var names []string
	for worker := range o.Workers {
		names = append(names, WorkerName(worker))
	}
	for _, shard := range o.Shards {
		names = append(names, shard.Name)
	}
	if o.Merge != nil {
		names = append(names, o.Merge.Workers...)
	}
	return names
}

// Identity is what the test processes of the run have in common.
func (o Options) Identity() environ.Run {
	return environ.Run{ID: o.RunID, Dir: o.RunDir, Further: o.WorkerEnv}
}

// GoEnvironment is the environment of a go command whose test processes have an
// identity of their own: without that of a run around this one, and with what --setup
// wrote.
func (o Options) GoEnvironment() []string {
	return append(o.Identity().Without(slices.Clone(o.Environ)), o.SetupEnv...)
}

// Debugf prints a line for --debug.
func (o Options) Debugf(out io.Writer, text string, args ...any) {
	if o.Debug {
		_, _ = fmt.Fprintf(out, text+"\n", args...)
	}
}

// ForPeople is whether there is a summary for people to write.
func (o Options) ForPeople() bool {
	return o.SummaryMarkdown != "" || o.StepSummary != "" || o.HTML != ""
}

// WorkerName is the id of the worker with that index, counted from 0, the form
// that pytest-xdist uses.
func WorkerName(index int) string { return fmt.Sprintf("gw%d", index) }

// Parse reads args, without the program's name, of a call. With an error it returns only
// how that is to be shown: Options.NoColor.
func Parse(args []string, call Call) (Options, error) {
	f := newFlags(call)
	if err := f.set.Parse(args); err != nil {
		if errors.Is(err, pflag.ErrHelp) {
			return Options{NoColor: call.Plain}, ErrHelp
		}
		return Options{NoColor: call.Plain}, explainFlag(err)
	}
	opts := f.values()
	opts.Command = args
	if opts.Version {
		return opts, nil
	}
	if err := f.resolve(&opts); err != nil {
		return Options{NoColor: opts.NoColor}, err
	}
	// After the checks: where --rerun-fails asks for packages, gotestsum means
	// the flag.
	if len(opts.Packages) == 0 && !opts.Watch { // where gotestsum has no use for it
		if dir := call.Environ.Get("TEST_DIRECTORY"); dir != "" {
			opts.Packages = []string{dir}
		}
	}
	return opts, nil
}

// values returns what the flags were set to, each for itself.
func (f *flags) values() Options {
	opts := f.opts
	opts.Args = f.set.Args()
	opts.PostRunCommand = f.postRun.words
	opts.Setup, opts.Teardown = f.setup.words, f.teardown.words
	opts.JUnit.SuiteName, opts.JUnit.ClassName = f.suiteName.format, f.className.format
	opts.JUnit.Style = f.junitStyle.choice
	opts.HideSummary, opts.HideShards = f.hide.sections, f.hide.shards
	return opts
}

// explainFlag says what to type instead of a flag that was not understood.
func explainFlag(err error) error {
	switch {
	case strings.HasPrefix(err.Error(), "unknown flag"), strings.HasPrefix(err.Error(), "unknown shorthand flag"):
		return fmt.Errorf("%w; gotestshard --help lists the flags, and those of go test go after --", err)
	}
	return fmt.Errorf("%w; gotestshard --help lists the flags", err)
}
