package option

import (
	"bytes"
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"gotest.tools/gotestsum/testjson"
)

func TestParseMerge(t *testing.T) {
	clearEnv(t)
	opts, err := ParseMerge([]string{"a", "--junitfile", "x.xml", "--expect=3", "b", "--coverprofile", "c", "--timings", "t", "-f", "dots", "--hide-summary=shards,skipped"}, thisCall())
	if err != nil {
		t.Fatal(err)
	}
	m := opts.Merge
	if !slices.Equal(m.Files, []string{"a", "b"}) || m.Expect != 3 || m.CoverProfile != "c" || m.Timings != "t" || !m.AutoPrefix {
		t.Errorf("%+v", m)
	}
	if opts.JUnit.File != "x.xml" || opts.Format != "dots" || !opts.HideShards || opts.HideSummary != testjson.SummarizeAll-testjson.SummarizeSkipped || opts.Timings != "" {
		t.Errorf("%+v", opts)
	}
	if !opts.Distributed() || opts.Workers != 0 {
		t.Error("its workers are those of other machines")
	}
	m.Workers = []string{"1/gw0"}
	if got := opts.ShardNames(); !slices.Equal(got, []string{"1/gw0"}) {
		t.Errorf("%q", got)
	}
	opts, err = ParseMerge([]string{"--worker-prefix=always", "a"}, thisCall())
	if err != nil || !opts.WorkerPrefix || opts.Merge.AutoPrefix {
		t.Error(err, opts.WorkerPrefix)
	}
	if _, err := ParseMerge([]string{"--help"}, thisCall()); !errors.Is(err, ErrHelp) {
		t.Error(err)
	}
	for _, args := range []string{"", "--expect -1 a", "--expect 10001 a", "--timings off a", "--timings= a", "--rerun-fails a", "-n 2 a", "--ci nowhere a", "-f what a",
		"--coverprofile x --summary-md ./x a", "--timings x --jsonfile x a", "--html x --timings x a"} {
		if _, err := ParseMerge(strings.Fields(args), thisCall()); err == nil {
			t.Errorf("%q was accepted", args)
		}
	}
	if _, err := Parse([]string{"--watch", "--result", "x"}, thisCall()); err == nil {
		t.Error("a watch has no result")
	}
	if _, err := Parse([]string{"--html", "x", "--result", "x"}, thisCall()); err == nil {
		t.Error("two reports have one file")
	}
}

// Each flag of a run is either one of what is written, which merge has too, or
// one of those here, which are about running.
func TestFlagsOfMerge(t *testing.T) {
	clearEnv(t)
	running := strings.Fields("workers numprocesses max-workers dist plan collect-only timings max-worker-restart shard partition changed explain worker-env run-id setup teardown " +
		"teardown-timeout grace-period result no-keep rerun-fails-strict flaky-result flaky retry-budget rerun-fails-alone rerun-fails-together rerun-fails-after-panic watch-start watch-deps watch-interrupt watch-poll raw-command diagnose diagnose-budget " +
		"ignore-non-json-output-lines nodes wait fail-node queue-fallback watch watch-clear watch-chdir max-fails rerun-fails rerun-fails-abort-on-data-race rerun-fails-max-failures " +
		"rerun-fails-run-root-test packages version live heartbeat test-timeout silence-timeout run-timeout leak link-cache link-cache-size")
	all := newFlags(thisCall())
	merge, ofRun := mergeFlags(all, &Merge{}), map[string]bool{}
	for _, f := range all.table {
		ofRun[f.name] = true
		if (f.merge || inQueue(f)) == slices.Contains(running, f.name) {
			t.Errorf("--%s: say in the table, or here, whether gotestshard merge has it", f.name)
		}
	}
	var help bytes.Buffer
	if err := WriteMergeHelp(&help, thisCall()); err != nil {
		t.Fatal(err)
	}
	document, err := os.ReadFile("../../../docs/result.md")
	if err != nil {
		t.Fatal(err)
	}
	merge.VisitAll(func(f *pflag.Flag) {
		if !f.Hidden && !strings.Contains(help.String(), "--"+f.Name) {
			t.Errorf("the help does not name --%s", f.Name)
		}
		if all.set.Lookup(f.Name) != f && !strings.Contains(string(document), "| `--"+f.Name+" ") {
			t.Errorf("docs/result.md does not describe --%s", f.Name)
		}
	})
	for _, match := range regexp.MustCompile("`--([a-z][a-z-]+)").FindAllStringSubmatch(string(document), -1) {
		if name := match[1]; merge.Lookup(name) == nil && !ofRun[name] {
			t.Errorf("docs/result.md names --%s, which does not exist", name)
		}
	}
}
