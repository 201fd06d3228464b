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
		"--trace x.json":       "unknown flag: --trace",
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

// The reports are only those that are asked for, not those of a run.
func TestDiagnoseShow(t *testing.T) {
	inModule(t, "junitfile = \"x.xml\"\njunitfile-style = \"surefire\"\n")
	for args, want := range map[string]string{"": "|||surefire|none", "--html x.html --junitfile a.xml --summary-md s.md x": "x.html|a.xml|s.md|surefire|none"} {
		d, err := ParseDiagnose(strings.Fields(args), Call{Environ: []string{"GOTESTSUM_JUNITFILE=b.xml"}})
		got := strings.Join([]string{d.Show.HTML, d.Show.JUnit.File, d.Show.SummaryMarkdown, d.Show.JUnit.Style, d.Show.Format}, "|")
		if err != nil || got != want || !d.Show.Merge.Single || len(d.Show.Environ) != 1 {
			t.Errorf("%s: %s, %v, %v, want %s", args, got, d.Show.Merge, err, want)
		}
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
