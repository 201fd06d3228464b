package merge

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/result"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
)

// writePart writes the result file of one of two parts. It has a package that only this part
// has, and a package that both parts have. All tests pass.
func writePart(t *testing.T, dir string, number, tests int, more ...func(*result.Writer) error) string {
	t.Helper()
	name := filepath.Join(dir, fmt.Sprintf("part-%d%s", number, result.Extension))
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w, err := result.NewWriter(file, result.Header{Part: number, Parts: 2, Workers: []string{"gw0"}, Go: "go1.26"})
	if err != nil {
		t.Fatal(err)
	}
	event := func(action, pkg, rest string) {
		err = errors.Join(err, w.Event(fmt.Appendf(nil, `{"Action":%q,"Package":%q%s,"Worker":"gw0"}`, action, pkg, rest)))
	}
	for _, pkg := range []string{fmt.Sprintf("m/p%d", number), "m/both"} {
		event("start", pkg, "")
		for i := range tests {
			test := fmt.Sprintf(`,"Test":"TestOf%dNumber%d"`, number, i)
			event("run", pkg, test)
			event("output", pkg, test+`,"Output":"some output\n"`)
			event("pass", pkg, test+`,"Elapsed":0.5`)
		}
		event("output", pkg, fmt.Sprintf(`,"Output":"coverage: %d.0%% of statements\n"`, 10*number))
		event("pass", pkg, `,"Elapsed":1`)
	}
	for _, step := range more {
		err = errors.Join(err, step(w))
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = w.End(result.End{Wall: time.Second}) // fails if a step has written the end
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return name
}

// mergeIn merges in this process.
func mergeIn(t *testing.T, stdout io.Writer, args ...string) (*testjson.Execution, string, error) {
	t.Helper()
	opts, err := option.ParseMerge(append([]string{"--ci", "none", "--no-color"}, args...), option.Call{Environ: os.Environ()})
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	interrupts := signals.NewWatch()
	defer interrupts.Stop()
	exec, err := Until(interrupts, opts, stdout, &stderr)
	return exec, stderr.String(), err
}

func TestMerge(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	dir := t.TempDir()
	covers := func(count int) func(*result.Writer) error {
		return func(w *result.Writer) error {
			return w.Coverage(strings.NewReader(fmt.Sprintf("mode: set\nm/both/a.go:1.1,2.2 3 %d\nm/both/a.go:3.1,4.2 1 %d\n", count, 1-count)))
		}
	}
	writePart(t, dir, 1, 3, covers(0))
	writePart(t, dir, 2, 3, covers(1))
	var out bytes.Buffer
	summary := filepath.Join(dir, "summary.md")
	exec, stderr, err := mergeIn(t, &out, "--junitfile", filepath.Join(dir, "junit.xml"), "--coverprofile", filepath.Join(dir, "c.out"), "--summary-md", summary,
		"--shard-report", filepath.Join(dir, "shards.json"), dir)
	if err != nil || stderr != "" {
		t.Fatal(err, stderr)
	}
	if shards, err := os.ReadFile(filepath.Join(dir, "shards.json")); err != nil || !strings.Contains(string(shards), `"wall_seconds": 1,`) {
		t.Errorf("%v\n%s", err, shards)
	}
	if !strings.HasSuffix(out.String(), "\nDONE 12 tests in 1.0s\n") { // the time of the longest node
		t.Errorf("the summary is\n%s", out.String())
	}
	if exec.Total() != 12 || len(exec.Package("m/both").Passed) != 0 {
		t.Errorf("%d tests, %d in memory", exec.Total(), len(exec.Package("m/both").Passed))
	}
	junit, err := os.ReadFile(filepath.Join(dir, "junit.xml"))
	if err != nil || strings.Count(string(junit), "<testcase ") != 12 || !strings.Contains(string(junit), `value="2/gw0"`) {
		t.Errorf("%v\n%s", err, junit)
	}
	text, err := os.ReadFile(summary)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"10.0%", "20.0%", "100.0%"} { // the last one is what both parts cover
		if !strings.Contains(string(text), want) {
			t.Errorf("the summary has no %s:\n%s", want, text)
		}
	}
	if !slices.Equal(exec.Packages(), []string{"m/both", "m/p1", "m/p2"}) || exec.Package("m/both").Elapsed() != 2*time.Second {
		t.Errorf("%q, %v", exec.Packages(), exec.Package("m/both").Elapsed())
	}
}

// TestMergeOfDamagedFiles: damage in the middle of a file is reported, and the events before
// it count.
func TestMergeOfDamagedFiles(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	for name, test := range map[string]struct {
		step func(*result.Writer) error
		want string
		code int
	}{
		"not a go test -json event": {
			func(w *result.Writer) error { return w.Event([]byte("not a go test -json event")) },
			"part 2 of 2 is incomplete: DIR/part-2.gotestshard: it is damaged: a line is not a go test -json event: \"not a go test -json event\"", 3,
		},
		"no coverage": {
			func(w *result.Writer) error { return w.Coverage(strings.NewReader("what\n")) },
			"part 2 of 2 is incomplete: DIR/part-2.gotestshard: it is damaged: its coverage: bad mode line: what", 3,
		},
		"another mode": {
			func(w *result.Writer) error {
				return w.Coverage(strings.NewReader("mode: count\nm/a.go:1.1,2.2 1 1\n"))
			},
			"its coverage: a coverage profile of mode count cannot be added to one of mode set; use the same -covermode for both", 3,
		},
		"its node failed": {
			func(w *result.Writer) error { return w.End(result.End{ExitCode: 2, Reason: "why"}) },
			"part 2 of 2 ended with exit code 2: why", 2,
		},
		"its node ended as only Windows can": {
			func(w *result.Writer) error { return w.End(result.End{ExitCode: 0x40000100}) },
			"part 2 of 2 ended with exit code 1073742080", 255,
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			writePart(t, dir, 1, 1, func(w *result.Writer) error { return w.Coverage(strings.NewReader("mode: set\nm/a.go:1.1,2.2 1 1\n")) })
			writePart(t, dir, 2, 1, test.step)
			exec, stderr, err := mergeIn(t, io.Discard, "--coverprofile", filepath.Join(dir, "c.out"), "--timings", filepath.Join(dir, "t.json"), dir)
			if exit.Code(err) != test.code || !strings.Contains(strings.ReplaceAll(stderr, dir, "DIR"), test.want) {
				t.Errorf("exit code %d: %s", exit.Code(err), stderr)
			}
			if exec.Total() != 4 {
				t.Errorf("%d tests", exec.Total())
			}
		})
	}
}

// TestMergeThatEndsEarly: a merge ends if its output cannot be written, or if it is
// interrupted.
func TestMergeThatEndsEarly(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	dir := t.TempDir()
	for number := range 2 {
		writePart(t, dir, number+1, 2000, func(w *result.Writer) error { return w.Stderr("a line") })
	}
	if _, err := os.Stat("/dev/full"); err == nil {
		_, _, err := mergeIn(t, io.Discard, "--jsonfile", "/dev/full", dir)
		if exit.Code(err) != exit.OwnError || !strings.Contains(err.Error(), "failed to write JSON file") {
			t.Error(err)
		}
	}
	interrupts := signals.NewWatch()
	defer interrupts.Stop()
	opts, err := option.ParseMerge([]string{"--ci", "none", "-f", "testname", dir}, option.Call{Environ: os.Environ(), Plain: true})
	if err != nil {
		t.Fatal(err)
	}
	out := &interrupting{after: 10, interrupt: func() { interrupts.Send(syscall.SIGINT) }}
	exec, err := Until(interrupts, opts, out, io.Discard)
	if exit.Code(err) != 130 || exec.Total() == 0 {
		t.Errorf("%v after %d tests", err, exec.Total())
	}
}

// interrupting is an output that interrupts the run at one of its writes.
type interrupting struct {
	after     int
	interrupt func()
}

func (o *interrupting) Write(p []byte) (int, error) {
	if o.after--; o.after == 0 {
		o.interrupt()
	}
	return len(p), nil
}
