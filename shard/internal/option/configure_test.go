package option

import (
	commandline "flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/config"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

var update = commandline.Bool("update", false, "write the schema anew")

// inModule makes the working directory a module with a configuration file.
func inModule(t *testing.T, text string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{"go.mod": "module m\n", config.Name: text} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// The values of a file are as if the command line had them, except where it or the
// environment has others.
func TestConfiguration(t *testing.T) {
	clearEnv(t)
	inModule(t, `
workers = 3
dist = "load"
format = "testname"
grace-period = "3s"
max-fails = 4
no-color = true
worker-env = ["A", "B"]
hide-summary = ["skipped", "shards"]
packages = ["./a", "./b"]
args = ["-race", "-run=X"]
junitfile = "file.xml"
`)
	opts := parse(t)
	if opts.Workers != 3 || opts.Dist != plan.Load || opts.Format != "testname" || opts.GracePeriod.Seconds() != 3 || opts.MaxFails != 4 || !opts.NoColor ||
		!slices.Equal(opts.WorkerEnv, []string{"A", "B"}) || !opts.HideShards || !slices.Equal(opts.Packages, []string{"./a", "./b"}) ||
		!slices.Equal(opts.Args, []string{"-race", "-run=X"}) || opts.JUnit.File != "file.xml" || !opts.OwnSummary() {
		t.Errorf("got %+v", opts)
	}
	if got := strings.Join(opts.Command, " "); got != "-- -race -run=X" {
		t.Error(got)
	}
	t.Setenv("GOTESTSHARD_FORMAT", "dots")
	t.Setenv("GOTESTSUM_JUNITFILE", "env.xml")
	opts = parse(t, "--numprocesses", "2", "--worker-env", "C", "--", "-run=Y", "./c")
	if opts.Workers != 2 || opts.Format != "dots" || opts.JUnit.File != "env.xml" || !slices.Equal(opts.WorkerEnv, []string{"C"}) ||
		!slices.Equal(opts.Args, []string{"-race", "-run=X", "-run=Y", "./c"}) {
		t.Errorf("got %+v", opts)
	}
	if got := strings.Join(opts.Command, " "); got != "--numprocesses 2 --worker-env C -- -race -run=X -run=Y ./c" {
		t.Error(got)
	}
	if again := opts.WithGoTest([]string{"./d"}); strings.Join(again.Command, " ") != "--numprocesses 2 --worker-env C -- ./d" {
		t.Error(again.Command)
	}
	for _, args := range []string{"-n 0", "--no-config", "--shard a=x", "--raw-command -- x"} {
		if opts := parse(t, strings.Fields(args)...); opts.Workers != 0 || len(opts.Shards) == 0 && !opts.RawCommand && args != "-n 0" && len(opts.Args) > 0 {
			t.Errorf("%s: got %+v", args, opts)
		}
	}
	opts, err := ParseMerge([]string{"x"}, thisCall())
	if err != nil || opts.Workers != 0 || opts.MaxFails != 0 || opts.JUnit.File != "env.xml" || !opts.HideShards {
		t.Errorf("got %+v, %v", opts, err)
	}
	t.Setenv("GOTESTSUM_JUNITFILE", "")
	opts, err = ParseShow([]string{"x"}, thisCall())
	if err != nil || opts.JUnit.File != "" || !opts.HideShards {
		t.Errorf("got %+v, %v", opts, err)
	}
}

// go test's flags of a file leave the packages as they are without them.
func TestConfiguredArgs(t *testing.T) {
	clearEnv(t)
	inModule(t, `args = ["-race"]`)
	if err := os.WriteFile("x.go", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if opts := parse(t); !slices.Equal(opts.Packages, []string{"./..."}) || opts.OwnSummary() {
		t.Errorf("got %+v", opts)
	}
	if opts := parse(t, "--", "-v"); len(opts.Packages) > 0 || !slices.Equal(opts.Args, []string{"-race", "-v"}) {
		t.Errorf("got %+v", opts)
	}
	// Those of the tests are behind the packages, where go test does not take one for a value.
	inModule(t, "packages = ['./a']\nargs = ['-race', '-update']")
	for args, want := range map[string]string{"": "./a -race -update", "./b -run=X": "./b -race -update -run=X", "./b -args x": "./b -race -update -args x"} {
		if opts := parse(t, append([]string{"--"}, strings.Fields(args)...)...); strings.Join(opts.Args, " ") != want || len(opts.Packages) > 0 {
			t.Errorf("%s: got %v, %v", args, opts.Args, opts.Packages)
		}
	}
	// The packages of the command line are in place of the file's.
	inModule(t, "packages = ['./a']\nargs = ['-race']")
	if opts := parse(t, "./b"); len(opts.Packages) > 0 || !slices.Equal(opts.Args, []string{"-race", "./b"}) {
		t.Errorf("got %+v", opts)
	}
}

func TestProfiles(t *testing.T) {
	clearEnv(t)
	t.Setenv("CI", "")
	inModule(t, `
max-fails = 1
rerun-fails = 1
[profile.ci]
max-fails = 2
[profile.nightly]
inherits = "ci"
rerun-fails = 5
`)
	check := func(args string, fails, reruns int) {
		t.Helper()
		if opts := parse(t, strings.Fields(args)...); opts.MaxFails != fails || opts.RerunFails != reruns {
			t.Errorf("%s: %d, %d", args, opts.MaxFails, opts.RerunFails)
		}
	}
	check("", 1, 1)
	check("--profile nightly", 2, 5)
	t.Setenv("CI", "true")
	check("", 2, 1)
	t.Setenv("GOTESTSHARD_PROFILE", "nightly")
	check("", 2, 5)
	check("--profile ci", 2, 1)
}

// A chain of many profiles is as quick as many profiles.
func TestLongInheritance(t *testing.T) {
	clearEnv(t)
	text := "[profile.p0]\nmax-fails = 7\n"
	for i := range 1500 {
		text += fmt.Sprintf("[profile.p%d]\ninherits = 'p%d'\n", i+1, i)
	}
	inModule(t, text)
	if opts := parse(t, "--profile", "p1500"); opts.MaxFails != 7 {
		t.Errorf("got %+v", opts)
	}
}

func TestConfigurationErrors(t *testing.T) {
	clearEnv(t)
	const at = config.Name + ":1:1: "
	for _, test := range []struct{ text, args, want string }{
		{"worker = 2", "", at + `"worker" is not a key: did you mean workers?`},
		{"n = 2", "", at + `"n" is not a key: did you mean workers? `},
		{"'' = 2", "", at + `"" is not a key: gotestshard --help`},
		{"numprocesses = 2", "", at + `"numprocesses" is for the command line only`},
		{"plan = 'text'", "", at + `"plan" is for the command line only`},
		{"config = 'x'", "", at + `"config" is for the command line only`},
		{"workers = 'many'", "", at + `workers: "many": write a number from 0 to 10000, auto or logical`},
		{"workers = true", "", at + `workers: this is true or false: write a whole number, or a text such as "auto"`},
		{"dist = 'laod'", "", at + `dist: "laod": did you mean load? write one of loadscope, `},
		{"dist = 3", "", at + `dist: this is a whole number: write one of "loadscope", "loadfile"`},
		{"grace-period = '5'", "", at + `grace-period: "5": must be a duration`},
		{"grace-period = 5", "", at + `grace-period: this is a whole number: write a text with a unit`},
		{"grace-period = '-5s'", "", at + `grace-period: -5s is negative: write a text with a unit`},
		{"max-fails = -1", "", at + `max-fails: -1 is negative: write a whole number`},
		{"no-color = 'yes'", "", at + "no-color: this is a text: write true or false"},
		{"worker-env = 'A'", "", at + "worker-env: this is a text: write a list of texts"},
		{"worker-env = ['A', 1]", "", at + "worker-env: the list has a whole number: write a list"},
		{"max-fails = 2027-01-31", "", at + "max-fails: this is a date: write a whole number"},
		{"format = {a = 1}", "", at + "format: this is a table: write a text"},
		{"args = '-race'", "", at + "args: this is a text: write a list"},
		{"args = ['./a']", "", at + `args: "./a" is a package, and`},
		{"args = ['-v', '-run']", "", config.Name + ":1:15: args: -run has no value: write -run=VALUE"},
		{"args = ['']", "", config.Name + `:1:9: args: "" is not a flag`},
		{"args = ['-v', '-C=a']", "", config.Name + ":1:15: args: -C=a is for the command line only"},
		{"inherits = 'a'", "", at + `"inherits" is not a key`},
		{"profile = 1", "", at + "profile: this is a whole number: write a table for each profile"},
		{"[profile]\nci = 1", "", config.Name + ":2:1: ci: this is a whole number: write a table, [profile.ci]"},
		{"[profile.a]\nfromat = 'x'", "", config.Name + `:2:1: "fromat" is not a key: did you mean format?`},
		{"[profile.a]\ninherits = 'b'", "", config.Name + `:2:1: inherits: there is not a profile "b": write one of a`},
		{"[profile.a]\ninherits = 'b'\n[profile.b]\ninherits = 'c'\n[profile.c]\ninherits = 'b'", "", config.Name + `:6:1: inherits: the profile "b" inherits from itself`},
		{"[profile.c]\ninherits = 'a'\n[profile.a]\ninherits = 'a'", "", config.Name + `:4:1: inherits: the profile "a" inherits from itself`},
		{"[profile.'']\nworkers = 2", "", config.Name + ":1:10: this profile has no name"},
		{"[profile.a]\ninherits = 'a'", "", config.Name + `:2:1: inherits: the profile "a" inherits from itself`},
		{"[profile.ci]", "--profile cj", config.Name + ` has no profile "cj", which --profile cj asks for: did you mean ci? write one of ci`},
		{"", "--profile cj", config.Name + ` has no profile "cj", which --profile cj asks for: the file has none`},
		{"required-version = '1.x'", "", at + `required-version: "1.x" is not a version`},
		{"required-version = '1.3.0'\nnew = 1", "", at + "this file needs gotestshard 1.3.0, and this is v1.2.3: install a newer one"},
		{"required-version = '1.2.3'\nnew = 1", "", config.Name + `:2:1: "new" is not a key`},
		{"format = 'tesname'", "", "\n" + at + "format is set here"},
		{"workers = 2\nraw-command = true", "", "-n and --raw-command cannot be used together"},
		{"workers = 2\nraw-command = true", "", "\n" + at + "workers is set here\n" + config.Name + ":2:1: raw-command is set here"},
		{"workers = 2", "--dist each --rerun-fails --no-config", "--dist each needs workers"},
		{"workers = 2", "--config x --no-config", "--config and --no-config cannot be used together"},
		{"[profile.a]", "--profile a --no-config", "--profile and --no-config cannot be used together"},
		{"workers = 2", "--config none.toml", "reading the configuration file: open none.toml"},
	} {
		inModule(t, test.text)
		call := thisCall()
		call.Program = "v1.2.3"
		if _, err := Parse(strings.Fields(test.args), call); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q, %s: %v, want %s", test.text, test.args, err, test.want)
		}
	}
	t.Chdir(t.TempDir())
	if _, err := Parse([]string{"--profile", "x"}, thisCall()); err == nil || !strings.Contains(err.Error(), "--profile x needs a configuration file") {
		t.Error(err)
	}
	t.Setenv("GOTESTSHARD_PROFILE", "y")
	if _, err := Parse(nil, thisCall()); err == nil || !strings.Contains(err.Error(), "GOTESTSHARD_PROFILE=y needs a configuration file") {
		t.Error(err)
	}
}

// Another run has the flags that the file has for it, but not its reports; the kept command
// line has those of go test.
func TestAgainWithConfiguration(t *testing.T) {
	clearEnv(t)
	again := func(text, command, args string) string {
		t.Helper()
		inModule(t, text)
		l, err := ParseLast(strings.Fields(args), thisCall())
		if err != nil {
			t.Fatal(err)
		}
		opts, err := l.Last.Again(strings.Fields(command), thisCall())
		if err != nil {
			return err.Error()
		}
		return strings.Join(opts.Command, " ")
	}
	const file = "workers = 3\ndist = 'load'\njunitfile = 'x.xml'\nargs = ['-race']\nhide-summary = ['skipped', 'output']\n"
	for _, test := range []struct{ text, command, args, want string }{
		{file, "-- -race ./a", "--failed", "--no-config --workers=3 --dist=load --hide-summary=skipped,output -- -race ./a"},
		{file, "-n 2 -- -race", "--failed -n 4", "--no-config --dist=load --hide-summary=skipped,output --workers=4 -- -race"},
		{file, "-- -race", "--same-process TestX", "--no-config --hide-summary=skipped,output --workers=1 --no-keep=true -- -race"},
		{"dist = 'no'\nworkers = 2", "", "--failed", "--no-config --workers=auto --"},
		{"shard = ['a=x']", "", "--failed", "the last run has --shard, whose command can be anything"},
	} {
		if got := again(test.text, test.command, test.args); !strings.HasPrefix(got, test.want) {
			t.Errorf("%s, then last %s: %s, want %s", test.command, test.args, got, test.want)
		}
	}
}
