package flaky

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/result"
	"github.com/gotestshard/gotestshard/shard/internal/split"
)

// run is what a result file has.
type run struct {
	name   string // of the file
	header result.Header
	builds map[string]string // of test binaries, by package
	// ends are the results of tests in the order of the file.
	ends []end
}

// end is a result of a test.
type end struct {
	pkg, test string
	failed    bool
	at        time.Time
	message   string // the first line of a failure's message
}

// mostOutput is how many bytes of a test's output are looked at for its message.
const mostOutput = 16 << 10

// event is an event of go test -json.
type event struct {
	Time                                       time.Time
	Action, Package, Test, Output, FailedBuild string
}

// read reads a result file. If it is cut or damaged, it returns what comes before that, with a note.
func read(name string) (r run, note string, err error) {
	file, err := os.Open(name)
	if err != nil {
		return run{}, "", err
	}
	defer func() { _ = file.Close() }()
	reader, err := result.NewReader(file)
	switch {
	case errors.Is(err, result.ErrCut):
		return run{}, name + " ends before its header: its run was killed right after its start", nil
	case err != nil:
		return run{}, "", fmt.Errorf("%s: %w", name, err)
	}
	reader.SkipPlan, reader.SkipTimings, reader.SkipCoverage = true, true, true
	r = run{name: name, header: reader.Header, builds: map[string]string{}}
	scan := scanner{run: &r, packages: map[string]*packageScan{}}
	for {
		record, err := reader.Next()
		switch {
		case errors.Is(err, io.EOF):
			return r, "", nil
		case errors.Is(err, result.ErrCut), errors.Is(err, result.ErrDamaged):
			return r, fmt.Sprintf("%s: %v; what comes before that counts", name, err), nil
		case err != nil:
			return run{}, "", fmt.Errorf("%s: %w", name, err)
		case record.Event != nil:
			scan.line(record.Event)
		case record.Shard != nil:
			for _, process := range record.Shard.Runs {
				r.builds[process.Package] = process.Build
			}
		case record.End != nil:
			r.withoutInterrupted(record.End.Interrupted)
		}
	}
}

// withoutInterrupted removes what failed after a signal, which may be the reason.
func (r *run) withoutInterrupted(at *time.Time) {
	if at == nil {
		return
	}
	kept := r.ends[:0]
	for _, e := range r.ends {
		if !e.failed || e.at.Before(*at) {
			kept = append(kept, e)
		}
	}
	r.ends = kept
}

// scanner makes ends of events.
type scanner struct {
	run      *run
	packages map[string]*packageScan
}

// packageScan is a package that runs. A cached result is of another run, which shows only at
// the end of the package.
type packageScan struct {
	ends    []end
	running map[string]string // tests and their output so far
	output  string            // of the package itself
	failed  map[string]bool
	cached  bool
	unbuilt bool
}

func (s *scanner) line(line []byte) {
	var e event
	if json.Unmarshal(line, &e) != nil || e.Package == "" { // package merge reports the error
		return
	}
	if s.run.header.Dist == string(plan.Each) {
		e.Test, _, _ = strings.Cut(e.Test, "@gw") // the name of the worker
	}
	if e.Time.IsZero() { // of a command that prints no times
		e.Time = s.run.header.Started
	}
	p := s.packages[e.Package]
	if p == nil {
		p = &packageScan{running: map[string]string{}, failed: map[string]bool{}}
		s.packages[e.Package] = p
	}
	switch {
	case e.Test != "":
		p.test(e)
	case e.Action == "output":
		p.line(e.Output)
	case e.Action == "pass", e.Action == "fail", e.Action == "skip":
		p.end(e)
		s.run.ends = append(s.run.ends, p.ends...)
		delete(s.packages, e.Package)
	}
}

// test takes an event of a test.
func (p *packageScan) test(e event) {
	switch e.Action {
	case "run":
		p.running[e.Test] = ""
	case "output":
		text := p.running[e.Test] + e.Output
		p.running[e.Test] = text[max(0, len(text)-mostOutput):]
	case "pass", "fail", "skip":
		p.testEnd(e, p.running[e.Test])
		delete(p.running, e.Test)
	}
}

// testEnd adds the result of a test. A test that was skipped or did not run has none, and
// neither has one that failed because of a subtest.
func (p *packageScan) testEnd(e event, output string) {
	test := e.Test
	if split.IsOutsideTests(test) {
		test = split.OutsideTests
	}
	failed := e.Action == "fail"
	through := false
	for parent := test; failed && strings.Contains(parent, "/"); {
		parent = parent[:strings.LastIndexByte(parent, '/')]
		p.failed[parent] = true
	}
	if failed {
		through = p.failed[test]
		delete(p.failed, test) // it may run again, with -count
	}
	if e.Action == "skip" || through || failed && split.DidNotRun(strings.SplitAfter(output, "\n")) {
		return
	}
	one := end{pkg: e.Package, test: test, failed: failed, at: e.Time}
	if failed {
		one.message = observe.FirstLine(output)
	}
	p.ends = append(p.ends, one)
}

// line takes a line of the package's own output.
func (p *packageScan) line(text string) {
	words := strings.TrimSuffix(text, "\n")
	p.cached = p.cached || strings.HasPrefix(words, gotest.ResultOK) && strings.Contains(words, "\t(cached)")
	p.unbuilt = p.unbuilt || strings.HasPrefix(words, gotest.ResultFail) && (strings.HasSuffix(words, gotest.BuildFailed) || strings.HasSuffix(words, gotest.SetupFailed))
	p.output = (p.output + text)[max(0, len(p.output)+len(text)-mostOutput):]
}

// end takes the end of the package. A test that still runs has made its process crash, if it
// is the only one or prints so. A package that fails without a failed test has failed outside
// its tests.
func (p *packageScan) end(e event) {
	switch {
	case p.cached || p.unbuilt || e.FailedBuild != "":
		p.ends = nil
		return
	case e.Action == "skip":
		return
	}
	known := false // why it failed
	for _, one := range p.ends {
		known = known || one.failed
	}
	for test, output := range p.running {
		panics := false
		for line := range strings.Lines(output) {
			panics = panics || observe.IsPanic(line)
		}
		if e.Action == "fail" && (panics || !known && len(p.leaves()) == 1 && p.leaves()[0] == test) {
			crash := e
			crash.Test = test
			p.testEnd(crash, output)
			known = true
		}
	}
	if !known {
		e.Test = split.OutsideTests
		p.testEnd(e, p.output)
	}
}

// leaves returns the running tests that wait for no running subtest.
func (p *packageScan) leaves() (leaves []string) {
	parents := map[string]bool{}
	for test := range p.running {
		for at := strings.LastIndexByte(test, '/'); at > 0; at = strings.LastIndexByte(test[:at], '/') {
			parents[test[:at]] = true
		}
	}
	for test := range p.running {
		if !parents[test] {
			leaves = append(leaves, test)
		}
	}
	return leaves
}
