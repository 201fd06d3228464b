package reports

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/ci"
	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

var update = flag.Bool("update", false, "write the golden files anew")

// noting returns a handler that shows nothing and records what reports need.
func noting(t *testing.T, opts option.Options, stdout io.Writer) *observe.Handler {
	t.Helper()
	opts.Format = "none"
	h, err := observe.New(opts, nil, nil, stdout, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// playRecorded returns what a CI gets for recorded streams, each of which is one attempt.
func playRecorded(t *testing.T, opts option.Options, names ...string) string {
	t.Helper()
	module, err := filepath.Abs("../../testdata/streams/module")
	if err != nil {
		t.Fatal(err)
	}
	opts.Dir, opts.Workspace = module, filepath.Dir(filepath.Dir(filepath.Dir(filepath.Dir(module)))) // for a tree without .git
	ok := true
	var out bytes.Buffer
	log := ci.NewLog(opts.CI, &out, &out)
	h := noting(t, opts, log.Stdout())
	var exec *testjson.Execution
	for i, name := range names {
		read := func(extension string) io.Reader {
			text, err := os.ReadFile("../../testdata/streams/recorded/" + name + extension)
			if err != nil && extension == ".out" {
				t.Fatal(err)
			}
			return bytes.NewReader(bytes.ReplaceAll(text, []byte("/module/"), []byte(filepath.ToSlash(module)+"/")))
		}
		exec, err = h.Scan(testjson.ScanConfig{RunID: i, Stdout: read(".out"), Stderr: read(".err"), Execution: exec})
		if err != nil {
			t.Fatal(err)
		}
		_, err = os.Stat("../../testdata/streams/recorded/" + name + ".exit")
		ok = err != nil
	}
	h.CI.BeginSummary()
	if err := (&summary{Outcome: Outcome{Noted: h}, opts: opts, stdout: log.Stdout(), stderr: log.Stderr(), ok: ok}).finishCI(exec, report.Shards{}); err != nil {
		t.Fatal(err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(out.String(), filepath.ToSlash(module)+"/", "/module/")
}

// TestRecordedFailuresInCIs replays a recorded run of a module with every kind of failure,
// for each CI that gets more than the lines of a format.
func TestRecordedFailuresInCIs(t *testing.T) {
	streams := [][]string{
		{"fail"}, {"panic"}, {"panicsub"}, {"panicparallel"}, {"panicinit"}, {"testmain"}, {"exit"}, {"exitzero"}, {"build"}, {"buildtext"},
		{"syntax"}, {"vet"}, {"missing"}, {"cycle"}, {"race"}, {"timeout"}, {"timeoutparallel"}, {"names"}, {"output"}, {"parallel"},
		{"fuzz"}, {"example"}, {"same"}, {"pass"}, {"flaky0", "flaky1", "flaky2", "flaky3", "flaky4"}, {"flaky0", "flaky3"},
	}
	for _, provider := range []ci.Provider{ci.GitHub, ci.TeamCity} {
		var all strings.Builder
		for _, names := range streams {
			all.WriteString("-- " + strings.Join(names, ", ") + " --\n")
			all.WriteString(playRecorded(t, option.Options{Job: option.Job{CI: provider}, Reruns: option.Reruns{RerunFails: len(names) - 1}}, names...))
		}
		file := "testdata/ci/" + string(provider) + ".golden"
		if *update {
			if err := os.WriteFile(file, []byte(all.String()), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if all.String() != string(want) {
			t.Errorf("%s differs (rewrite it with -update)\n got:\n%s", file, all.String())
		}
	}
}

// TestEveryRecordedStreamIsAnnotated: each recorded stream can be read, and each line that
// GitHub gets for it is an annotation.
func TestEveryRecordedStreamIsAnnotated(t *testing.T) {
	files, err := filepath.Glob("../../testdata/streams/recorded/*.out")
	if err != nil || len(files) < 40 {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".out")
		lines := slices.Collect(strings.Lines(playRecorded(t, option.Options{Job: option.Job{CI: ci.GitHub}}, name)))
		if len(lines) > 10 {
			t.Errorf("%s: %d annotations", name, len(lines))
		}
		for _, line := range lines {
			if !strings.HasPrefix(line, "::error ") {
				t.Errorf("%s: %q", name, line)
			}
		}
		_, failed := os.Stat(strings.TrimSuffix(file, ".out") + ".exit")
		if hasTests := name != "badflag" && name != "nopackages"; hasTests && (failed == nil) != (len(lines) > 0) {
			t.Errorf("%s: it failed: %v, and there are %d annotations", name, failed == nil, len(lines))
		}
	}
}

// TestAppendMarkdown: a summary is appended to the existing summary of a step, within
// GitHub's limit.
func TestAppendMarkdown(t *testing.T) {
	m := report.Summary{Failures: []report.Failure{{Output: strings.Repeat("a line\n", 20_000)}}}
	for size, fits := range map[int]bool{0: true, 10: true, report.StepSummaryLimit - 5000: true, report.StepSummaryLimit - 100: false, report.StepSummaryLimit + 10: false} {
		name := filepath.Join(t.TempDir(), "summary.md")
		if err := os.WriteFile(name, bytes.Repeat([]byte("x"), size), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := appendMarkdown(name, m.WriteMarkdown); (err == nil) != fits {
			t.Errorf("%d: %v", size, err)
		}
		text, err := os.ReadFile(name)
		if err != nil || len(text) > max(size, report.StepSummaryLimit) || !bytes.HasPrefix(text, bytes.Repeat([]byte("x"), size)) {
			t.Errorf("%d: %d bytes, %v", size, len(text), err)
		}
		if fits && !strings.Contains(string(text[size:]), "## ❌ Tests failed\n") {
			t.Errorf("%d: %q", size, text[size:])
		}
	}
}

// TestPackagesOfASummary tests the result of each package, which depends on the listed
// failures and on whether the package has an end.
func TestPackagesOfASummary(t *testing.T) {
	const stream = `{"Action":"start","Package":"a/failed"}
{"Action":"run","Package":"a/failed","Test":"TestA"}
{"Action":"fail","Package":"a/failed","Test":"TestA"}
{"Action":"run","Package":"a/failed","Test":"TestB"}
{"Action":"skip","Package":"a/failed","Test":"TestB"}
{"Action":"fail","Package":"a/failed","Elapsed":1.5}
{"Action":"start","Package":"b/main"}
{"Action":"fail","Package":"b/main"}
{"Action":"run","Package":"c/flaky","Test":"TestC"}
{"Action":"fail","Package":"c/flaky","Test":"TestC"}
{"Action":"fail","Package":"c/flaky"}
{"Action":"run","Package":"d/passed","Test":"TestD"}
{"Action":"pass","Package":"d/passed","Test":"TestD"}
{"Action":"pass","Package":"d/passed"}
{"Action":"skip","Package":"e/without"}
{"Action":"start","Package":"f/without"}
{"Action":"pass","Package":"f/without"}
{"Action":"start","Package":"g/unfinished"}
{"Action":"run","Package":"h/unfinished","Test":"TestH"}
`
	const again = `{"Action":"run","Package":"c/flaky","Test":"TestC"}
{"Action":"pass","Package":"c/flaky","Test":"TestC"}
{"Action":"pass","Package":"c/flaky","Elapsed":0.5}
`
	h := noting(t, option.Options{Reports: option.Reports{HTML: "x"}, Reruns: option.Reruns{RerunFails: 1}}, io.Discard)
	var exec *testjson.Execution
	for attempt, text := range []string{stream, again} {
		var err error
		exec, err = h.Scan(testjson.ScanConfig{RunID: attempt, Execution: exec, Stdout: strings.NewReader(text)})
		if err != nil {
			t.Fatal(err)
		}
	}
	failures := newAnnotator(option.Options{}, h.CI.Outputs, exec, observe.FindFlaky(exec)).failures()
	want := []report.PackageSummary{
		{Name: "a/failed", Result: report.PackageFailed, Tests: 2, Failed: 1, Skipped: 1, Elapsed: 1500 * time.Millisecond},
		{Name: "b/main", Result: report.PackageFailed, Tests: 1, Failed: 1},
		{Name: "c/flaky", Result: report.PackageFlaky, Tests: 1, Elapsed: 500 * time.Millisecond},
		{Name: "d/passed", Result: report.PackagePassed, Tests: 1},
		{Name: "e/without", Result: report.PackageEmpty},
		{Name: "f/without", Result: report.PackageEmpty},
		{Name: "g/unfinished", Result: report.PackageUnfinished},
		{Name: "h/unfinished", Result: report.PackageFailed, Tests: 1, Failed: 1},
	}
	got := (&summary{Outcome: Outcome{Noted: h, Counted: h.Count(exec)}}).packages(exec, failures)
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("got\n%+v\nwant\n%+v", got, want)
		}
	}
}
