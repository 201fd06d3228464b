package option

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/spf13/pflag"
)

// WriteHelp writes the help text.
func WriteHelp(out io.Writer, call Call) error {
	f := newFlags(call)
	of := func(upstream bool) string {
		set := f.subset(func(row flag) bool { return row.upstream == upstream })
		return strings.TrimRight(usages(set), "\n")
	}
	_, err := fmt.Fprintf(out, help, of(false), of(true), f.variables())
	return err
}

// optionalValue is how pflag writes the value of a flag that may be left out.
var optionalValue = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^( {6}|  -., )(--[a-z-]+) (\S+)\[=[^]]*\]( +)`)
})

// usages returns the lines about the flags of a set. A value that may be left out is written as on
// the command line, --plan[=text]: behind a space it would be an argument.
func usages(set *pflag.FlagSet) string {
	return optionalValue().ReplaceAllStringFunc(set.FlagUsages(), func(flag string) string {
		part := optionalValue().FindStringSubmatch(flag)
		return fmt.Sprintf("%-*s", utf8.RuneCountInString(flag), part[1]+part[2]+"[="+part[3]+"]")
	})
}

// variables returns the names of the variables that have defaults of flags, as lines of
// the help.
func (f *flags) variables() string {
	const indent, width = "    ", 85
	var lines []string
	for _, row := range f.table {
		if row.env == "" {
			continue
		}
		name := "GOTESTSHARD_" + row.env
		if last := len(lines) - 1; last >= 0 && len(lines[last])+len(", ,")+len(name) <= width {
			lines[last] += ", " + name
		} else {
			lines = append(lines, indent+name)
		}
	}
	return strings.Join(lines, ",\n")
}

// WriteMergeHelp writes the help text of gotestshard merge.
func WriteMergeHelp(out io.Writer, call Call) error {
	_, err := fmt.Fprintf(out, mergeHelp, usages(mergeFlags(newFlags(call), &Merge{})))
	return err
}

const help = `Usage:
    gotestshard [flags] [--] [go test flags and packages]
    gotestshard --shard 'NAME=COMMAND' --shard 'NAME=COMMAND' ...
    gotestshard last [--failed | --same-process TEST] [flags]
    gotestshard show [flags] FILE
    gotestshard merge [flags] FILES
    gotestshard merge [flags] --queue URL --build ID
    gotestshard flaky [flags] [RESULTS]
    gotestshard stress [flags] [go test flags and packages]
    gotestshard diagnose [flags] [RESULT] [-- go test flags]
    gotestshard trial [flags] [go test flags and packages]
    gotestshard cache COMMAND [flags]
    gotestshard queue COMMAND [flags]
    gotestshard config [init | flags]
    gotestshard tool COMMAND [flags]
    gotestshard help

gotestshard is gotestsum with workers: it runs a Go module's tests on N parallel
workers, sets the id of the worker in the environment of the tests, puts the
worker in front of each line and reports the time of each worker. Without -n and
--shard it works like gotestsum.

    gotestshard                                   # go test -json ./... , format pkgname
    gotestshard -n auto                           # the same on a worker per processor
    gotestshard -n 4 -f testname -- -race ./internal/...
    gotestshard -n 4 --dist load                  # the tests of one package on several workers
    gotestshard --shard 'unit=go test -json ./...' --shard 'e2e=go test -json -tags e2e ./e2e'
    gotestshard -n auto --partition 2/4           # the second of four parts, each in its own job
    gotestshard -n auto --queue URL --build ID    # what is left to run, as any number of nodes do
    gotestshard -n 4 -f json | tparse             # one go test -json stream for another tool

Flags:
%s

Flags that gotestsum has too:
%s

Modes of --dist, and what stays together in one test process:
    loadscope                a package (the default with -n)
    loadfile                 the tests of one file
    loadgroup                tests of the same group (a directive)
    load                     nothing: batches that shrink as work runs out
    loadsub                  nothing, not even the subtests of a long test, if earlier
                             runs have shown them
    worksteal                nothing: an even split, then idle workers take from others
    each                     everything: every worker runs everything, to find flaky tests
    no                       plain go test, even with -n

Directives, comments in test files for these modes:
    //gotestshard:group NAME directly above a test: its group, for loadgroup; tests of
                             the same group in two packages never run at the same time
    //gotestshard:serial     above a test or the package clause: nothing else runs at the same time
    //gotestshard:split      directly above a test: several processes run its subtests
                             if that is faster, in all modes that split packages
    //gotestshard:together   above the package clause: the package is never split

Formats, and where they put the worker (--worker-prefix):
    dots                     a character for each test; with workers a line per
                             package with the worker in front, when the package ends
    dots-v2                  one package per line, the worker in front of each
                             (experimental; without a terminal it is dots)
    pkgname                  a line for each package, the worker in front
    pkgname-and-test-fails   the same with the output of failed tests, the worker
                             in front of each line
    testname                 a line for each test and package, the worker in front
    testdox                  a sentence for each test, the worker in front of each line
    github-actions           testname with log groups, the worker in the group's title
                             and in front of each line
    standard-quiet           standard go test format, the worker in front of each line
    standard-verbose         standard go test -v format, the worker in front of each
                             line; a line appears when it is complete
    failures                 nothing but the failures, after the tests, each with its place
                             and the command that runs it again; for programs too
    json                     the merged go test -json stream, the worker in the key
                             "Worker"; summaries are printed to standard error if it
                             is a terminal, and omitted otherwise
    With -n, a cached result has no worker: its lines are indented.
    A package that several shards ran has [a,b] as its worker.

Format icons:
    default                  the original unicode (✓, ∅, ✖)
    hivis                    higher visibility unicode (✅, ➖, ❌)
    text                     simple text characters (PASS, SKIP, FAIL)
    codicons, octicons, emoticons
                             these require a font from https://www.nerdfonts.com/

Commands:
    gotestshard last             show the last run again in any format or report, or run again
                                 what failed in it (--failed)
    gotestshard show             do the first for a file of --result
    gotestshard merge            make one report of the results of several CI nodes (--result)
    gotestshard flaky            list tests that fail and pass with the same sources, over many
                                 runs, with the rate of their failures
    gotestshard stress           run tests many times from one build, and group their failures
    gotestshard diagnose         say why each failed test of the last run failed, with the
                                 shortest command that shows it
    gotestshard trial            run the tests whole and split, and say which packages --dist load
                                 is safe for, and which directives to add
    gotestshard cache prepare    make cached results hold in a CI: set the times of files from what
                                 is in them
    gotestshard cache explain    say why the packages of the last run were not cached
    gotestshard cache trim       remove from the go command's build cache what the run did not use
    gotestshard queue serve      run the server from which CI nodes take their tests
    gotestshard queue token      make a token for it that is valid for one build
    gotestshard queue status     show how far a build is
    gotestshard config           print the value of each flag and where it is from; with init
                                 write a commented .gotestshard.toml
    gotestshard tool slowest     find or skip the slowest tests
    gotestshard tool ci-matrix   print a CI matrix for --partition, or put packages into
                                 buckets by their durations
    gotestshard tool timings     import or show test durations
    gotestshard tool report      make a page of the output of go test -json
    gotestshard version          print the version
    gotestshard help             print this help text; -h prints the most common flags

Environment of every test process (with -n or --shard):
    GOTESTSHARD_WORKER         the worker's id, gw0 to gw(N-1), or the shard's name
    GOTESTSHARD_WORKER_INDEX   its index, from 0
    GOTESTSHARD_WORKER_COUNT   the number of workers or shards
    GOTESTSHARD_RUN_ID         the run's id (--run-id)
    GOTESTSHARD_SLOT           0, or another number beside other runs on the machine
    GOTESTSHARD_RUN_DIR        a folder that they all share, removed after the run

In a CI, with -n, --shard or --ci:
    The log is adapted to the CI: it has the output of failed tests folded (GitHub
    Actions, GitLab, Buildkite; the default format is pkgname-and-test-fails),
    annotations at the lines of failures and a summary of the job (GitHub Actions),
    service messages (TeamCity). The CI does not obey commands that tests print.

Environment that gotestshard reads:
%s
                             defaults of the flags of these names; GOTESTSUM_FORMAT
                             and so on work too
    TEST_DIRECTORY           the packages, instead of ./...
    GITHUB_ACTIONS, GITLAB_CI, TEAMCITY_VERSION, BUILDKITE, CIRCLECI, TF_BUILD
                             which CI this is; GITHUB_STEP_SUMMARY, GITHUB_WORKSPACE and
                             CI_PROJECT_DIR are its files and folders
    CI_NODE_INDEX, CIRCLE_NODE_INDEX and the like
                             which node this is, for --partition auto

Configuration file:
    .gotestshard.toml at the root of the module or workspace has defaults of flags: its keys
    are their long names, args has flags of go test, and [profile.ci] is for jobs of a CI.

Exit codes:
    0       everything passed
    1       a test or a build failed (go test's own code; the highest one of
            several shards), or no test ran with --no-tests=fail
    3       gotestshard's own errors: a bad flag, no go command, a shard that cannot
            start, output that is not go test -json, a report that cannot be written,
            --max-fails reached, a rerun that is refused, a failed setup, teardown or
            post-run command
    124     --run-timeout or --silence-timeout ended the run
    127     the command was ended by a signal
    128+N   gotestshard was ended by signal N: 129 for SIGHUP, 130 for
            Ctrl-C, 143 for SIGTERM
`

const mergeHelp = `Usage:
    gotestshard merge [flags] FILES
    gotestshard merge [flags] --queue URL --build ID

gotestshard merge makes one report of the results of several CI nodes. FILES are
the files that gotestshard --result FILE wrote on the nodes, or folders that
contain such files, *.gotestshard. Summary, formats and reports are the same as
for one run; the workers are named PART/WORKER, such as 2/gw0. With --queue, the
results are those of all nodes of a build, and the workers NODE/WORKER.

    gotestshard merge --junitfile report.xml results/
    gotestshard merge --coverprofile cover.out --timings timings.json part-1.gotestshard part-2.gotestshard

Flags:
%s
Exit codes:
    0       everything passed on every node, and nothing is missing
    1       a test or a build failed, or a part or a test is missing, or ran twice
    3       a file that cannot be used, or a report that cannot be written
    other   the exit code of a node; the highest one of several nodes
`
