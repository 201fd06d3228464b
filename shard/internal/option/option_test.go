package option

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/ci"
	"github.com/gotestshard/gotestshard/shard/internal/node"
)

// thisCall is a call with the environment of this process.
func thisCall() Call { return Call{Environ: os.Environ(), Plain: true} }

// clearEnv takes out of the environment what Parse reads.
func clearEnv(t *testing.T) {
	t.Helper()
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "GOTESTS") || name == "TEST_DIRECTORY" {
			t.Setenv(name, "")
		}
	}
	for _, name := range node.Variables() {
		t.Setenv(name, "")
	}
}

func parse(t *testing.T, args ...string) Options {
	t.Helper()
	opts, err := Parse(args, thisCall())
	if err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	return opts
}

func TestDefaultsAreGotestsums(t *testing.T) {
	clearEnv(t)
	opts := parse(t)
	if opts.Format != "pkgname" || opts.Workers != 0 || opts.Distributed() || opts.WorkerPrefix ||
		opts.HideSummary != testjson.SummarizeAll || len(opts.Args) != 0 || opts.GracePeriod != 10*time.Second {
		t.Errorf("got %+v", opts)
	}
}

// A command line that cannot be meant is refused before anything starts.
func TestRefused(t *testing.T) {
	clearEnv(t)
	for args, want := range map[string]string{
		"-n x":                             "write a number from 0 to 10000",
		"-n 2 --shard x":                   "-n and --shard cannot be used together",
		"-n 2 --raw-command":               "-n and --raw-command cannot be used together",
		"-n 2 --max-workers -1":            "--max-workers -1 is negative",
		"-n 2 --max-worker-restart -1":     "--max-worker-restart -1 is negative",
		"-n 2 --dist fair":                 "write one of loadscope, loadfile, loadgroup, load, loadsub, worksteal, each, no",
		"--dist load":                      "--dist load needs workers",
		"--plan":                           "--plan needs workers",
		"-n 2 --collect-only --dist no":    "--plan needs workers",
		"-n 2 --plan --watch":              "--plan and --watch cannot be used together",
		"-n 2 --dist each --rerun-fails":   "--dist each and --rerun-fails cannot be used together",
		"--shard x --raw-command":          "--shard and --raw-command cannot be used together",
		"--shard x -- ./a":                 `the arguments "./a" do not belong to a --shard command`,
		"--shard a=x --shard a=y":          "two shards are named a",
		"--shard gw1=x --shard y":          "two shards are named gw1",
		"--shard a=":                       "the command is empty",
		"--shard a'":                       "is a quote missing",
		"--shard a|b;":                     "the command runs without a shell",
		"--rerun-fails --shard x":          "--rerun-fails and --shard cannot be used together",
		"--rerun-fails -- -race":           "the list of packages to test must be specified",
		"-n 2 --rerun-fails -- --failfast": ErrFailFast.Error(),
		"--worker-env 1A":                  `--worker-env "1A" is not a valid environment variable name`,
		"--run-id=":                        `--run-id "" is not valid`,
		"--run-id -x":                      `--run-id "-x" is not valid`,
		"--grace-period -1s":               "--grace-period -1s is negative",
		"--teardown-timeout 0s":            "--teardown-timeout 0s is not above 0",
		"--setup= --teardown=":             "--setup has no command",
		"--teardown=":                      "--teardown has no command",
		"--setup a;":                       "--setup runs without a shell",
		"--ci here":                        "write one of auto, github, gitlab, teamcity, buildkite, none",
		"--hide-summary x":                 "value must be one or more of",
		"-f what":                          "what",
		"--unknown":                        "unknown flag: --unknown; gotestshard --help lists the flags; write the flags of go test after --",
		"--dsit load":                      "unknown flag: --dsit; did you mean --dist? gotestshard --help lists the flags; write",
		"-run X":                           "unknown shorthand flag: 'r' in -run; gotestshard --help",
		"--junit x":                        "did you mean --junitfile? ",
		"-workers 2":                       "did you mean --workers? ",
		"-n 2 --dist lod":                  "did you mean load? write one of",
		"-f testnam":                       "unknown format testnam; did you mean testname? the formats are",
		"--hide-summary shrads":            "did you mean shards? value must be",
		"--junitfile-testsuite-name fulll": "invalid value: fulll, did you mean full? must be",
	} {
		_, err := Parse(strings.Fields(args), thisCall())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", args, err, want)
		}
	}
	for _, no := range []bool{true, false} { // how the error is to be shown
		if opts, err := Parse([]string{fmt.Sprintf("--no-color=%v", no), "--plan"}, thisCall()); err == nil || opts.NoColor != no {
			t.Errorf("%v, --no-color=%v was forgotten", err, no)
		}
	}
}

// A flag of ours behind a package would silently be go test's.
func TestFlagsBehindPackages(t *testing.T) {
	clearEnv(t)
	for args, refused := range map[string]string{
		"./a --html x":             "--html",
		"-n 2 ./a -race --html=x":  "--html=x",
		"-n 2 ./a --junitfile x":   "--junitfile",
		"./a --junitfile x":        "", // as gotestsum
		"-n 2 ./a -f testname":     "-f",
		"./a -n 4":                 "-n",
		"./a -n auto":              "-n",
		"./a -n=4":                 "-n=4",
		"./a -n4":                  "-n4",
		"./a -n":                   "", // go test's
		"./a -n ./b":               "",
		"-n 2 ./a -timeout 3s -v":  "",
		"-n 2 ./a -html x":         "", // of the tests
		"-n 2 ./a -args --html x":  "",
		"-n 2 -- ./a --html x":     "",
		"--raw-command cat --plan": "",
	} {
		opts, err := Parse(strings.Fields(args), thisCall())
		switch {
		case refused == "" && (err != nil || len(opts.Args) == 0):
			t.Errorf("%s: %v", args, err)
		case refused != "" && (err == nil || !strings.HasPrefix(err.Error(), "flags of gotestshard go before the packages: write "+refused+" before ./a;")):
			t.Errorf("%s: %v", args, err)
		}
	}
}

func TestWorkers(t *testing.T) {
	clearEnv(t)
	for args, want := range map[string]int{
		"-n 4": 4, "-n4": 4, "--workers=4": 4, "--numprocesses 4": 4, "-n 0": 0,
		"-n auto": runtime.GOMAXPROCS(0), "-n logical": runtime.NumCPU(),
		"-n 8 --max-workers 3": 3, "-n 2 --max-workers 3": 2, "-n 2 --max-workers 0": 2,
		"-n 4 --dist no": 0, "-n 4 --dist loadscope": 4,
	} {
		if got := parse(t, strings.Fields(args)...).Workers; got != want {
			t.Errorf("%s: %d workers, want %d", args, got, want)
		}
	}
}

func TestArgumentsOfGoTest(t *testing.T) {
	clearEnv(t)
	for args, want := range map[string]string{
		"-n 2 -- -race ./a":     "-race ./a",
		"-n 2 ./a -race":        "./a -race",
		"-n 2 -f none -- -n -f": "-n -f",
		"-- -- x":               "-- x",
	} {
		if got := strings.Join(parse(t, strings.Fields(args)...).Args, " "); got != want {
			t.Errorf("%s: %q, want %q", args, got, want)
		}
	}
}

func TestShardNames(t *testing.T) {
	clearEnv(t)
	opts := parse(t, "--shard", "unit=go test -json ./...", "--shard", `env A=b go "x y"`, "--shard", "a.b-c_1=x")
	if got := opts.ShardNames(); !slices.Equal(got, []string{"unit", "gw1", "a.b-c_1"}) {
		t.Errorf("got %q", got)
	}
	if got := opts.Shards[1].Command; !slices.Equal(got, []string{"env", "A=b", "go", "x y"}) {
		t.Errorf("got %q", got)
	}
}

func TestWorkerPrefix(t *testing.T) {
	clearEnv(t)
	for args, want := range map[string]bool{
		"": false, "-n 1": false, "-n 2": true, "-n 2 --worker-prefix never": false,
		"-n 1 --worker-prefix always": true, "--worker-prefix always": false, "--shard a=x": false,
	} {
		if got := parse(t, strings.Fields(args)...).WorkerPrefix; got != want {
			t.Errorf("%s: %v, want %v", args, got, want)
		}
	}
}

func TestHideSummary(t *testing.T) {
	clearEnv(t)
	for value, want := range map[string]struct {
		sections testjson.Summary
		shards   bool
	}{
		"shards":         {testjson.SummarizeAll, true},
		"skipped":        {testjson.SummarizeAll - testjson.SummarizeSkipped, false},
		"shards,skipped": {testjson.SummarizeAll - testjson.SummarizeSkipped, true},
		"all":            {testjson.SummarizeNone, true},
		"none":           {testjson.SummarizeAll, false},
		"":               {testjson.SummarizeAll, false},
	} {
		opts := parse(t, "--hide-summary="+value)
		if opts.HideSummary != want.sections || opts.HideShards != want.shards {
			t.Errorf("%s: %v, %v", value, opts.HideSummary, opts.HideShards)
		}
	}
}

func TestEnvironment(t *testing.T) {
	clearEnv(t)
	t.Setenv("GOTESTSUM_FORMAT", "dots")
	if got := parse(t).Format; got != "dots" {
		t.Errorf("got %s", got)
	}
	t.Setenv("GOTESTSHARD_FORMAT", "testname")
	if got := parse(t).Format; got != "testname" {
		t.Errorf("got %s", got)
	}
	if got := parse(t, "-f", "testdox").Format; got != "testdox" {
		t.Errorf("got %s", got)
	}
	t.Setenv("TEST_DIRECTORY", "./d")
	if got := parse(t).Packages; !slices.Equal(got, []string{"./d"}) {
		t.Errorf("got %q", got)
	}
	if got := parse(t, "--packages", "./a ./b").Packages; !slices.Equal(got, []string{"./a", "./b"}) {
		t.Errorf("got %q", got)
	}
}

func TestRunID(t *testing.T) {
	clearEnv(t)
	if a, b := parse(t).RunID, parse(t).RunID; a == b || len(a) != 36 {
		t.Errorf("got %q and %q", a, b)
	}
	if got := parse(t, "--run-id", "build-7.1_x").RunID; got != "build-7.1_x" {
		t.Errorf("got %q", got)
	}
}

func TestWatch(t *testing.T) {
	clearEnv(t)
	t.Setenv("TEST_DIRECTORY", "./dir/...")
	if got := parse(t).Packages; !slices.Equal(got, []string{"./dir/..."}) {
		t.Errorf("packages %q", got)
	}
	if got := parse(t, "--watch").Packages; len(got) != 0 { // as in gotestsum
		t.Errorf("packages %q", got)
	}
	if parse(t, "--watch").RunIDGiven || !parse(t, "--watch", "--run-id", "x").RunIDGiven {
		t.Error("who chose the run id is not known")
	}
	if _, err := Parse([]string{"--watch", "--shard", "go test -json"}, thisCall()); err == nil || !strings.HasPrefix(err.Error(), "--watch and --shard cannot be used together") {
		t.Error(err)
	}
}

// Without a flag of ours a job's output stays gotestsum's; a run inside of a test is
// not a job.
func TestCI(t *testing.T) {
	for _, test := range []struct {
		env, args string
		ci        ci.Provider
		format    string
	}{
		{"", "", ci.None, "pkgname"},
		{"", "-n 2", ci.None, "pkgname"},
		{"", "--ci auto -n 2", ci.None, "pkgname"},
		{"", "--ci gitlab", ci.GitLab, "pkgname-and-test-fails"},
		{"GITHUB_ACTIONS=true", "", ci.None, "pkgname"},
		{"GITHUB_ACTIONS=true", "--summary-md x", ci.None, "pkgname"},
		{"GITHUB_ACTIONS=true", "--html x", ci.None, "pkgname"},
		{"GITHUB_ACTIONS=true", "-n 0", ci.None, "pkgname"},
		{"GITHUB_ACTIONS=true", "-n 2 --dist no", ci.None, "pkgname"},
		{"GITHUB_ACTIONS=true", "-n 2", ci.GitHub, "pkgname-and-test-fails"},
		{"GITHUB_ACTIONS=true", "--shard x", ci.GitHub, "pkgname-and-test-fails"},
		{"GITHUB_ACTIONS=true", "--ci auto", ci.GitHub, "pkgname-and-test-fails"},
		{"GITHUB_ACTIONS=true", "-n 2 --ci none", ci.None, "pkgname"},
		{"GITHUB_ACTIONS=true", "-n 2 --ci teamcity", ci.TeamCity, "pkgname"},
		{"GITHUB_ACTIONS=true", "-n 2 -f dots", ci.GitHub, "dots"},
		{"GITHUB_ACTIONS=true", "-n 2 -f pkgname", ci.GitHub, "pkgname"},
		{"GITHUB_ACTIONS=true GOTESTSUM_FORMAT=testname", "-n 2", ci.GitHub, "testname"},
		{"GITHUB_ACTIONS=true GOTESTSHARD_WORKER=gw1", "-n 2", ci.None, "pkgname"},
		{"GITHUB_ACTIONS=true GOTESTSHARD_WORKER=gw1", "-n 2 --ci github", ci.GitHub, "pkgname-and-test-fails"},
		{"GITHUB_ACTIONS=true", "-n 2 --watch", ci.None, "pkgname"},
		{"BUILDKITE=true", "-n 2", ci.Buildkite, "pkgname-and-test-fails"},
		{"TEAMCITY_VERSION=1", "-n 2", ci.TeamCity, "pkgname"},
		{"CIRCLECI=true", "-n 2", ci.CircleCI, "pkgname"},
	} {
		t.Run(test.env+" "+test.args, func(t *testing.T) {
			clearEnv(t)
			t.Setenv("GITHUB_STEP_SUMMARY", "step.md")
			t.Setenv("GITHUB_WORKSPACE", "/work")
			for variable := range strings.FieldsSeq(test.env) {
				name, value, _ := strings.Cut(variable, "=")
				t.Setenv(name, value)
			}
			opts := parse(t, strings.Fields(test.args)...)
			if opts.CI != test.ci || opts.Format != test.format {
				t.Errorf("%s, %s", opts.CI, opts.Format)
			}
			if github := test.ci == ci.GitHub; (opts.StepSummary == "step.md") != github || (opts.Workspace == "/work") != github {
				t.Errorf("summary %q, workspace %q", opts.StepSummary, opts.Workspace)
			}
		})
	}
}
