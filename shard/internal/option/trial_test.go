package option

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

func TestParseTrial(t *testing.T) {
	inModule(t, "format = \"testname\"\njunitfile = \"x.xml\"\nworkers = 3\nrerun-fails = 2\nmax-fails = 1\n")
	for args, want := range map[string]string{
		"":                                    "load 3 2m0s 0 ./... -count=1 | -",
		"./a -race":                           "load 3 2m0s 0 -count=1 ./a -race | ./a -race",
		"-n 8 -- ./a -count=7":                "load 8 2m0s 0 -count=1 ./a | --workers=8 ./a -count=7",
		"--dist loadgroup -shuffle=5 ./a":     "loadgroup 3 2m0s 5 -count=1 ./a | -shuffle=5 ./a",
		"--diagnose-budget 1m ./a -failfast":  "load 3 1m0s 0 -count=1 ./a | ./a -failfast",
		"--dist=worksteal -shuffle on -run=A": "worksteal 3 2m0s 0 ./... -count=1 -run=A | -shuffle on -run=A",
	} {
		trial, err := ParseTrial(strings.Fields(args), Call{})
		again := strings.Join(trial.Again, " ")
		if again == "" {
			again = "-"
		}
		got := fmt.Sprintf("%s %d %v %d %s | %s", trial.Dist, trial.Workers, trial.Budget, trial.Seed, strings.Join(trial.Args, " "), again)
		if err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", args, got, err, want)
		}
		whole, split := trial.Whole("w"), trial.Split("s", 7, nil)
		if whole.Dist != "loadscope" || whole.Scatter != 0 || split.Scatter != 7 || split.Dist != trial.Dist || whole.RunID == split.RunID {
			t.Errorf("%s: %+v %+v", args, whole.Distribution, split.Distribution)
		}
		for _, o := range []Options{whole, split} {
			if o.JUnit.File != "" || o.Format != "none" || o.RerunFails != 0 || o.Keep || o.Area || o.MaxFails != 0 {
				t.Errorf("%s: a run shows or writes something, or ends early", args)
			}
		}
	}
	for args, want := range map[string]string{
		"-h":                   ErrHelp.Error(),
		"--junitfile x":        "unknown flag: --junitfile; gotestshard trial --help lists the flags",
		"-n 1":                 "gotestshard trial needs at least 2 workers",
		"-n 0":                 "gotestshard trial needs at least 2 workers",
		"--max-workers 1":      "gotestshard trial needs at least 2 workers",
		"--dist each":          "gotestshard trial tries a mode that splits packages",
		"--dist no":            "gotestshard trial tries a mode that splits packages",
		"-shuffle=off":         "-shuffle=off cannot be used with gotestshard trial",
		"-shuffle=x":           "-shuffle x is neither on, off nor a number",
		"-fuzz .":              "-fuzz cannot be used with gotestshard trial",
		"--diagnose-budget 0s": "--diagnose-budget 0s is not above 0",
	} {
		if _, err := ParseTrial(strings.Fields(args), Call{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", args, err, want)
		}
	}
}

// The mode is that of the configuration file if it splits packages. One worker of the machine is
// not enough.
func TestTrialModes(t *testing.T) {
	for file, want := range map[string]string{
		"dist = \"loadfile\"\n":                 "loadfile",
		"workers = 2\ndist = \"loadscope\"\n":   "load",
		"workers = 2\ndist = \"no\"\n":          "load",
		"[profile.ci]\ndist = \"loadgroup\"\n":  "load",
		"workers = 2\ndist = \"loadgroup\"\n\n": "loadgroup",
	} {
		inModule(t, file)
		if trial, err := ParseTrial(nil, Call{}); err != nil || string(trial.Dist) != want || trial.Workers < 2 {
			t.Errorf("%q: %s on %d workers, %v, want %s", file, trial.Dist, trial.Workers, err, want)
		}
	}
	inModule(t, "")
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if trial, err := ParseTrial(nil, Call{}); err != nil || trial.Workers < 2 {
		t.Errorf("%d workers, %v", trial.Workers, err)
	}
	var help strings.Builder
	if err := (Trial{}).WriteHelp(&help); err != nil || !strings.Contains(help.String(), "--diagnose-budget TIME") || strings.Contains(help.String(), "junitfile") {
		t.Errorf("%v, %s", err, &help)
	}
}
