package option

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestParseStress(t *testing.T) {
	inModule(t, "format = \"testname\"\njunitfile = \"x.xml\"\nworkers = 3\nrerun-fails = 2\n")
	for args, want := range map[string]string{
		"./store -run TestX":               "100 0s 3 -count=1 ./store -run TestX",
		"./store -run TestX --count 7":     "7 0s 3 -count=1 ./store -run TestX",
		"-count=7 -race ./store":           "7 0s 3 -count=1 -race ./store",
		"-count 7 -n8 ./a -n 8":            "7 0s 8 -count=1 ./a",
		"--for 5m -n=2 ./a":                "0 5m0s 2 -count=1 ./a",
		"--for 5m --count 3 ./a":           "3 5m0s 3 -count=1 ./a",
		"-for=5m --workers 2 -- ./a -v":    "0 5m0s 2 -count=1 ./a -v",
		"--changed main":                   "20 0s 3 ./... -count=1",
		"--changed main --count 3 ./a":     "3 0s 3 -count=1 ./a",
		"./a -shuffle 5 -coverprofile=x":   "100 0s 3 seed 5 -count=1 ./a",
		"./a -shuffle=off":                 "100 0s 3 unshuffled -count=1 ./a",
		"./a -update -args -count 3":       "100 0s 3 -count=1 ./a -update -args -count 3",
		"./a --worker-env A --max-fails=1": "100 0s 3 -count=1 ./a",
		"-race":                            "100 0s 3 ./... -count=1 -race",
	} {
		s, err := ParseStress(strings.Fields(args), Call{})
		seed, shuffled := s.Seed()
		more := ""
		if seed != 0 {
			more = fmt.Sprintf("seed %d ", seed)
		}
		if !shuffled {
			more = "unshuffled "
		}
		got := fmt.Sprintf("%d %v %d %s%s", s.Count, s.For, s.Workers, more, strings.Join(s.Args, " "))
		if err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", args, got, err, want)
		}
		if s.JUnit.File != "" || s.Format != "none" || s.RerunFails != 0 || s.Keep || s.Area {
			t.Errorf("%s: the run shows or writes something", args)
		}
	}
	for args, want := range map[string]string{
		"--help":            ErrHelp.Error(),
		"./a -h":            ErrHelp.Error(),
		"--coutn 3":         "unknown flag: --coutn; did you mean --count? gotestshard stress --help lists the flags",
		"--junitfile x":     "unknown flag: --junitfile; gotestshard stress --help lists the flags",
		"--count 0 ./a":     "--count 0 is not above 0",
		"--for -1s ./a":     "--for -1s is not above 0",
		"--changed= ./a":    "--changed is empty",
		"-n 0 ./a":          "gotestshard stress needs workers",
		"-bench . ./a":      "-bench cannot be used with gotestshard stress",
		"-shuffle=x ./a":    "-shuffle x is neither on, off nor a number",
		"--count x ./a":     `invalid argument "x" for "--count" flag`,
		"./a --count":       "flag needs an argument: --count",
		"--for 5 minutes":   `invalid argument "5" for "--for" flag`,
		"--changed main -c": "-c cannot be used with gotestshard stress",
	} {
		if _, err := ParseStress(strings.Fields(args), Call{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", args, err, want)
		}
	}
	var help strings.Builder
	if err := (Stress{}).WriteHelp(&help); err != nil || !strings.Contains(help.String(), "--changed COMMIT") || strings.Contains(help.String(), "junitfile") {
		t.Errorf("%v, %s", err, &help)
	}
	inModule(t, "[profile.ci]\nworkers = 3\n")
	if s, err := ParseStress([]string{"--profile", "ci", "./a"}, Call{}); err != nil || s.Workers != 3 {
		t.Errorf("%v, %v", s.Workers, err)
	}
	if s, err := ParseStress([]string{"--link-cache=off", "./a"}, Call{}); err != nil || s.LinkCache != "" {
		t.Errorf("%v, %v", s.LinkCache, err)
	}
	if s, err := ParseStress([]string{"--for", "1m", "./a"}, Call{}); err != nil || s.For != time.Minute {
		t.Errorf("%v, %v", s.For, err)
	}
	if _, err := ParseFlaky([]string{"--json", "--suggest"}, Call{}); err == nil {
		t.Error("--json and --suggest exclude each other")
	}
	if asked, err := ParseFlaky([]string{"a", "--all", "b"}, Call{}); err != nil || !asked.All || len(asked.Files) != 2 {
		t.Errorf("%+v, %v", asked, err)
	}
	if _, err := ParseFlaky([]string{"-h"}, Call{}); !errors.Is(err, ErrHelp) {
		t.Error(err)
	}
}
