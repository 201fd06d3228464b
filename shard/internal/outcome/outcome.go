// Package outcome finds out what became of each test in a stream of go test -json events: in how
// many of its runs it failed, and why.
package outcome

import (
	"encoding/json"
	"strings"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/split"
	"github.com/gotestshard/gotestshard/shard/internal/stream"
)

// End is a result of a test: it passed or failed. A test that was skipped has none.
type End struct {
	Package string
	Test    string // split.OutsideTests for what is outside all tests
	Failed  bool
	At      time.Time
	Message string // the first line of a failure's message
	Output  string // of a failure, its last 16 KB, if Scanner.Outputs is set
}

// mostOutput is how many bytes of a test's output are looked at for its message.
const mostOutput = 16 << 10

// event is an event of go test -json.
type event struct {
	Time                                       time.Time
	Action, Package, Test, Output, FailedBuild string
	Quarantined                                bool // whether the end as skipped is a failure that did not count
}

// Scanner makes results of events. The zero value is ready to use.
type Scanner struct {
	// Each is whether the names of tests end with that of a worker.
	Each bool
	// Outputs is whether the output of failures is kept.
	Outputs bool
	// Ends are the results so far, in the order of the ends of packages.
	Ends []End

	packages map[string]*packageScan
	decoder  stream.Decoder
}

// packageScan is a package that runs. A cached result is of another run, which shows only at
// the end of the package.
type packageScan struct {
	outputs bool
	ends    []End
	running map[string]string // tests and their output so far
	output  string            // of the package itself
	failed  map[string]bool
	cached  bool
	unbuilt bool
}

// Line takes an event, a line of JSON. Another line is left out.
func (s *Scanner) Line(line []byte) {
	e, ok := s.decode(line)
	if !ok || e.Package == "" {
		return
	}
	if e.Quarantined && e.Action == "skip" {
		e.Action = "fail"
	}
	if s.Each {
		e.Test = split.WithoutWorker(e.Test)
	}
	if s.packages == nil {
		s.packages = map[string]*packageScan{}
	}
	p := s.packages[e.Package]
	if p == nil {
		p = &packageScan{outputs: s.Outputs, running: map[string]string{}, failed: map[string]bool{}}
		s.packages[e.Package] = p
	}
	switch {
	case e.Test != "":
		p.test(e)
	case e.Action == "output":
		p.line(e.Output)
	case e.Action == "pass", e.Action == "fail", e.Action == "skip":
		p.end(e)
		s.Ends = append(s.Ends, p.ends...)
		delete(s.packages, e.Package)
	}
}

// decode decodes an event. Only the end of a failed package needs more than stream.Decoder knows.
func (s *Scanner) decode(line []byte) (e event, ok bool) {
	fast, ok := s.decoder.Decode(line)
	if ok && (fast.Test != "" || fast.Action != testjson.ActionFail) {
		return event{Time: fast.Time, Action: string(fast.Action), Package: fast.Package, Test: fast.Test, Output: fast.Output}, true
	}
	return e, json.Unmarshal(line, &e) == nil
}

// test takes an event of a test.
func (p *packageScan) test(e event) {
	switch e.Action {
	case "run":
		p.running[e.Test] = ""
	case "output":
		if isFraming(e.Output) {
			return
		}
		text := p.running[e.Test] + e.Output
		p.running[e.Test] = text[max(0, len(text)-mostOutput):]
	case "pass", "fail", "skip":
		p.testEnd(e, p.running[e.Test])
		delete(p.running, e.Test)
	}
}

// isFraming reports whether a line is package testing's own about the start or end of a test.
func isFraming(line string) bool {
	line = strings.TrimLeft(line, " ")
	for _, prefix := range []string{"=== RUN ", "=== PAUSE ", "=== CONT ", "=== NAME ", "--- FAIL: ", "--- PASS: ", "--- SKIP: "} {
		if strings.HasPrefix(line, prefix) {
			return true
		}
	}
	return false
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
	one := End{Package: e.Package, Test: test, Failed: failed, At: e.Time}
	if failed {
		one.Message = strings.Clone(observe.FirstLine(output)) // not to keep all of the output
		if p.outputs {
			one.Output = output
		}
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
		known = known || one.Failed
	}
	for test, output := range p.running {
		panics := false
		for line := range strings.Lines(output) {
			panics = panics || observe.IsPanic(line)
		}
		if e.Action == "fail" && (panics || !known && len(p.leaves()) == 1 && p.leaves()[0] == test) {
			crash := e
			crash.Test = test
			if strings.TrimSpace(output) == "" {
				output = "the test process ended during this test\n"
			}
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
