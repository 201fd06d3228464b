// Package quarantine lets a run pass although tests failed that the configuration file names as
// flaky. It changes the stream of events before anything reads it: such a failure becomes a test
// that was skipped, with a mark and a note, and a package in which nothing else failed passes.
// So everything that shows or writes results agrees.
package quarantine

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/source"
	"github.com/gotestshard/gotestshard/shard/internal/split"
	"github.com/gotestshard/gotestshard/shard/internal/stream"
	"github.com/gotestshard/gotestshard/shard/internal/text"
)

// mark is added to the event of the end of a test.
const mark = `"Action":"skip","Quarantined":true`

// IsMarked reports whether an event is the end of a test whose failure does not count.
func IsMarked(line []byte) bool { return bytes.Contains(line, []byte(mark)) }

// Rules are the entries for flaky tests, and what became of them in a run. A nil Rules changes
// nothing. Only one goroutine may use it.
type Rules struct {
	rules    []option.FlakyRule
	today    option.Day
	each     bool // whether the names of tests end with that of a worker
	tests    bool // whether only tests are changed, and no package: others did not run after a failure
	used     []bool
	ended    []string        // notes about rules that have ended, whose test failed
	forgiven map[string]bool // whether a package passed at its last end only because of a rule
	packages map[string]*state
	decoder  stream.Decoder
}

// state is a package that runs.
type state struct {
	output   map[string]*printed // of running tests
	inside   map[string]int      // tests with subtests whose failures do not count
	own      map[string]bool     // tests with a subtest that failed otherwise
	verdict  string              // of m.Run
	failed   bool                // something failed that counts
	forgiven bool
}

// printed is what a test has printed.
type printed struct {
	end    []byte // of it, about most bytes
	logged bool   // whether there is a line of T.Log or T.Error before that
}

const most = 64 << 10

func (o *printed) add(text string) {
	o.end = append(o.end, text...)
	if len(o.end) < 2*most {
		return
	}
	cut := len(o.end) - most
	if line := bytes.LastIndexByte(o.end[:cut], '\n'); line >= 0 {
		cut = line + 1
	}
	o.logged = o.logged || len(source.Logged(string(o.end[:cut]))) > 0
	o.end = append(o.end[:0], o.end[cut:]...)
}

// New returns the rules of a run, nil if there are none. They are only for go test: the exit code
// of another command may mean anything.
func New(opts option.Options, failFast bool) *Rules {
	if len(opts.Flaky) == 0 || opts.Merge != nil || len(opts.Shards) > 0 || opts.RawCommand {
		return nil
	}
	return &Rules{
		rules: opts.Flaky, today: opts.Today(), each: opts.Dist == "each" && opts.Workers > 0, tests: failFast,
		used: make([]bool, len(opts.Flaky)), forgiven: map[string]bool{}, packages: map[string]*state{},
	}
}

// Forgiven reports whether a package passed at its last end only because of a rule.
func (r *Rules) Forgiven(pkg string) bool { return r != nil && r.forgiven[pkg] }

// AllForgiven returns these packages, in order.
func (r *Rules) AllForgiven() []string {
	if r == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(r.forgiven))
}

// Ended returns notes about tests that failed, and count as failed, because their rule has
// ended.
func (r *Rules) Ended() []string {
	if r == nil {
		return nil
	}
	return r.ended
}

// Unused returns notes about rules that name no test of the run.
func (r *Rules) Unused() (notes []string) {
	if r == nil {
		return nil
	}
	for i, rule := range r.rules {
		if !r.used[i] {
			notes = append(notes, fmt.Sprintf("%s: [[flaky]] %s names no test of this run: correct the name, or remove the entry", rule.Place, rule.Match))
		}
	}
	return notes
}

// Reader returns the stream of events that the rules make of another one.
func (r *Rules) Reader(in io.Reader) io.Reader {
	if r == nil {
		return in
	}
	return &reader{rules: r, in: bufio.NewReaderSize(in, 64<<10)}
}

type reader struct {
	rules *Rules
	in    *bufio.Reader
	ready []byte
	err   error
}

// Read implements io.Reader. It waits for one line at most.
func (r *reader) Read(p []byte) (int, error) {
	for len(r.ready) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		var line []byte
		line, r.err = r.in.ReadBytes('\n')
		r.ready = r.rules.line(line)
	}
	n := copy(p, r.ready)
	r.ready = r.ready[n:]
	return n, nil
}

// event is an event of go test -json.
type event struct {
	Time        json.RawMessage `json:",omitempty"`
	Action      string
	Package     string
	Test        string `json:",omitempty"`
	Output      string `json:",omitempty"`
	FailedBuild string `json:",omitempty"`
	Worker      string `json:",omitempty"`
}

// line returns what a line becomes.
func (r *Rules) line(line []byte) []byte {
	e, ok := r.decode(line)
	if !ok || e.Package == "" {
		return line
	}
	p := r.packages[e.Package]
	if p == nil {
		p = &state{output: map[string]*printed{}, inside: map[string]int{}, own: map[string]bool{}}
		r.packages[e.Package] = p
	}
	if e.Test == "" {
		return r.packageLine(p, e, line)
	}
	switch e.Action {
	case "run":
		p.output[e.Test] = &printed{}
		delete(p.inside, e.Test) // of an earlier run, with -count
		delete(p.own, e.Test)
		r.use(e.Package, r.name(e.Test))
	case "output":
		if p.output[e.Test] == nil {
			p.output[e.Test] = &printed{}
		}
		p.output[e.Test].add(e.Output)
	case "fail":
		line = r.failed(p, e, line)
		delete(p.output, e.Test)
	case "pass", "skip":
		delete(p.output, e.Test)
	}
	return line
}

// decode decodes an event. Only that of a failure needs more than stream.Decoder knows.
func (r *Rules) decode(line []byte) (e event, ok bool) {
	fast, ok := r.decoder.Decode(line)
	if ok && fast.Action != testjson.ActionFail {
		return event{Action: string(fast.Action), Package: fast.Package, Test: fast.Test, Output: fast.Output}, true
	}
	return e, json.Unmarshal(line, &e) == nil
}

func (r *Rules) name(test string) string {
	if r.each {
		return split.WithoutWorker(test)
	}
	return test
}

// use notes which rules name a test.
func (r *Rules) use(pkg, test string) {
	for i, rule := range r.rules {
		r.used[i] = r.used[i] || rule.Match.Matches(pkg, test)
	}
}

// failed returns what the end of a failed test becomes.
func (r *Rules) failed(p *state, e event, line []byte) []byte {
	end, logged := "", false
	if o := p.output[e.Test]; o != nil {
		end, logged = string(o.end), o.logged
	}
	if rule := r.ruleOf(e); rule != nil && !split.IsOutsideTests(r.name(e.Test)) && !split.DidNotRun(strings.SplitAfter(end, "\n")) {
		p.forgive(e.Test)
		if endedEarly(end) {
			p.failIn(e.Test) // other subtests may not have run
		}
		note := event{Time: e.Time, Action: "output", Package: e.Package, Test: e.Test, Worker: e.Worker, Output: text.Note("quarantined " + rule.About())}
		encoded, err := json.Marshal(note)
		changed, ok := replaceAction(line, mark)
		if err == nil && ok {
			return append(append(encoded, '\n'), changed...)
		}
	}
	if p.inside[e.Test] > 0 && !p.own[e.Test] && !logged && len(source.Logged(end)) == 0 && !endedEarly(end) {
		if changed, ok := replaceAction(line, `"Action":"pass"`); ok { // it failed only because of subtests
			p.forgive(e.Test)
			return changed
		}
	}
	p.failed = true
	p.failIn(e.Test)
	return line
}

// failIn notes that the tests around a subtest fail not only because of failures that do not count.
func (p *state) failIn(test string) {
	for at := strings.LastIndexByte(test, '/'); at > 0; at = strings.LastIndexByte(test[:at], '/') {
		p.own[test[:at]] = true
	}
}

// endedEarly reports whether the output of a test says that its process ended before the test did.
func endedEarly(output string) bool {
	return slices.ContainsFunc([]string{text.TimedOut, split.Crashed, split.EndedBy}, func(start string) bool {
		return strings.Contains(output, "\n"+text.NotePrefix+start)
	})
}

// forgive notes that the failure of a test does not count.
func (p *state) forgive(test string) {
	p.forgiven = true
	delete(p.own, test) // what failed in it does not count either
	if at := strings.LastIndexByte(test, '/'); at > 0 {
		p.inside[test[:at]]++
	}
}

// ruleOf returns the rule for a failed test, nil for none that holds today.
func (r *Rules) ruleOf(e event) *option.FlakyRule {
	var ended *option.FlakyRule
	for i := range r.rules {
		rule := &r.rules[i]
		switch {
		case !rule.Match.Matches(e.Package, r.name(e.Test)):
		case r.today <= rule.Until:
			return rule
		default:
			ended = rule
		}
	}
	if ended != nil {
		note := fmt.Sprintf("%s: [[flaky]] %s ended on %s, so its failure counts again", ended.Place, ended.Match, ended.Until)
		if len(r.ended) == 0 || r.ended[len(r.ended)-1] != note {
			r.ended = append(r.ended, note)
		}
	}
	return nil
}

// packageLine returns what a line about a package itself becomes. The package passes if its
// process ran all tests to their ends and nothing failed that counts.
func (r *Rules) packageLine(p *state, e event, line []byte) []byte {
	switch e.Action {
	case "output":
		if e.Output == "PASS\n" || e.Output == "FAIL\n" {
			p.verdict = e.Output
		}
		p.failed = p.failed || failsOutside(e.Output)
	case "pass", "skip":
		delete(r.packages, e.Package)
		delete(r.forgiven, e.Package)
	case "fail":
		delete(r.packages, e.Package)
		delete(r.forgiven, e.Package)
		if p.forgiven && !p.failed && !r.tests && p.verdict == "FAIL\n" && len(p.output) == 0 && e.FailedBuild == "" {
			if changed, ok := replaceAction(line, `"Action":"pass"`); ok {
				r.forgiven[e.Package] = true
				return changed
			}
		}
	}
	return line
}

// failsOutside reports whether a line of a package says that something failed outside its tests. The
// go command prints no exit code after other output.
func failsOutside(line string) bool {
	return slices.ContainsFunc([]string{
		text.PackagePrefix,                                                                      // our own lines, such as for a process that was left behind
		"WARNING: DATA RACE", "panic: ", "fatal error: ", "SIGSEGV: ", "SIGABRT: ", "SIGQUIT: ", // of the runtime, such as in TestMain after m.Run
		"signal: ", "*** Test ", // of the go command
	}, func(start string) bool { return strings.HasPrefix(line, start) })
}

// replaceAction returns an event that is no failure. Within a text of JSON, quotes are escaped, so
// what is replaced is the key.
func replaceAction(line []byte, action string) ([]byte, bool) {
	const fail = `"Action":"fail"`
	if !bytes.Contains(line, []byte(fail)) {
		return line, false
	}
	return bytes.Replace(line, []byte(fail), []byte(action), 1), true
}
