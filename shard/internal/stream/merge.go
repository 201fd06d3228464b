package stream

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Run is the worker of a package's test process, for a stream in which one go command
// reports for all workers.
type Run struct {
	// Worker is the id of the worker, such as gw0, or the ids of several workers that
	// shared the package, joined by commas.
	Worker string
	// WorkerOf returns the worker of a top-level test in a split package; nil for other
	// packages.
	WorkerOf func(test string) string
	// Apart reports whether several workers run the subtests of a top-level test, so that
	// WorkerOf may also know TestX/name for TestX/name and TestX/name/…; nil for none.
	Apart func(test string) bool
	// Waited is how long the test binary waited for that worker. The go command includes
	// it in the package's duration; the merge subtracts it.
	Waited time.Duration
	// Passed is whether the process has passed.
	Passed bool
}

// Source is one stream of go test -json lines and its origin. Exactly one of Name and
// Lookup is set.
type Source struct {
	// Name is the shard's name. It is the worker of all its events, unless Worker is set.
	Name string
	// Worker is for a stream that names workers itself. It returns the worker for an event
	// that names own, which is empty for none. Name is then only used in messages.
	Worker func(own string) string
	// Saw is called with each event of a package; may be nil.
	Saw func(action, pkg, test []byte)
	// Lookup returns the run of a package, and false while no worker has it.
	Lookup func(pkg string) (Run, bool)
	// PassNonJSON is called with a line that is not an event, for a stream that may have
	// such lines; if it is nil, such a line is an error.
	PassNonJSON func(line []byte)
}

// Package is the end of one package in one source.
type Package struct {
	Name    string
	Result  string // pass, fail or skip
	Elapsed time.Duration
}

// Merge joins the lines of several sources into one stream in which each package starts
// once and ends once, and each event of a worker names it. It has no goroutines and reads
// no clock, so it can be tested line by line. Reader feeds it.
type Merge struct {
	sources []sourceState
	order   map[string]int // of the sources, by name from 1
	pkgs    map[string]*pkgState
	open    int      // how many sources have not ended
	names   []string // of pkgs, in order; some may be missing
}

type sourceState struct {
	Source
	suffix []byte // `,"Worker":"gw0"}` for a named source
	// suffixes are those of a source with Worker, by the worker in the line.
	suffixes map[string][]byte
	lines    int
	header   header                    // of the current line
	hidden   map[string]*hiddenFraming // by package, where there may be some
	typed    bool                      // whether its events have the type of output (Go 1.27)
	open     map[string]bool           // packages that started in this source and have not ended
	ended    map[string]bool           // packages that ended in this source, until it ends itself
	closed   bool
	done     []Package
}

// NewMerge returns the merge of sources, which are then identified by their index.
func NewMerge(sources []Source) *Merge {
	m := &Merge{order: map[string]int{}, pkgs: map[string]*pkgState{}, open: len(sources)}
	for i, s := range sources {
		if m.order[s.Name] == 0 {
			m.order[s.Name] = i + 1
		}
		m.sources = append(m.sources, sourceState{
			Source:   s,
			suffix:   workerSuffix(s.Name),
			suffixes: map[string][]byte{},
			hidden:   map[string]*hiddenFraming{},
			open:     map[string]bool{},
			ended:    map[string]bool{},
		})
	}
	return m
}

// workerSuffix returns the end of a line of worker, nil for none.
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

// Packages returns the packages that ended in a source, in the order of their ends.
func (m *Merge) Packages(source int) []Package { return m.sources[source].done }

// Line appends to dst the lines of the stream for line, which comes from source and has no
// newline. An error names the source and the line's number.
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

// event is Line for an event. Its only error is that line is not an event.
func (m *Merge) event(dst []byte, source int, line []byte) ([]byte, error) {
	s := &m.sources[source]
	h := &s.header
	if err := parseHeader(line, h); err != nil {
		return dst, err
	}
	switch {
	case len(h.action) == 0 && s.Name != "":
		return dst, errNotAnEvent // for example a program's log in JSON
	case len(h.pkg) == 0:
		return m.write(dst, line, h, s.suffixFor(h)), nil // build output has no package
	}
	if s.Lookup == nil { // otherwise the text was corrected before test2json read it
		if events, ok := s.unhide(h, line); ok {
			return m.events(dst, source, events)
		}
	}
	return m.packageEvent(dst, source, h, line)
}

// events handles the events that replace one event.
func (m *Merge) events(dst []byte, source int, events []event) ([]byte, error) {
	for _, e := range events {
		line := bytes.TrimSuffix(appendEvent(nil, e), []byte{'\n'})
		var h header
		err := parseHeader(line, &h)
		if err == nil {
			dst, err = m.packageEvent(dst, source, &h, line)
		}
		if err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// packageEvent handles an event of a package.
func (m *Merge) packageEvent(dst []byte, source int, h *header, line []byte) ([]byte, error) {
	s := &m.sources[source]
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
	dst, err := m.sourcesEvent(dst, source, p, h, line)
	if err != nil || p.owner != nobody {
		return dst, err
	}
	return m.handOver(dst, string(h.pkg), p)
}

// opens reports whether an event shows that its package is running or has ended. Other
// events, such as those with an action that a later Go may add, change nothing.
func (h *header) opens() bool {
	switch string(h.action) {
	case "start", "run", "pause", "cont", "output", "bench", "attr", "artifacts":
		return true
	}
	return h.ends()
}

// ends reports whether an event is the end of a test or of a package.
func (h *header) ends() bool {
	switch string(h.action) {
	case "pass", "fail", "skip":
		return true
	}
	return false
}

// sourcesEvent handles an event of a package from the source that owns it, or, if it does
// not open the package, from any source.
func (m *Merge) sourcesEvent(dst []byte, source int, p *pkgState, h *header, line []byte) ([]byte, error) {
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
		s.enter(p, h.pkg)
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
	s.enter(p, h.pkg)
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

// suffixFor returns the worker suffix for an event of a source without Lookup.
func (s *sourceState) suffixFor(h *header) []byte {
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

// speaker returns the name of a source without Lookup for messages, and the worker for
// events that the merge makes up for it.
func (s *sourceState) speaker() (name, worker string) {
	if s.Worker != nil {
		return s.Name, s.Worker("")
	}
	return "shard " + s.Name, s.Name
}

// handOver lets the next source own a package without an owner. It handles the lines that
// were held back, up to the end of the package. Lines that do not open the package keep
// their place among the lines of their source.
func (m *Merge) handOver(dst []byte, pkg string, p *pkgState) ([]byte, error) {
	for p.owner == nobody && len(p.held) > 0 {
		lines := p.held
		p.held = nil
		next := nobody
		for i, held := range lines {
			var h header
			err := parseHeader(held.line, &h)
			if err != nil {
				return dst, err
			}
			if next == nobody && h.opens() {
				next, p.owner = held.source, held.source
			}
			if next != nobody && p.owner == nobody { // the package has ended
				p.held = append(p.held, lines[i:]...)
				break
			}
			if held.source != p.owner && (h.opens() || p.holds(held.source)) {
				p.held = append(p.held, held)
				continue
			}
			if dst, err = m.sourcesEvent(dst, held.source, p, &h, held.line); err != nil {
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
	return m.release(dst, p), nil
}

// packages returns the names of all packages, in order.
func (m *Merge) packages() []string {
	if len(m.names) < len(m.pkgs) { // none is ever removed
		m.names = sortedKeys(m.pkgs)
	}
	return m.names
}
