package option

import (
	"slices"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
)

func TestParseLast(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"", ""}, {"-f testname --html report.html", ""},
		{"--failed", ""}, {"--failed -n 2 --html x.html -- -race", ""}, {"--same-process TestX --packages ./a", ""},
		{"-n 2", "--workers is for a run, and gotestshard last only shows the last one; add --failed or --same-process TEST to run it again"},
		{"./a", `takes no arguments, but there is "./a"; to show a file, write gotestshard show FILE`},
		{"--packages ./a", "--packages is for --same-process"}, {"--failed --packages ./a", "--packages is for --same-process"},
		{"--failed --same-process TestX", "cannot be used together"},
		{"--failed -- -race ./a", `"./a" is a package, and gotestshard last runs those of the last run`},
		{"--failed --plan", "--plan cannot be used with gotestshard last --failed or --same-process"},
		{"--failde", "unknown flag: --failde; did you mean --failed? gotestshard last --help lists the flags"},
		{"--help", ErrHelp.Error()},
	} {
		opts, err := ParseLast(strings.Fields(c.args), Call{})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %s", c.args, err, c.want)
		}
		if again := strings.Contains(c.args, "failed") || strings.Contains(c.args, "same"); err == nil && (opts.Last != nil) != again || err == nil && (opts.Merge != nil) == again {
			t.Errorf("%s: %+v", c.args, opts)
		}
		if opts.Keep {
			t.Errorf("%s keeps a run", c.args)
		}
	}
}

func TestParseShow(t *testing.T) {
	opts, err := ParseShow([]string{"-f", "dots", "x.gotestshard"}, Call{})
	if err != nil || !opts.Merge.Single || !slices.Equal(opts.Merge.Files, []string{"x.gotestshard"}) || opts.Format != "dots" {
		t.Errorf("%+v, %v", opts, err)
	}
	for _, args := range [][]string{nil, {"a", "b"}} {
		if _, err := ParseShow(args, Call{}); err == nil || !strings.Contains(err.Error(), "needs one file") {
			t.Errorf("%q: %v", args, err)
		}
	}
}

// A run of some tests again has the flags of the earlier one, except its reports.
func TestAgain(t *testing.T) {
	for _, c := range []struct{ before, now, want string }{
		{"-n 2 --dist load --worker-env A", "--failed", "--workers=2 --dist=load --worker-env=A --"},
		{"-n 2 --html x.html --trace x.json --svg x.svg --failures-file f.json --junitfile=j.xml --partition 1/2 --run-id x --post-run-command true --ci none", "--failed", "--workers=2 --"},
		{"-n 2 --worker-env A -- -race ./a -args x", "--failed -n 3 --worker-env B -- -v", "--workers=3 --worker-env=B -- -race ./a -v -args x"},
		{"--html x.html --packages ./a -- -race", "--failed", "--workers=auto -- -race"},
		{"-n 4 --dist no --rerun-fails -- -race", "--failed", "--rerun-fails=2 --workers=auto -- -race"},
		{"-n 0 --watch --watch-start", "--failed", "--workers=auto --"},
		{"-n 4 --dist load -f dots", "--same-process TestX -f testname", "--format=testname --workers=1 --no-keep=true --"},
		{"--shard true", "--failed", "error: the last run has --shard"},
		{"--ci github --raw-command ./x", "--failed", "error: the last run has --raw-command"},
	} {
		asked, err := ParseLast(strings.Fields(c.now), Call{})
		if err != nil {
			t.Fatal(err)
		}
		opts, err := asked.Last.Again(strings.Fields(c.before), Call{})
		got := strings.Join(opts.Command, " ")
		if err != nil {
			got = "error: " + err.Error()
		}
		if got != c.want && (err == nil || !strings.HasPrefix(got, c.want)) {
			t.Errorf("%s, then last %s: %s, want %s", c.before, c.now, got, c.want)
		}
		if err == nil && opts.Keep == (asked.Last.SameProcess != "") {
			t.Errorf("last %s: it is kept: %v", c.now, opts.Keep)
		}
	}
}

// The environment says where the report of all tests goes, which a run of some of them leaves as
// it is.
func TestAgainWithReportsInTheEnvironment(t *testing.T) {
	call := Call{Environ: environ.List{"GOTESTSHARD_JUNITFILE=all.xml", "GOTESTSUM_JSONFILE=all.json", "GOTESTSHARD_FORMAT=dots", "OTHER=x"}}
	for args, want := range map[string]string{"--failed": "", "--failed --junitfile some.xml": "some.xml", "--same-process TestX": ""} {
		asked, err := ParseLast(strings.Fields(args), call)
		if err != nil {
			t.Fatal(err)
		}
		opts, err := asked.Last.Again([]string{"-n", "2"}, call)
		if err != nil || opts.JUnit.File != want || opts.JSONFile != "" || opts.Format != "dots" || !slices.Equal(opts.Environ, call.Environ) {
			t.Errorf("%s: %+v, %v", args, opts, err)
		}
	}
}

func TestKeep(t *testing.T) {
	for _, c := range []struct {
		args, env string
		want      bool
	}{
		{"", "", false}, {"-f dots --junitfile x.xml --watch", "", false}, {"-n 2", "", true}, {"--shard true", "", true}, {"--html x.html", "", true},
		{"-n 2 --no-keep", "", false}, {"-n 2", "GOTESTSHARD_NO_KEEP=true", false}, {"--no-keep=false", "", false},
		{"-n 2", "CI=true", false}, {"-n 2", "CI=false", true}, {"-n 2", "GITHUB_ACTIONS=true", false}, {"-n 2 --no-keep=false", "CI=true", true},
		{"-n 2", "GOTESTSHARD_WORKER=gw0", false},
	} {
		opts, err := Parse(strings.Fields(c.args), Call{Environ: environ.List{c.env}})
		if err != nil || opts.Keep != c.want {
			t.Errorf("%s with %s: %v, %v", c.args, c.env, opts.Keep, err)
		}
	}
}
