package stream

import (
	"math"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
)

// pkgState is the state of one package according to the sources so far. If several
// sources run it at the same time, the first one owns it until the package has ended
// there. The lines of the others are held back: consumers identify a running test only by
// its name, and would confuse two tests of the same name.
type pkgState struct {
	owner   int // index of a source, nobody if no source has it open
	held    []heldLine
	started bool            // its start event was written
	running map[string]bool // the owner's tests without an end; only with several sources
	workers []string
	end     *event // its end, held until no source can write more about it
	endedIn int    // in how many sources it has ended that have not ended themselves
	written string // the result of its written end event
	run     Run    // of a source with Lookup
	suffix  []byte
	known   bool
	// suffixes are those of the top-level tests of a split package, and of the subtests of those
	// in apart, whose subtests several workers run.
	suffixes map[string][]byte
	apart    map[string]bool
	// benchmarks are the benchmark runs without an end. go test -json reports no ends, so
	// testjson would count every benchmark as a failure (gotestsum#413).
	benchmarks []benchmark
}

// benchmark is a benchmark that has started.
type benchmark struct {
	run      event
	measured bool // its result was printed
}

const nobody = -1

type heldLine struct {
	source int
	line   []byte
}

// holds reports whether lines of a source are held back.
func (p *pkgState) holds(source int) bool {
	return slices.ContainsFunc(p.held, func(held heldLine) bool { return held.source == source })
}

// lookup returns the run of a package that is not known yet.
func (p *pkgState) lookup(s *sourceState, pkg []byte) (Run, bool) {
	if p.known {
		return Run{}, false
	}
	return s.Lookup(string(pkg))
}

// learnWorkers updates the workers of a split package.
func (p *pkgState) learnWorkers(s *sourceState, pkg string) {
	if p.run.WorkerOf == nil {
		return
	}
	if run, ok := s.Lookup(pkg); ok {
		p.run = run
	}
}

// suffixOf returns the suffix for events of a test, and nothing as long as no worker has
// the test.
func (p *pkgState) suffixOf(test []byte) []byte {
	root := framing.Root(test)
	if suffix, ok := p.suffixes[string(root)]; ok && (len(root) == len(test) || !p.apart[string(root)]) {
		return suffix
	}
	unit := root
	if p.apart[string(root)] || p.run.Apart != nil && p.run.Apart(string(root)) {
		if p.apart == nil {
			p.apart = map[string]bool{}
		}
		p.apart[string(root)] = true
		if part := test[min(len(root)+1, len(test)):]; len(part) > 0 {
			unit = test[:len(root)+1+len(framing.Root(part))]
		}
	}
	for _, unit := range [][]byte{unit, root} { // a new subtest is where the rest of its test is
		suffix, ok := p.suffixes[string(unit)]
		if ok {
			return suffix
		}
		if worker := p.run.WorkerOf(string(unit)); worker != "" {
			if p.suffixes == nil {
				p.suffixes = map[string][]byte{}
			}
			suffix = workerSuffix(worker)
			p.suffixes[string(unit)] = suffix
			return suffix
		}
	}
	return nil
}

func (p *pkgState) noteRunning(h *header) {
	switch string(h.action) {
	case "run":
		if p.running == nil {
			p.running = map[string]bool{}
		}
		p.running[string(h.test)] = true
	case "pass", "fail", "skip":
		delete(p.running, string(h.test))
	}
}

// failRunning ends the tests that a failed package left unfinished, before another source
// runs tests with the same names. A subtest does not count if its top-level test has
// ended (golang/go#40771).
func (p *pkgState) failRunning(dst []byte, e event, worker string) []byte {
	for _, name := range sortedKeys(p.running) {
		if !p.running[framing.Root(name)] {
			continue
		}
		dst = appendEvent(dst, event{
			Time: e.Time, Action: "fail", Package: e.Package, Test: name, Elapsed: new(float64), Worker: worker,
		})
	}
	clear(p.running)
	return dst
}

func (p *pkgState) noteBenchmark(line []byte) error {
	e, err := decodeEvent(line)
	if err != nil {
		return err
	}
	is := func(b benchmark) bool { return b.run.Test == e.Test }
	switch e.Action {
	case "run":
		p.benchmarks = append(p.benchmarks, benchmark{run: e})
	case "output":
		if i := slices.IndexFunc(p.benchmarks, is); i >= 0 && e.Output != nil && strings.Contains(*e.Output, " ns/op") {
			p.benchmarks[i].measured = true
		}
	case "pass", "fail", "skip":
		p.benchmarks = slices.DeleteFunc(p.benchmarks, is)
	}
	return nil
}

// endBenchmarks returns the ends of benchmarks that passed: all in a package that passed,
// otherwise those with a result and those that only group others.
func (p *pkgState) endBenchmarks(e event, worker string) []event {
	var ends []event
	for _, b := range p.benchmarks {
		passed := e.Action == "pass" || b.measured
		if !passed {
			isPart := func(other benchmark) bool { return strings.HasPrefix(other.run.Test, b.run.Test+"/") }
			unmeasured := func(other benchmark) bool { return isPart(other) && !other.measured }
			passed = slices.ContainsFunc(p.benchmarks, isPart) && !slices.ContainsFunc(p.benchmarks, unmeasured)
		}
		if passed {
			end := b.run
			end.Action, end.Time, end.Worker = "pass", e.Time, worker
			ends = append(ends, end)
		}
	}
	p.benchmarks = nil
	return ends
}

// sum adds seconds, either of which may be missing. A sum that is not a JSON number,
// possible only in an artificial stream, is left out.
func sum(a, b *float64) *float64 {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	s := *a + *b
	if math.IsInf(s, 0) {
		return a
	}
	return &s
}

// worse returns the worse of two results, which is the one that counts.
func worse(a, b string) string {
	for _, result := range []string{"fail", "pass"} {
		if a == result || b == result {
			return result
		}
	}
	return a
}
