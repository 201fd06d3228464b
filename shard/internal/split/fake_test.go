package split

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/pool"
	"github.com/gotestshard/gotestshard/shard/internal/process"
)

// The test binaries that are split here are this program again, which then does
// what fakeTests and fakeMain say.
const (
	fakeTests = "SPLIT_FAKE_TESTS" // "TestA:pass TestB:panic", in the order of the source
	fakeMain  = "SPLIT_FAKE_MAIN"  // what TestMain does
	fakeLog   = "SPLIT_FAKE_LOG"   // a file to which each test adds its name, if set
)

func TestMain(m *testing.M) {
	if tests, ok := os.LookupEnv(fakeTests); ok {
		os.Exit(fake(tests, os.Getenv(fakeMain), os.Args[1:]))
	}
	goleak.VerifyTestMain(m)
}

// fake is a test binary.
func fake(tests, main string, args []string) int {
	mute := false // what comes after all tests is not printed
	says := func(format string, a ...any) {
		if text := fmt.Sprintf(format, a...); !mute || strings.Contains(text, " Test") {
			fmt.Println("\x16" + text)
		}
	}
	flag := func(name string) (string, bool) {
		for _, arg := range args {
			if value, ok := strings.CutPrefix(arg, "-test."+name+"="); ok {
				return value, true
			}
		}
		return "", false
	}
	fmt.Println("before the tests\nof process", os.Getpid()) // which no two say: it would be noted
	var only string
	after := -1 // the exit code, whatever the tests came to
	switch how, with, _ := strings.Cut(main, " "); how {
	case "exits3":
		return 3
	case "second-exits3": // a process that does not run TestA
		if run, ok := flag("run"); ok && !regexp.MustCompile(run).MatchString("TestA") {
			return 3
		}
	case "fails-after":
		after, _ = strconv.Atoi(with)
	case "content":
		return 0
	case "empty": // testing.RunTests says so, and has no verdict
		fmt.Println("testing: warning: no tests to run")
		return 0
	case "only":
		only, args = with, nil
	case "deaf":
		args = nil
	}
	code, verdict := 0, "PASS"
	var parallel []string
	ran := false
	for test := range strings.FieldsSeq(tests) {
		name, how, _ := strings.Cut(test, ":")
		run, isRun := flag("run")
		skip, isSkip := flag("skip")
		switch {
		case only != "" && name != only, isRun && !regexp.MustCompile(run).MatchString(name), isSkip && regexp.MustCompile(skip).MatchString(name):
			continue
		}
		ran = true
		logFake(name)
		says("=== RUN   %s", name)
		switch how {
		case "pass":
			fmt.Println("text of " + name)
			says("--- PASS: %s (0.00s)", name)
		case "skip":
			says("--- SKIP: %s (0.00s)", name)
		case "fail":
			says("--- FAIL: %s (0.00s)", name)
			if code, verdict = 1, "FAIL"; slices.Contains(args, "-test.failfast=true") {
				says("FAIL")
				return 1
			}
		case "mute": // sets os.Stdout
			mute = true
			says("--- PASS: %s (0.00s)", name)
		case "parallel":
			says("=== PAUSE %s", name)
			parallel = append(parallel, name)
		case "starts", "startsfails", "startspanics": // a process that runs TestA as well
			says("=== RUN   TestA")
			switch how {
			case "starts":
				says("--- PASS: TestA (0.00s)\n\x16PASS\n\x16--- PASS: %s (0.00s)", name)
			case "startsfails":
				says("--- FAIL: TestA (0.00s)\n\x16FAIL\n\x16--- PASS: %s (0.00s)", name)
			default:
				says("--- PASS: TestA (0.00s)\n\x16PASS")
				return 3
			}
		case "leaves": // the same with the code of success, past package os
			says("--- PASS: %s (0.00s)", name)
			return 0
		case "dies": // when it has ended, as by a goroutine that it left behind
			says("--- PASS: %s (0.00s)", name)
			return 2
		case "panics":
			fmt.Println("panic: boom")
			return 2
		case "exits0":
			return 0
		case "hangs":
			says("=== RUN   %s/sub", name)
			time.Sleep(time.Hour) // it is killed
		}
	}
	for _, name := range parallel {
		says("=== CONT  %s", name)
		says("--- PASS: %s (0.00s)", name)
	}
	if !ran {
		fmt.Println("testing: warning: no tests to run")
	}
	if main == "finds-race" {
		code, verdict = 1, "FAIL"
	}
	says("%s", verdict)
	fmt.Println("after the tests")
	if after >= 0 {
		return after
	}
	return code
}

// logFake notes that a test has really run.
func logFake(name string) {
	if file := os.Getenv(fakeLog); file != "" {
		log, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err == nil {
			_, err = fmt.Fprintln(log, name) // one write, which others cannot tear
		}
		if err = errors.Join(err, log.Close()); err != nil {
			panic(err)
		}
	}
}

// hook is what the go command reads.
type hook struct {
	mu       sync.Mutex
	changed  *sync.Cond
	text     bytes.Buffer
	err      error // of writing
	started  int
	ended    int
	finished bool
}

func newHook() *hook {
	h := &hook{}
	h.changed = sync.NewCond(&h.mu)
	return h
}

func (h *hook) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	defer h.changed.Broadcast()
	if h.err != nil {
		return 0, h.err
	}
	return h.text.Write(p)
}

func (h *hook) Started(int) { h.mu.Lock(); defer h.mu.Unlock(); h.started++ }
func (h *hook) Ended(int)   { h.mu.Lock(); defer h.mu.Unlock(); h.ended++ }

func (h *hook) finish() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.finished = true
	h.changed.Broadcast()
}

// await waits until something was printed.
func (h *hook) await(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for !h.finished && !strings.Contains(h.text.String(), text) {
		h.changed.Wait()
	}
}

var resultLine = regexp.MustCompile(`\x16(?:=== RUN   |--- (PASS|FAIL|SKIP): )(\S+)`)

// results are how often each test started and how it ended: "TestA=PASS
// TestB=PASS,PASS TestC=?", by name.
func results(text string) string {
	starts, ends := map[string]int{}, map[string][]string{}
	var names []string
	for _, match := range resultLine.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(names, match[2]) {
			names = append(names, match[2])
		}
		if match[1] == "" {
			starts[match[2]]++
		} else {
			ends[match[2]] = append(ends[match[2]], match[1])
		}
	}
	slices.Sort(names)
	var all []string
	for _, name := range names {
		for len(ends[name]) < starts[name] {
			ends[name] = append(ends[name], "?")
		}
		for len(ends[name]) > starts[name] {
			starts[name]++
			ends[name] = append(ends[name], "unstarted")
		}
		all = append(all, name+"="+strings.Join(ends[name], ","))
	}
	return strings.Join(all, " ")
}

// suite is a test binary and how it is to be run. The zero value of a field is
// the usual.
type suite struct {
	tests    string // see fakeTests
	listed   string // what the source shows, in place of these
	others   string // which of them run elsewhere
	main     string // see fakeMain
	workers  int    // 1
	each     bool
	whole    bool
	apart    bool // each test alone in a process
	failFast bool
	hides    bool
	restarts int
	args     string // of the test binary
	command  string // in place of this program
	log      string // see fakeLog
}

// outcome is what became of it.
type outcome struct {
	code     int
	err      error
	text     string // without markers
	results  string
	record   *history.Run
	complete bool // whether the history takes it for a complete run
	starts   int
}

func (s suite) splitter(t *testing.T) *Splitter {
	t.Helper()
	workers, mode := max(s.workers, 1), plan.Load
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
	splitter.Repro = func(pkg string, _ []string) string { return "run " + pkg + " again" }
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
	estimate := time.Millisecond // so that one worker runs all in one process
	if s.apart {
		estimate = time.Second // so that a start is worth it
	}
	for test := range strings.FieldsSeq(listed) {
		name, _, _ := strings.Cut(test, ":")
		b.Package.Tests = append(b.Package.Tests, plan.Test{Name: name, Estimate: estimate})
	}
	var reason string
	if b.Selection, reason = gotest.NewSelection(args); reason != "" && !s.whole {
		t.Fatal(reason)
	}
	return b
}

// run runs the suite; during is called beside it.
func (s suite) run(t *testing.T, during func(*Splitter, *hook)) outcome {
	t.Helper()
	splitter, h := s.splitter(t), newHook()
	var beside sync.WaitGroup
	if during != nil {
		beside.Go(func() { during(splitter, h) })
	}
	var o outcome
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

// aged is whether a test that was not in the run has aged by it.
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
