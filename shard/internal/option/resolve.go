package option

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"

	"github.com/gotestshard/gotestshard/format"
	"github.com/gotestshard/gotestshard/format/ci"
	"github.com/gotestshard/gotestshard/shard/internal/node"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

// The forms are compiled when they are used: this program starts once for each
// test binary too, as the hook, which needs none of them.
const (
	runIDForm = `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`
)

// variableForm is a name of an environment variable.
var variableForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`) })

// resolve joins the flags that depend on each other.
func (f *flags) resolve(opts *Options) error {
	if opts.Workers > 0 && len(opts.Shards) > 0 {
		return errors.New("-n starts workers for one go test command and --shard starts commands of your own: use one of them " +
			"(a --shard command may be gotestshard -n itself)")
	}
	if err := f.resolveDist(opts); err != nil {
		return err
	}
	if err := f.resolvePartition(opts); err != nil {
		return err
	}
	if opts.Workers > 0 && opts.RawCommand {
		return errors.New("-n needs go test to hand its test binaries to the workers, and --raw-command runs a command that it knows nothing of: " +
			"leave out --raw-command and give go test's arguments, or run the commands side by side with --shard 'NAME=COMMAND'")
	}
	if err := nameShards(opts); err != nil {
		return err
	}
	if opts.Watch && len(opts.Shards) > 0 {
		return errors.New("--watch runs go test in the packages that were saved, and a --shard command may be anything: " +
			"use -n instead of --shard, or watch in a terminal for each shard with gotestshard --watch -- and its go test flags")
	}
	f.resolveCI(opts)
	if err := resolveReruns(opts); err != nil {
		return err
	}
	if err := f.resolveReports(opts); err != nil {
		return err
	}
	for _, name := range opts.WorkerEnv {
		if !variableForm().MatchString(name) {
			return fmt.Errorf("--worker-env %q is no name of an environment variable; write one such as TEST_ENV_NUMBER", name)
		}
	}
	if err := f.resolveRunID(opts); err != nil {
		return err
	}
	if err := f.checkCommands(opts); err != nil {
		return err
	}
	switch opts.prefix {
	case prefixAlways:
		opts.WorkerPrefix = opts.Distributed()
	case prefixAuto:
		opts.WorkerPrefix = len(opts.ShardNames()) > 1
	}
	return f.checkFormat(opts)
}

// resolveRunID makes up the run's id unless one is given.
func (f *flags) resolveRunID(opts *Options) error {
	opts.RunIDGiven = f.given("run-id")
	switch {
	case opts.RunID == "" && !opts.RunIDGiven:
		opts.RunID = uuid.NewString()
	case !regexp.MustCompile(runIDForm).MatchString(opts.RunID):
		return fmt.Errorf("--run-id %q: write 1 to 64 letters, digits, dots, underscores and hyphens, a letter or digit first", opts.RunID)
	}
	return nil
}

// checkCommands checks what runs before and after the tests, and how long it may.
func (f *flags) checkCommands(opts *Options) error {
	if opts.GracePeriod < 0 {
		return fmt.Errorf("--grace-period %s is negative; write a duration such as 10s", opts.GracePeriod)
	}
	if opts.TeardownTimeout <= 0 {
		return fmt.Errorf("--teardown-timeout %s: write a duration above 0 such as 1m", opts.TeardownTimeout)
	}
	for flag, words := range map[string][]string{"setup": opts.Setup, "teardown": opts.Teardown} {
		if f.given(flag) && len(words) == 0 {
			return fmt.Errorf("--%s has no command; write --%s 'COMMAND ARGS'", flag, flag)
		}
		if i := slices.IndexFunc(words, isShellSyntax); i >= 0 {
			return fmt.Errorf("no shell runs --%s, so %q would be an argument; write --%s \"sh -c '...'\" for one", flag, words[i], flag)
		}
	}
	return nil
}

// resolveReports refuses one file for two reports, of which one would be lost. A
// plain run leaves gotestsum's own to gotestsum's way.
func (f *flags) resolveReports(opts *Options) error {
	switch {
	case opts.Result != "" && opts.Watch:
		return errors.New("--result writes what one run did and --watch runs tests again and again: use one of them")
	case !opts.Distributed() && opts.ShardReport == "" && opts.SummaryMarkdown == "" && opts.HTML == "" && opts.Result == "":
		return nil
	}
	files := map[string]string{}
	for _, output := range opts.Outputs() {
		file := filepath.Clean(output.File)
		if other := files[file]; other != "" && file != os.DevNull {
			return fmt.Errorf("--%s and --%s both write %s: give each a file of its own", other, output.Flag, output.File)
		}
		files[file] = output.Flag
	}
	return nil
}

// Output is a file that a flag has written.
type Output struct{ Flag, File string } // the flag without its dashes

// Outputs are the files that are written, the timing history included.
func (o *Options) Outputs() []Output {
	var merge Merge
	if o.Merge != nil {
		merge = *o.Merge
	}
	all := []Output{
		{"coverprofile", merge.CoverProfile}, {"timings", merge.Timings},
		{"jsonfile", o.JSONFile}, {"jsonfile-timing-events", o.JSONFileTimingEvents}, {"junitfile", o.JUnit.File},
		{"rerun-fails-report", o.RerunFailsReport}, {"shard-report", o.ShardReport},
		{"timings", o.Timings}, {"result", o.Result},
		{"summary-md", o.SummaryMarkdown}, {"html", o.HTML},
	}
	return slices.DeleteFunc(all, func(output Output) bool { return output.File == "" })
}

// resolveCI settles whether this is a CI's job. Without a flag of ours the output
// stays gotestsum's; a run that a test started, and a watch, are no job's.
func (f *flags) resolveCI(opts *Options) {
	opts.CI = ci.None
	switch {
	case opts.Watch:
	case f.given("ci") && opts.choice != ciAuto:
		opts.CI = ci.Provider(opts.choice)
	case (f.given("ci") || opts.Distributed()) && opts.Environ.Get("GOTESTSHARD_WORKER") == "":
		opts.CI = node.CI(opts.Environ.Get)
	}
	opts.Workspace, opts.StepSummary = node.Files(opts.CI, opts.Environ.Get)
	if opts.CI.Folds() && !f.given("format") {
		opts.Format = "pkgname-and-test-fails" // what failed can be folded
	}
}

// ErrFailFast is gotestsum's refusal of -failfast.
var ErrFailFast = errors.New("-(test.)failfast can not be used with --rerun-fails because not all test cases will run")

// resolveReruns refuses what a rerun could not do; the words are gotestsum's.
func resolveReruns(opts *Options) error {
	if opts.RerunFails <= 0 {
		return nil
	}
	if opts.Workers == 0 && len(opts.Args) > 0 && !opts.RawCommand && len(opts.Packages) == 0 {
		return errors.New("when go test args are used with --rerun-fails the list of packages to test must be specified by the --packages flag")
	}
	failfast := func(arg string) bool {
		name := strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-")
		return name != arg && (name == "failfast" || name == "test.failfast")
	}
	switch {
	case slices.ContainsFunc(opts.Args, failfast):
		return ErrFailFast
	case len(opts.Shards) > 0:
		return errors.New("--rerun-fails needs go test's own arguments, and a --shard command may be anything: " +
			"put it into the command, as in --shard 'NAME=gotestshard --rerun-fails -f json ...'")
	}
	opts.RerunFailsStrict = opts.RerunFailsStrict || opts.Workers > 0 || opts.RerunFailsTogether || opts.RerunFailsAfterPanic
	return nil
}

// resolveDist settles how many workers there are.
func (f *flags) resolveDist(opts *Options) error {
	if opts.maxWorkers < 0 {
		return fmt.Errorf("--max-workers %d: write a number from 1 on, or 0 for no limit", opts.maxWorkers)
	}
	if opts.maxWorkers > 0 {
		opts.Workers = min(opts.Workers, opts.maxWorkers)
	}
	distGiven := opts.Dist != ""
	opts.Dist = cmp.Or(opts.Dist, plan.LoadScope)
	if opts.collectOnly && opts.Plan == "" {
		opts.Plan = PlanText
	}
	switch {
	case opts.Dist == distNo:
		opts.Workers = 0
	case distGiven && opts.Workers == 0:
		return fmt.Errorf("--dist %s distributes tests over workers and there are none: add -n auto", opts.Dist)
	}
	switch {
	case opts.Plan != "" && opts.Workers == 0:
		return errors.New("--plan prints what workers would run and there are none: add -n auto")
	case opts.Plan != "" && opts.Watch:
		return errors.New("--plan runs nothing and --watch runs tests again and again: use one of them")
	case opts.MaxWorkerRestart < 0:
		return fmt.Errorf("--max-worker-restart %d: write a number from 0 on", opts.MaxWorkerRestart)
	case opts.Dist == plan.Each && opts.RerunFails > 0:
		return errors.New("--dist each runs every test on every worker to find those that fail now and then, and --rerun-fails hides them: use one of them")
	}
	return nil
}

// resolvePartition settles which part of the tests is run here.
func (f *flags) resolvePartition(opts *Options) (err error) {
	if !f.given("partition") {
		return nil
	}
	switch {
	case len(opts.Shards) > 0:
		return errors.New("--partition needs go test's own arguments, and a --shard command may be anything: " +
			"put it into the command, as in --shard 'NAME=gotestshard -n 2 --partition 1/4 -f json ...'")
	case opts.RawCommand:
		return errors.New("--partition needs go test to know the tests, and --raw-command runs a command that it knows nothing of: " +
			"leave out --raw-command, add -n auto and give go test's arguments")
	case opts.Workers == 0:
		return errors.New("--partition is about what workers run and there are none: add -n auto")
	case opts.Watch:
		return errors.New("--partition runs a part of the tests in a CI and --watch runs what was saved: use one of them")
	case opts.Dist == plan.Each:
		return errors.New("--dist each runs every test on every worker and --partition each test on one node: use one of them")
	}
	asked := opts.Partition
	opts.Partition, opts.PartitionTouch, err = asked.Resolve(opts.Environ.Get)
	if err != nil {
		return fmt.Errorf("--partition %s: %w", asked, err)
	}
	return nil
}

// checkFormat finds out before anything is started whether the format exists.
// A plain run leaves that to later, as gotestsum does.
func (f *flags) checkFormat(opts *Options) error {
	known := slices.Concat(format.Names, []string{
		"dots-v1", "short", "short-with-failures", "short-verbose", "gotestdox", "github-action",
		"standard-json", "debug", "none",
	})
	if !slices.Contains(known, opts.Format) {
		return format.ErrUnknown(opts.Format)
	}
	return nil
}

// nameShards names the shards that have no name.
func nameShards(opts *Options) error {
	if len(opts.Shards) == 0 {
		return nil
	}
	if opts.RawCommand {
		return errors.New("--shard and --raw-command both say what to run: use one of them")
	}
	if len(opts.Args) > 0 {
		return fmt.Errorf("with --shard every command has its own arguments: put %q into the commands", strings.Join(opts.Args, " "))
	}
	seen := map[string]bool{}
	for i := range opts.Shards {
		shard := &opts.Shards[i]
		shard.Name = cmp.Or(shard.Name, WorkerName(i))
		if seen[shard.Name] {
			return fmt.Errorf("two shards are called %s: give each --shard a NAME= of its own", shard.Name)
		}
		seen[shard.Name] = true
	}
	return nil
}
