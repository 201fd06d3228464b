package option

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestParseDiagnose(t *testing.T) {
	for args, want := range map[string]string{
		"":                             "2m0s  []",
		"x.gotestshard":                "2m0s x.gotestshard []",
		"--diagnose-budget 1h x -- -v": "1h0m0s x [-v]",
		"-- -race":                     "2m0s  [-race]",
	} {
		d, err := ParseDiagnose(strings.Fields(args), Call{})
		if got := fmt.Sprint(d.Budget, " ", d.File, " ", d.args); err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", args, got, err, want)
		}
	}
	for args, want := range map[string]string{
		"-h":                   ErrHelp.Error(),
		"--diagnose-budget 0s": "--diagnose-budget 0s is not above 0; write a time such as 2m",
		"a b":                  "takes one file that --result wrote, but there are 2",
		"-- ./store":           `"./store" is a package`,
		"--diagnose-budgt 1m":  "did you mean --diagnose-budget?",
	} {
		if _, err := ParseDiagnose(strings.Fields(args), Call{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", args, err, want)
		}
	}
	if _, err := ParseDiagnose([]string{"--help"}, Call{}); !errors.Is(err, ErrHelp) {
		t.Error(err)
	}
}

// Another run is like the one of the result, but shows, writes and repeats nothing.
func TestDiagnoseAgain(t *testing.T) {
	inModule(t, "junitfile = \"x.xml\"\nmax-workers = 1\n")
	d, err := ParseDiagnose([]string{"--", "-short"}, Call{})
	if err != nil {
		t.Fatal(err)
	}
	opts, err := d.Again(strings.Fields("-n8 --dist load --worker-env A --rerun-fails=2 --max-fails 3 --html x.html -- -race ./..."), 4)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(opts.Workers, opts.Dist, opts.Args, opts.RerunFails, opts.MaxFails, opts.HTML, opts.JUnit.File, opts.Keep, opts.Format)
	if want := "4loadscope[-race ./... -short] 0 0falsenone"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if _, err := d.Again([]string{"--shard", "a=b"}, 4); err == nil || !strings.Contains(err.Error(), "--shard") {
		t.Error(err)
	}
}
