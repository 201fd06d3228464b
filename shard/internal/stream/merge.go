package stream

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Run says which worker a package's test process had, for a stream in which
// one go command speaks for all workers.
type Run struct {
	// Worker is the id of the worker, such as gw0, or the ids of those that the
	// package was split over, joined by commas.
	Worker string
	// WorkerOf returns who ran a top-level test of a package that is split, and
	// is nil for one that is not.
	WorkerOf func(test string) string
	// Waited is how long the test binary waited for that worker. The go command
	// counts it as part of the package's time; the merge takes it out again.
	Waited time.Duration
	// Passed is whether the process has ended well.
	Passed bool
}

// Source is one stream of go test -json lines and who is behind it. Exactly
// one of Name and Lookup is set.
type Source struct {
	// Name is the shard's name, the worker of all its events unless there is
	// Worker.
	Name string
	// Worker is for a stream that names workers itself: it returns the worker for
	// an event that has own, which is empty for none. Name is then what messages
	// call the stream.
	Worker func(own string) string
	// Saw is called with each event of a package; nil for nobody who wants to know.
	Saw func(action, pkg, test []byte)
	// Lookup returns the run of a package, and false while no worker has it.
	Lookup func(pkg string) (Run, bool)
	// PassNonJSON is called with a line that is no event, for a stream in which
	// that is allowed; nil makes such a line an error.
	PassNonJSON func(line []byte)
}

// Package is one package's end in one source.
type Package struct {
	Name    string
	Result  string // pass, fail or skip
	Elapsed time.Duration
}

// Merge joins the lines of several sources into one stream in which each
// package starts once and ends once, and each event of a worker names it. It
// has no goroutines and reads no clock, so it can be tested line by line; Reader
// feeds it.
type Merge struct {
	sources []sourceState
	pkgs    map[string]*pkgState
}

type sourceState struct {
	Source
	suffix []byte // `,"Worker":"gw0"}` for a named source
	// suffixes are those of a source with Worker, by the worker in the line.
	suffixes map[string][]byte
	lines    int
	open     map[string]bool // packages that started here and have not ended
	ended    map[string]bool // packages that ended here
	closed   bool
	done     []Package
}

// NewMerge returns the merge of sources, which are named by their index from
// here on.
func NewMerge(sources []Source) *Merge {
	m := &Merge{pkgs: map[string]*pkgState{}}
	for _, s := range sources {
		m.sources = append(m.sources, sourceState{
			Source:   s,
			suffix:   workerSuffix(s.Name),
			suffixes: map[string][]byte{},
			open:     map[string]bool{},
			ended:    map[string]bool{},
		})
	}
	return m
}

// workerSuffix is the end of a line of worker, nil for none.
func workerSuffix(worker string) []byte {
	if worker == "" {
		return nil
	}
	quoted, err := json.Marshal(worker)
	if err != nil {
		panic(fmt.Sprintf("encoding a worker's name: %v", err)) // any string can be encoded
	}
	return slices.Concat([]byte(`,"Worker":`), quoted, []byte{'}'})
}

// Packages returns the packages that ended in a source, in the order of their
// ends.
func (m *Merge) Packages(source int) []Package { return m.sources[source].done }

// Line appends to dst what the stream says now that source said line, which
// has no newline at its end. An error names the source and the line's number.
func (m *Merge) Line(dst []byte, source int, line []byte) ([]byte, error) {
	s := &m.sources[source]
	s.lines++
	line = bytes.TrimRight(line, "\r")
	out, err := m.event(dst, source, line)
	if err != nil {
		return m.notAnEvent(dst, s, line)
	}
	return out, nil
}

// event is Line for an event; its only error is that line is none.
func (m *Merge) event(dst []byte, source int, line []byte) ([]byte, error) {
	s := &m.sources[source]
	h, err := parseHeader(line)
	switch {
	case err != nil:
		return dst, err
	case len(h.action) == 0 && s.Name != "":
		return dst, errNotAnEvent // a program's log in JSON, say
	case len(h.pkg) == 0:
		return m.write(dst, line, h, s.suffixFor(h)), nil // build output has no package
	}
	if s.Saw != nil {
		s.Saw(h.action, h.pkg, h.test)
	}
	p := m.pkgs[string(h.pkg)]
	if p == nil {
		p = &pkgState{owner: nobody}
		m.pkgs[string(h.pkg)] = p
	}
	if p.owner == nobody && h.opens() {
		p.owner = source
	}
	if p.owner != source && (h.opens() || p.holds(source)) {
		p.held = append(p.held, heldLine{source, bytes.Clone(line)})
		return dst, nil
	}
	if dst, err = m.sourcesEvent(dst, source, p, h, line); err != nil {
		return dst, err
	}
	return m.handOver(dst, string(h.pkg), p)
}

// opens is whether an event says that its package is being run, or has come to its
// end. Another one, such as one with an action that a later Go may add, changes
// nothing.
func (h header) opens() bool {
	switch string(h.action) {
	case "start", "run", "pause", "cont", "output", "bench", "attr", "artifacts":
		return true
	}
	return h.ends()
}

// ends is whether an event is the end of a test or of a package.
func (h header) ends() bool {
	switch string(h.action) {
	case "pass", "fail", "skip":
		return true
	}
	return false
}

// sourcesEvent takes in an event of a package from the source that owns it, or one
// that does not open it from any.
func (m *Merge) sourcesEvent(dst []byte, source int, p *pkgState, h header, line []byte) ([]byte, error) {
	s := &m.sources[source]
	suffix := s.suffixFor(h)
	if s.Lookup != nil {
		if run, ok := p.lookup(s, h.pkg); ok {
			p.run, p.known, p.suffix = run, true, nil
			if run.WorkerOf == nil {
				p.suffix = workerSuffix(run.Worker)
			}
		}
		suffix = p.suffix
		if p.run.WorkerOf != nil && len(h.test) > 0 {
			suffix = p.suffixOf(h.test)
		}
	}
	if !h.opens() {
		return m.write(dst, line, h, suffix), nil
	}
	if len(h.test) > 0 {
		s.enter(h.pkg)
		if len(m.sources) > 1 {
			p.noteRunning(h)
		}
		if bytes.HasPrefix(h.test, []byte("Benchmark")) {
			if err := p.noteBenchmark(line); err != nil {
				return dst, err
			}
		}
		if p.run.WorkerOf != nil && bytes.Contains(line, []byte(`"Output":"`+timedOut)) {
			return m.writeTimedOut(dst, line, h, suffix)
		}
		return m.write(dst, line, h, suffix), nil
	}
	if h.ends() {
		return m.packageEnd(dst, p, line)
	}
	s.enter(h.pkg)
	switch string(h.action) {
	case "start":
		if p.started {
			return dst, nil
		}
		p.started = true
	case "output":
		if (p.run.Waited > 0 || p.run.WorkerOf != nil) && bytes.Contains(line, []byte(`\t`)) {
			p.learnWorkers(s, string(h.pkg))
			return m.resultLine(dst, p, line)
		}
	}
	return m.write(dst, line, h, suffix), nil
}

// suffixFor returns what says who is behind an event of a source without Lookup.
func (s *sourceState) suffixFor(h header) []byte {
	if s.Worker == nil {
		return s.suffix
	}
	suffix, ok := s.suffixes[string(h.worker)]
	if !ok {
		suffix = workerSuffix(s.Worker(string(h.worker)))
		s.suffixes[string(h.worker)] = suffix
	}
	return suffix
}

// speaker is what messages call a source without Lookup, and the worker of what
// the merge makes up in its name.
func (s *sourceState) speaker() (name, worker string) {
	if s.Worker != nil {
		return s.Name, s.Worker("")
	}
	return "shard " + s.Name, s.Name
}

// handOver lets the next source have a package that nobody owns: what was held
// back of it is taken in, up to its end. What does not open the package goes on in
// its place among the lines of its source.
func (m *Merge) handOver(dst []byte, pkg string, p *pkgState) ([]byte, error) {
	for p.owner == nobody && len(p.held) > 0 {
		lines := p.held
		p.held = nil
		next := nobody
		for i, held := range lines {
			h, err := parseHeader(held.line)
			if err != nil {
				return dst, err
			}
			if next == nobody && h.opens() {
				next, p.owner = held.source, held.source
			}
			if next != nobody && p.owner == nobody { // it has ended
				p.held = append(p.held, lines[i:]...)
				break
			}
			if held.source != p.owner && (h.opens() || p.holds(held.source)) {
				p.held = append(p.held, held)
				continue
			}
			if dst, err = m.sourcesEvent(dst, held.source, p, h, held.line); err != nil {
				return dst, err
			}
		}
		if next == nobody {
			break
		}
		if s := &m.sources[next]; s.closed && s.open[pkg] {
			dst = m.stopped(dst, s, pkg, p, "")
		}
	}
	return m.release(dst, pkg, p), nil
}

// enter notes that the source is running pkg.
func (s *sourceState) enter(pkg []byte) {
	if !s.open[string(pkg)] {
		s.open[string(pkg)] = true
		delete(s.ended, string(pkg))
	}
}

// packageEnd takes in the end of a package in the source that owns it.
func (m *Merge) packageEnd(dst []byte, p *pkgState, line []byte) ([]byte, error) {
	e, err := decodeEvent(line)
	if err != nil {
		return dst, err
	}
	s := &m.sources[p.owner]
	worker := s.Name
	if s.Worker != nil {
		worker = s.Worker(e.Worker)
	}
	if s.Lookup != nil {
		p.learnWorkers(s, e.Package)
		worker = p.run.Worker
		if e.Elapsed != nil && p.run.Waited > 0 {
			elapsed := max(0, *e.Elapsed-p.run.Waited.Seconds())
			elapsed = float64(int64(elapsed*1000+0.5)) / 1000 // go test prints milliseconds
			e.Elapsed = &elapsed
		}
	}
	for _, end := range p.endBenchmarks(e, worker) {
		dst = appendEvent(dst, end)
	}
	if e.Action == "fail" {
		dst = p.failRunning(dst, e, worker)
	}
	m.endIn(s, p, e, worker)
	return dst, nil
}

// endIn joins the end e of a package in s with those of the other sources: a
// failure anywhere fails the package, and its time is all of theirs.
func (m *Merge) endIn(s *sourceState, p *pkgState, e event, worker string) {
	delete(s.open, e.Package)
	s.ended[e.Package] = true
	p.owner = nobody
	done := Package{Name: e.Package, Result: e.Action}
	if e.Elapsed != nil {
		done.Elapsed = time.Duration(*e.Elapsed * float64(time.Second))
	}
	s.done = append(s.done, done)
	if worker != "" && !slices.Contains(p.workers, worker) {
		p.workers = append(p.workers, worker)
	}
	if held := p.end; held != nil {
		e.Action = worse(e.Action, held.Action)
		e.Elapsed = sum(held.Elapsed, e.Elapsed)
		if e.Time == nil {
			e.Time = held.Time
		}
		if e.FailedBuild == "" {
			e.FailedBuild = held.FailedBuild
		}
	}
	e.Action = worse(e.Action, p.written)
	p.end = &e
}

// release writes the end of a package that every source has ended. A package
// that comes again after its end does not end again, unless it fails now.
func (m *Merge) release(dst []byte, pkg string, p *pkgState) []byte {
	if p.end == nil || p.owner != nobody || len(p.held) > 0 {
		return dst
	}
	for i := range m.sources {
		if s := &m.sources[i]; !s.closed && !s.ended[pkg] {
			return dst
		}
	}
	e := *p.end
	p.end = nil
	if e.Action == p.written {
		return dst
	}
	m.sortWorkers(p.workers)
	e.Worker = strings.Join(p.workers, ",")
	p.written = e.Action
	return appendEvent(dst, e)
}

// sortWorkers puts workers in the order of the sources, so that a line reads
// the same in every run.
func (m *Merge) sortWorkers(workers []string) {
	index := func(worker string) int {
		return slices.IndexFunc(m.sources, func(s sourceState) bool { return s.Name == worker })
	}
	slices.SortStableFunc(workers, func(a, b string) int { return index(a) - index(b) })
}

// End appends what the stream says now that source has ended, with rest behind
// its last newline. A package that the source left in its middle has failed,
// and its own output says so; a rest that is no event is part of that output,
// and an error when there is no such package.
func (m *Merge) End(dst []byte, source int, rest []byte) ([]byte, error) {
	s := &m.sources[source]
	cut := ""
	if len(rest) > 0 {
		s.lines++
		out, err := m.event(dst, source, bytes.TrimRight(rest, "\r"))
		switch {
		case err == nil:
			dst = out
		case len(s.open) == 0 || s.Name == "":
			if dst, err = m.notAnEvent(dst, s, rest); err != nil {
				return dst, err
			}
		default:
			cut = fmt.Sprintf("; its last words were %q", shorten(rest))
		}
	}
	s.closed = true
	for _, pkg := range sortedKeys(s.open) {
		dst = m.stopped(dst, s, pkg, m.pkgs[pkg], cut)
	}
	for _, pkg := range sortedKeys(m.pkgs) {
		var err error
		if dst, err = m.handOver(dst, pkg, m.pkgs[pkg]); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// stopped fails a package that a source has left in its middle. The events it
// makes up have no time: a stream may be a recording of long ago.
func (m *Merge) stopped(dst []byte, s *sourceState, pkg string, p *pkgState, cut string) []byte {
	who, worker := s.speaker()
	if s.Lookup != nil {
		run, _ := s.Lookup(pkg)
		if run.Passed {
			// A test binary that closes its standard output ends well without
			// saying so, and the go command takes that for a pass.
			m.endIn(s, p, event{Action: "pass", Package: pkg, Elapsed: new(float64)}, run.Worker)
			return dst
		}
		worker, who = run.Worker, "the go command"
	}
	output := fmt.Sprintf("gotestshard: the output of %s stopped before %s ended%s\n", who, pkg, cut)
	dst = appendEvent(dst, event{Action: "output", Package: pkg, Output: &output, Worker: worker})
	e := event{Action: "fail", Package: pkg, Elapsed: new(float64)}
	if len(m.sources) > 1 {
		dst = p.failRunning(dst, e, worker)
	}
	p.benchmarks = nil
	m.endIn(s, p, e, worker)
	return dst
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
