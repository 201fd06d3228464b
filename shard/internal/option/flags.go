package option

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"gotest.tools/gotestsum/testjson"
)

// flags are the command line's flags and what they were set to.
type flags struct {
	set  *pflag.FlagSet
	opts Options

	workers     workersValue
	maxWorkers  int
	dist        choiceValue
	planForm    choiceValue
	collectOnly bool
	partition   partitionValue
	shards      shardsValue
	prefix      choiceValue
	hide        hideSummaryValue
	postRun     commandValue
	setup       commandValue
	teardown    commandValue
	suiteName   packageNameValue
	className   packageNameValue
	junitStyle  choiceValue
	ci          choiceValue
}

// newFlags declares all flags, in the order of the help.
func newFlags(call Call) *flags {
	f := &flags{
		opts:       Options{Call: call},
		set:        pflag.NewFlagSet("gotestshard", pflag.ContinueOnError),
		dist:       choiceValue{name: "mode", choices: dists},
		planForm:   choiceValue{name: "form", choices: []string{PlanText, PlanJSON}},
		prefix:     choiceValue{name: "when", choices: []string{"auto", "always", "never"}, choice: "auto"},
		hide:       hideSummaryValue{sections: testjson.SummarizeAll},
		junitStyle: choiceValue{name: "style", choices: []string{JUnitGotestsum, JUnitSurefire}, choice: JUnitGotestsum},
		ci:         choiceValue{name: "name", choices: []string{"auto", "github", "gitlab", "teamcity", "buildkite", "none"}, choice: "auto"},
	}
	f.set.SetInterspersed(false)
	f.set.SortFlags = false
	f.set.Usage = func() {} // Parse's caller prints the help
	f.declareOwn()
	f.declareGotestsum()
	for _, hidden := range []string{"numprocesses", "format-hivis", "no-summary"} {
		f.set.Lookup(hidden).Hidden = true
	}
	return f
}

// declareOwn declares gotestshard's own flags.
func (f *flags) declareOwn() {
	s, o := f.set, &f.opts
	s.VarP(&f.workers, "workers", "n", "run the tests on `N` workers, or auto (GOMAXPROCS), logical (all processors), 0 (plain go test)")
	s.Var(&f.workers, "numprocesses", "pytest-xdist's name for --workers")
	s.IntVar(&f.maxWorkers, "max-workers", 0, "start at most `M` workers, whatever -n says; 0 is no limit")
	s.Var(&f.dist, "dist", "what stays together: loadscope (a package; the default with -n), loadfile (a file), loadgroup (a //gotestshard:group), "+
		"load and worksteal (nothing), each (every worker runs everything), no (plain go test)")
	s.Var(&f.planForm, "plan", "print which worker would run what and how long it is expected to take, as `text` or json, and run nothing")
	s.Lookup("plan").NoOptDefVal = PlanText
	s.BoolVar(&f.collectOnly, "collect-only", false, "pytest's name for --plan")
	s.StringVar(&o.Timings, "timings", "", "store test durations in `FILE` (default one for the module or workspace in the user's cache directory; off for none)")
	s.Var(&f.partition, "partition", "run the part `m/n` of the tests, m from 1 to n, each on a node of its own; auto or auto/n asks the CI's environment")
	s.IntVar(&o.MaxWorkerRestart, "max-worker-restart", 4, "go on in a new test process after at most `K` crashes of each worker (where a package is split)")
	s.Var(&f.shards, "shard", "run `[NAME=]COMMAND`, which prints go test -json, side by side with the other shards; repeatable")
	s.Var(&f.prefix, "worker-prefix", "put the worker in front of each line: auto (with two or more), always, never")
	s.StringArrayVar(&o.WorkerEnv, "worker-env", nil, "a further environment variable `NAME` that carries the worker's id; repeatable")
	s.StringVar(&o.RunID, "run-id", "", "the run's `ID`, which every test process gets (default a new UUID)")
	s.Var(&f.setup, "setup", "run `COMMAND` once before the first test process; KEY=VALUE lines it writes to the file $GOTESTSHARD_ENV reach the tests")
	s.Var(&f.teardown, "teardown", "run `COMMAND` once after the last test process, whatever happened")
	s.DurationVar(&o.TeardownTimeout, "teardown-timeout", time.Minute, "end --teardown, and each teardown that a test registered, after this time")
	s.DurationVar(&o.GracePeriod, "grace-period", 10*time.Second, "after Ctrl-C or SIGTERM, kill test processes that still run after this time")
	s.StringVar(&o.ShardReport, "shard-report", "", "write what each shard took to `FILE` as JSON")
	s.StringVar(&o.Result, "result", "", "write what this run did to `FILE`, for gotestshard merge, which makes one report of several CI nodes")
	s.Var(&f.ci, "ci", "write for the log of a CI: auto (what the environment tells of; with -n and --shard), github, gitlab, teamcity, buildkite, none")
	s.StringVar(&o.SummaryMarkdown, "summary-md", "", "write a summary in Markdown to `FILE`; in a GitHub job the step's summary has it too")
	s.StringVar(&o.HTML, "html", "", "write a report of the run as one HTML page to `FILE`: failures, what each worker ran when, packages")

	s.Var(&f.junitStyle, "junitfile-style", "form of the JUnit file: gotestsum, or surefire (valid for Jenkins; flaky tests and build errors marked, output of passed tests)")
	s.BoolVar(&o.HideFailedParents, "hide-failed-parents", false, "do not list and count a test that failed only because its subtests did")
	s.BoolVar(&o.RerunFailsStrict, "rerun-fails-strict", false,
		"without workers too, a rerun succeeds only if every test that was to run again passed (always so with -n)")
	s.BoolVar(&o.RerunFailsTogether, "rerun-fails-together", false, "run the failed tests of a package again in one process; implies --rerun-fails-strict")
	s.BoolVar(&o.RerunFailsAfterPanic, "rerun-fails-after-panic", false,
		"after a panic or a timeout too, run the package again; implies --rerun-fails-strict")
	s.BoolVar(&o.WatchStart, "watch-start", false, "in watch mode run everything at the start")
}

// declareGotestsum declares the flags whose names, defaults and texts are gotestsum's.
func (f *flags) declareGotestsum() {
	s, o := f.set, &f.opts
	environment := func(name, defaultValue string) string { return setting(o.Environ, name, defaultValue) }
	s.StringVarP(&o.Format, "format", "f", environment("FORMAT", "pkgname"), "print format of test input")
	s.BoolVar(&o.FormatOptions.HideEmptyPackages, "format-hide-empty-pkg", false, "do not print empty packages in compact formats")
	s.BoolVar(&o.FormatOptions.UseHiVisibilityIcons, "format-hivis", false, "use high visibility characters in some formats")
	s.StringVar(&o.FormatOptions.Icons, "format-icons", environment("FORMAT_ICONS", ""), "use different icons, see help for options")
	s.BoolVar(&o.RawCommand, "raw-command", false, "don't prepend 'go test -json' to the 'go test' command")
	s.BoolVar(&o.IgnoreNonJSONOutputLines, "ignore-non-json-output-lines", false,
		"write non-JSON 'go test' output lines to stderr instead of failing")
	s.StringVar(&o.JSONFile, "jsonfile", environment("JSONFILE", ""), "write all TestEvents to file")
	s.StringVar(&o.JSONFileTimingEvents, "jsonfile-timing-events", environment("JSONFILE_TIMING_EVENTS", ""),
		"write only the pass, skip, and fail TestEvents to the file")
	s.BoolVar(&o.NoColor, "no-color", o.plain(), "disable color output")
	s.Var(&f.hide, "hide-summary", "hide sections of the summary: "+testjson.SummarizeAll.String()+",shards,all")
	s.Var(&f.hide, "no-summary", "do not print summary of: "+testjson.SummarizeAll.String())
	s.Var(&f.postRun, "post-run-command", "command to run after the tests have completed")
	s.BoolVar(&o.Watch, "watch", false, "watch go files, and run tests when a file is modified")
	s.BoolVar(&o.WatchClear, "watch-clear", false, "in watch mode clear screen when rerun tests")
	s.BoolVar(&o.WatchChdir, "watch-chdir", false,
		"in watch mode change the working directory to the directory with the modified file before running tests")
	s.IntVar(&o.MaxFails, "max-fails", 0, "end the test run after this number of failures")
	j := &o.JUnit
	s.StringVar(&j.File, "junitfile", environment("JUNITFILE", ""), "write a JUnit XML file")
	s.Var(&f.suiteName, "junitfile-testsuite-name", "format the testsuite name field as: "+packageNameForms)
	s.Var(&f.className, "junitfile-testcase-classname", "format the testcase classname field as: "+packageNameForms)
	s.StringVar(&j.ProjectName, "junitfile-project-name", environment("JUNITFILE_PROJECT_NAME", ""),
		"name of the project used in the junit.xml file")
	s.BoolVar(&j.HideEmptyPackages, "junitfile-hide-empty-pkg", truthy(environment("JUNIT_HIDE_EMPTY_PKG", "")),
		"omit packages with no tests from the junit.xml file")
	s.BoolVar(&j.HideSkippedTests, "junitfile-hide-skipped-tests", truthy(environment("JUNIT_HIDE_SKIPPED_TESTS", "")),
		"omit skipped tests from the junit.xml file")

	s.IntVar(&o.RerunFails, "rerun-fails", 0,
		"rerun failed tests until they all pass, or attempts exceeds maximum. Defaults to max 2 reruns when enabled")
	s.Lookup("rerun-fails").NoOptDefVal = "2"
	s.BoolVar(&o.RerunFailsAbortOnDataRace, "rerun-fails-abort-on-data-race", false,
		"do not rerun tests if a data race is detected")
	s.IntVar(&o.RerunFailsMaxFailures, "rerun-fails-max-failures", 10,
		"do not rerun any tests if the initial run has more than this number of failures")
	s.StringVar(&o.RerunFailsReport, "rerun-fails-report", "", "write a report to the file, of the tests that were rerun")
	s.BoolVar(&o.RerunFailsRunRoot, "rerun-fails-run-root-test", false,
		"rerun the entire root testcase when any of its subtests fail, instead of only the failed subtest")
	s.Var((*fieldsValue)(&o.Packages), "packages", "space separated list of package to test")
	s.BoolVar(&o.Debug, "debug", false, "enabled debug logging")
	s.BoolVar(&o.Version, "version", false, "show version and exit")
}

// truthy is how gotestsum reads a variable that is on or off.
func truthy(text string) bool {
	return slices.Contains([]string{"true", "yes", "1"}, strings.ToLower(text))
}
