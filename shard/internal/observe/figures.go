package observe

import (
	"strings"
	"time"
	"unicode"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
)

// Counted are the figures of a run.
type Counted struct {
	All       report.Figures
	ByPackage map[string]report.Figures
	byWorker  map[string]report.Figures // tests from the cache are under ""
}

// pkgTally has the counts of a package, by worker: those of the first attempt, and those of
// tests that ran only in a rerun.
type pkgTally struct {
	tally   *Tally
	worker  string // of the last event with a worker
	total   int    // testjson's number of test cases
	workers map[string]*report.Figures
	cases   map[uint64]firstRuns   // of the first attempt, by the hash of the test's name; nil if not needed
	failed  map[string]*firstFails // of the first attempt
	ended   time.Time              // when the package ended last, zero if that is not known
	reran   map[string]string      // tests that ran in a rerun, with the worker of the first one
}

// firstRuns is how often a test ran in the first attempt, and on which worker.
type firstRuns struct {
	n      int32
	worker int32 // index in Tally.names
}

// firstFails are the failures of a test in the first attempt.
type firstFails struct {
	worker string
	n      int
}

func (p *pkgTally) of(worker string) *report.Figures {
	if p.workers == nil {
		p.workers = map[string]*report.Figures{}
	}
	if p.workers[worker] == nil {
		p.workers[worker] = &report.Figures{}
	}
	return p.workers[worker]
}

// add counts an event of a test, which pkg includes already.
func (p *pkgTally) add(event testjson.TestEvent, pkg *testjson.Package, worker string) {
	started := pkg.Total > p.total
	p.total = pkg.Total
	if event.RunID > 0 {
		if p.reran == nil {
			p.reran = map[string]string{}
		}
		if _, ok := p.reran[event.Test]; !ok {
			p.reran[event.Test] = worker
		}
		return
	}
	f := p.of(worker)
	if started {
		f.Tests++
		if p.cases != nil {
			hash := p.tally.hash(event.Test)
			p.cases[hash] = firstRuns{p.cases[hash].n + 1, p.tally.index(worker)}
		}
	}
	switch event.Action {
	case testjson.ActionSkip:
		f.Skipped++
	case testjson.ActionFail:
		f.Failed++
		if p.failed == nil {
			p.failed = map[string]*firstFails{}
		}
		if p.failed[event.Test] == nil {
			p.failed[event.Test] = &firstFails{worker: worker}
		}
		p.failed[event.Test].n++
	}
}

// Count returns the figures of all that ran so far. It leaves out failed tests for which
// hidden is true.
func (t *Tally) Count(exec *testjson.Execution, hidden func(testjson.TestCase) bool) Counted {
	c := Counted{ByPackage: map[string]report.Figures{}, byWorker: map[string]report.Figures{}}
	for _, name := range exec.Packages() {
		pkg, p := exec.Package(name), t.pkgs[name]
		if p == nil {
			p = &pkgTally{tally: t}
		}
		sum := c.ByPackage[name]
		for worker, f := range p.settled(name, pkg, hidden) {
			sum.Add(*f)
			of := c.byWorker[worker]
			of.Add(*f)
			c.byWorker[worker] = of
		}
		c.ByPackage[name] = sum
		c.All.Add(sum)
	}
	return c
}

// settled returns the counts of a package by worker, with the final result of each test.
func (p *pkgTally) settled(name string, pkg *testjson.Package, hidden func(testjson.TestCase) bool) map[string]*report.Figures {
	counts := pkgTally{}
	for worker, f := range p.workers {
		*counts.of(worker) = *f
	}
	var results map[testjson.TestName]testjson.Action
	if len(p.reran) > 0 {
		results = LastResults(pkg)
	}
	flaky := map[string]bool{}
	for _, tc := range findFlaky(pkg) {
		flaky[tc.Test.Name()] = true
	}
	for test := range p.reran {
		f := counts.of(p.workerOf(test))
		f.Tests -= int(p.cases[p.tally.hash(test)].n)
		if first := p.failed[test]; first != nil {
			f.Failed -= first.n
		}
		f.Skipped -= firstSkips(pkg, test)
		f.Tests++
		switch result := results[testjson.TestName(test)]; {
		case flaky[test]:
			f.Flaky++
		case result == testjson.ActionFail:
			f.Failed++
		case result == testjson.ActionSkip:
			f.Skipped++
		}
	}
	for test, n := range hiddenTests(pkg, hidden) {
		f := counts.of(p.workerOf(test))
		if _, reran := p.reran[test]; reran {
			n = 1
		}
		f.Tests -= n
		if flaky[test] {
			f.Flaky -= n
		} else {
			f.Failed -= n
		}
	}
	// As in a JUnit file, a failure outside the tests is a failed test.
	if pkg.Result() == testjson.ActionFail && len(pkg.Failed) == 0 && !BuildFailed(name, pkg) {
		f := counts.of(p.worker)
		f.Tests++
		f.Failed++
	}
	return counts.workers
}

// workerOf returns the worker under which a test is counted, the first that ran it.
func (p *pkgTally) workerOf(test string) string {
	if first := p.failed[test]; first != nil {
		return first.worker
	}
	if first := p.cases[p.tally.hash(test)]; first.n > 0 {
		return p.tally.names[first.worker]
	}
	return p.reran[test]
}

// firstSkips is how often a test was skipped in the first attempt.
func firstSkips(pkg *testjson.Package, test string) int {
	n := 0
	for _, tc := range pkg.Skipped {
		if tc.RunID == 0 && tc.Test.Name() == test {
			n++
		}
	}
	return n
}

// hiddenTests returns the tests of which every failure is hidden, with the number of those.
func hiddenTests(pkg *testjson.Package, hidden func(testjson.TestCase) bool) map[string]int {
	tests := map[string]int{}
	for _, tc := range pkg.Failed {
		if hidden(tc) {
			tests[tc.Test.Name()]++
		}
	}
	for _, tc := range pkg.Failed {
		if !hidden(tc) {
			delete(tests, tc.Test.Name())
		}
	}
	return tests
}

// BuildFailed reports whether a package failed because it could not be built or set up.
func BuildFailed(name string, pkg *testjson.Package) bool {
	var lines lineList
	_ = pkg.WriteOutputTo(&lines, 0) // a list returns no errors
	return HasLine(strings.Join(lines, ""), func(line string) bool {
		end, ok := strings.CutPrefix(line, gotest.ResultFail+name)
		return ok && (end == gotest.BuildFailed+"\n" || end == gotest.SetupFailed+"\n")
	})
}

// CountErrors returns the number of the go command's errors. Indented and empty lines belong
// to the error before them.
func CountErrors(exec *testjson.Execution) int {
	n := 0
	for line := range strings.Lines(ErrorText(exec)) {
		if first := []rune(line)[0]; !unicode.IsSpace(first) {
			n++
		}
	}
	return n
}
