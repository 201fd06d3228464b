package split

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/pool"
	"github.com/gotestshard/gotestshard/shard/internal/process"
)

// suite is a test binary and how to run it. The zero value of a field is the default.
type suite struct {
	tests    string    // see fakeTests
	listed   string    // the tests that the source shows, instead of these
	others   string    // those of them that run elsewhere
	main     string    // see fakeMain
	workers  int       // 1
	mode     plan.Mode // plan.Load
	each     bool
	whole    bool
	apart    bool // each test in its own process
	failFast bool
	hides    bool
	restarts int
	args     string // of the test binary
	command  string // instead of this program
	log      string // see fakeLog
	pieces   string // of TestX: the names of their subtests, "a,b c,d"
	promised bool   // whether //gotestshard:split is above TestX
}

// ended is its result.
type ended struct {
	code     int
	err      error
	text     string // without markers
	results  string
	record   *history.Run
	complete bool // whether the history treats it as a complete run
	starts   int
	ran      []string // the tests of each process
	says     string   // separate from the text
}

func (s suite) splitter(t *testing.T) *Splitter {
	t.Helper()
	workers, mode := max(s.workers, 1), cmp.Or(s.mode, plan.Load)
	if s.each {
		mode = plan.Each
	}
	splitter := New()
	splitter.Stop = process.NewStop(10 * time.Second)
	splitter.Pool = pool.New(pool.Config{
		Workers: workers, Mode: mode, Stop: splitter.Stop,
		Env: func(worker int) []string { return []string{fmt.Sprint("WORKER=", worker)} },
	})
	splitter.Restarts = s.restarts
	splitter.WorkerName = func(index int) string { return fmt.Sprint("gw", index) }
	splitter.Record = history.NewRun()
	splitter.Ran = func(string, int, Sequence) {}
	splitter.Rerun = func(task pool.Task, _ []string, test string, _ int) string {
		return "run " + task.Package + " " + test + " again"
	}
	splitter.Kept = true
	splitter.Say = func(string) {}
	return splitter
}

func (s suite) binary(t *testing.T) Binary {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if s.command != "" {
		self = s.command
	}
	args := append([]string{"-test.paniconexit0", "-test.v=test2json"}, strings.Fields(s.args)...)
	if s.failFast {
		args = append(args, "-test.failfast=true")
	}
	b := Binary{Hides: s.hides, FailFast: s.failFast, Package: plan.Package{Name: "p", Whole: s.whole}}
	if s.each {
		b.Each = max(s.workers, 1)
	}
	b.Task = pool.Task{
		Package: "p", Command: append([]string{self}, args...), Dir: t.TempDir(),
		Env: append(os.Environ(), fakeTests+"="+s.tests, fakeMain+"="+s.main, fakeLog+"="+s.log, "GORACE=atexit_sleep_ms=0"),
	}
	b.Elsewhere = strings.Fields(s.others)
	listed := s.listed
	if listed == "" {
		listed = s.tests
	}
	estimate := time.Millisecond // so that one worker runs everything in one process
	if s.apart {
		estimate = time.Second // so that a start is worth it
	}
	for test := range strings.FieldsSeq(listed) {
		name, _, _ := strings.Cut(test, ":")
		b.Package.Tests = append(b.Package.Tests, plan.Test{Name: name, Estimate: estimate})
		if test := &b.Package.Tests[len(b.Package.Tests)-1]; name == "TestX" {
			test.Split = s.promised
			for piece := range strings.FieldsSeq(s.pieces) {
				test.Pieces = append(test.Pieces, plan.Piece{Subtests: strings.Split(piece, ","), Estimate: estimate})
			}
		}
	}
	var reason string
	if b.Selection, reason = gotest.NewSelection(args); reason != "" && !s.whole {
		t.Fatal(reason)
	}
	return b
}

// run runs the suite; during is called at the same time.
func (s suite) run(t *testing.T, during func(*Splitter, *hook)) ended {
	t.Helper()
	splitter, h := s.splitter(t), newHook()
	var o ended
	var mu sync.Mutex
	splitter.Ran = func(pkg string, _ int, tests Sequence) {
		mu.Lock()
		defer mu.Unlock()
		o.ran = append(o.ran, fmt.Sprint(pkg, tests.Tests, tests.Until))
	}
	splitter.Say = func(text string) { // called by one process at a time
		mu.Lock()
		defer mu.Unlock()
		o.says += text + "\n"
	}
	var beside sync.WaitGroup
	if during != nil {
		beside.Go(func() { during(splitter, h) })
	}
	o.code, o.err = splitter.Run(context.Background(), s.binary(t), h, func(int, []string) {})
	h.finish()
	beside.Wait()
	if h.started != h.ended {
		t.Errorf("%d processes started and %d ended", h.started, h.ended)
	}
	o.starts, o.record = h.started, splitter.Record
	o.results = results(h.text.String())
	o.text = strings.ReplaceAll(h.text.String(), "\x16", "")
	o.complete = aged(t, splitter.Record)
	return o
}

// aged reports whether the run has aged a test that was not in it.
func aged(t *testing.T, record *history.Run) bool {
	t.Helper()
	file := filepath.Join(t.TempDir(), "timings.json")
	before := history.NewRun()
	before.Test("p", "TestGone", time.Second, history.Passed)
	now := time.Now()
	for _, run := range []*history.Run{before, record} {
		if err := run.Save(file, now); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(text), `"missed"`)
}

// newRun returns a run that has not started.
func newRun(t *testing.T, splitter *Splitter, s suite, h *hook) *run {
	t.Helper()
	b := s.binary(t)
	r := splitter.newRun(t.Context(), b, h, func(int, []string) {})
	var err error
	if r.parts, err = gotest.NewParts(r.args, b.Task.Dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.parts.Close() })
	return r
}
