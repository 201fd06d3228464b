package stream

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// maxLine is the longest line that the merge writes, in bytes. testjson ends a
// scan at a line over 64 KiB ("token too long"), so a longer Output is split
// over several events.
const maxLine = 60 << 10

// Run says which worker a package's test process had, for a stream in which
// one go command speaks for all workers.
type Run struct {
	// Worker is the id of the worker, such as gw0.
	Worker string
	// Waited is how long the test binary waited for that worker. The go command
	// counts it as part of the package's time; the merge takes it out again.
	Waited time.Duration
}

// Source is one stream of go test -json lines and who is behind it. Exactly
// one of Name and Lookup is set.
type Source struct {
	// Name is the shard's name, the worker of all its events.
	Name string
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
// has no goroutines and reads no clock but now, so it can be tested line by
// line; Reader feeds it.
type Merge struct {
	sources []sourceState
	pkgs    map[string]*pkgState
	now     func() time.Time
}

type sourceState struct {
	Source
	suffix []byte // `,"Worker":"gw0"}` for a named source
	lines  int
	open   map[string]bool // packages that started here and have not ended
	ended  map[string]bool // packages that ended here
	closed bool
	done   []Package
}

// pkgState is what the sources have said of one package so far.
type pkgState struct {
	started bool // its start event is written
	workers []string
	end     *event // its end, held until no source can speak of it any more
	written string // the result that its end event was written with
	run     Run    // of a source with Lookup
	suffix  []byte
	known   bool
	// benchmarks are the runs without an end. go test -json tells of none, so
	// testjson would take every benchmark for a failure (gotestsum#413).
	benchmarks []event
}

// lookup asks for the run of a package that is not known yet.
func (p *pkgState) lookup(s *sourceState, pkg []byte) (Run, bool) {
	if p.known {
		return Run{}, false
	}
	return s.Lookup(string(pkg))
}

func (p *pkgState) noteBenchmark(line []byte) error {
	e, err := decodeEvent(line)
	if err != nil {
		return err
	}
	switch e.Action {
	case "run":
		p.benchmarks = append(p.benchmarks, e)
	case "pass", "fail", "skip":
		p.benchmarks = slices.DeleteFunc(p.benchmarks, func(b event) bool { return b.Test == e.Test })
	}
	return nil
}

// NewMerge returns the merge of sources, which are named by their index from
// here on.
func NewMerge(sources []Source) *Merge {
	m := &Merge{pkgs: map[string]*pkgState{}, now: time.Now}
	for _, s := range sources {
		m.sources = append(m.sources, sourceState{
			Source: s,
			suffix: workerSuffix(s.Name),
			open:   map[string]bool{},
			ended:  map[string]bool{},
		})
	}
	return m
}

func workerSuffix(worker string) []byte {
	if worker == "" {
		return nil
	}
	return fmt.Appendf(nil, `,"Worker":%q}`, worker)
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
	h, line, err := parseHeader(line)
	if err != nil {
		return dst, err
	}
	if len(h.pkg) == 0 {
		return m.write(dst, line, h, s.suffix), nil // build output has no package
	}
	p := m.pkgs[string(h.pkg)]
	if p == nil {
		p = &pkgState{}
		m.pkgs[string(h.pkg)] = p
	}
	suffix := s.suffix
	if s.Lookup != nil {
		if run, ok := p.lookup(s, h.pkg); ok {
			p.run, p.known, p.suffix = run, true, workerSuffix(run.Worker)
		}
		suffix = p.suffix
	}
	if len(h.test) > 0 {
		s.enter(h.pkg)
		if bytes.HasPrefix(h.test, []byte("Benchmark")) {
			if err := p.noteBenchmark(line); err != nil {
				return dst, err
			}
		}
		return m.write(dst, line, h, suffix), nil
	}
	switch string(h.action) {
	case "start":
		s.enter(h.pkg)
		if p.started {
			return dst, nil
		}
		p.started = true
	case "pass", "fail", "skip":
		return m.packageEnd(dst, source, p, line)
	case "output":
		s.enter(h.pkg)
		if p.run.Waited > 0 && bytes.Contains(line, []byte(`\t`)) {
			return m.resultLine(dst, p, line)
		}
	}
	return m.write(dst, line, h, suffix), nil
}

func (m *Merge) notAnEvent(dst []byte, s *sourceState, line []byte) ([]byte, error) {
	switch {
	case len(bytes.TrimSpace(line)) == 0 && s.Name != "":
		return dst, nil
	case s.PassNonJSON != nil:
		s.PassNonJSON(line)
		return dst, nil
	case s.Name == "":
		// The go command's own words: gotestsum's message for them is the one
		// that its users know.
		return append(append(dst, line...), '\n'), nil
	}
	return dst, &NonJSONError{Source: s.Name, Number: s.lines, Line: shorten(line)}
}

// NonJSONError is a line in a shard's stream that is no test event.
type NonJSONError struct {
	Source string
	Number int // of the line, from 1
	Line   string
}

func (e *NonJSONError) Error() string {
	return fmt.Sprintf("shard %s: line %d of its output is not a go test -json event: %q; "+
		"let its command print go test -json, or pass such lines on with --ignore-non-json-output-lines",
		e.Source, e.Number, e.Line)
}

func shorten(line []byte) string {
	const limit = 200
	if len(line) <= limit {
		return string(line)
	}
	return string(line[:limit]) + "…"
}

// enter notes that the source is running pkg.
func (s *sourceState) enter(pkg []byte) {
	if !s.open[string(pkg)] {
		s.open[string(pkg)] = true
		delete(s.ended, string(pkg))
	}
}

// write appends line with the worker's suffix in place of its closing brace.
func (m *Merge) write(dst, line []byte, h header, suffix []byte) []byte {
	if len(line)+len(suffix) > maxLine {
		return m.writeLong(dst, line, suffix)
	}
	if suffix == nil {
		return append(append(dst, line...), '\n')
	}
	end := bytes.LastIndexByte(line, '}')
	if h.workerEnd != 0 {
		// A worker of a run inside this one: the shard is who ran it here.
		start := len(dst)
		dst = append(append(dst, line[:h.workerStart]...), line[h.workerEnd:end]...)
		if len(bytes.TrimSpace(dst[start:])) == 1 { // it was the only key
			return append(append(dst, suffix[1:]...), '\n')
		}
	} else {
		dst = append(dst, line[:end]...)
		if len(bytes.TrimSpace(line[:end])) == 1 {
			return append(append(dst, suffix[1:]...), '\n')
		}
	}
	return append(append(dst, suffix...), '\n')
}

// writeLong splits the Output of a line that testjson could not read.
func (m *Merge) writeLong(dst, line, suffix []byte) []byte {
	e, err := decodeEvent(line)
	if err != nil || e.Output == nil {
		return append(append(dst, line...), '\n')
	}
	e.Worker = workerOf(suffix)
	// Escaped, one byte takes up to six (\u001b).
	const piece = maxLine / 8
	for rest := *e.Output; rest != ""; {
		n := min(piece, len(rest))
		for n > 1 && n < len(rest) && !utf8.RuneStart(rest[n]) {
			n--
		}
		part := rest[:n]
		rest = rest[n:]
		e.Output = &part
		dst = appendEvent(dst, e)
	}
	return dst
}

func workerOf(suffix []byte) string {
	_, worker, _ := bytes.Cut(suffix, []byte(`:"`))
	return strings.TrimSuffix(string(worker), `"}`)
}

// resultLine takes the waiting for a worker out of the line that the go
// command prints at the end of a package, such as "ok  \tpkg\t1.234s\n".
func (m *Merge) resultLine(dst []byte, p *pkgState, line []byte) ([]byte, error) {
	e, err := decodeEvent(line)
	if err != nil {
		return dst, err
	}
	if e.Output != nil {
		output := withoutWait(*e.Output, e.Package, p.run.Waited)
		e.Output = &output
	}
	e.Worker = p.run.Worker
	return appendEvent(dst, e), nil
}

// withoutWait returns output, the go command's result line for pkg, with
// waited taken from its seconds, and any other output as it is.
func withoutWait(output, pkg string, waited time.Duration) string {
	for _, prefix := range []string{"ok  \t", "FAIL\t"} {
		rest, ok := strings.CutPrefix(output, prefix+pkg+"\t")
		if !ok {
			continue
		}
		end := strings.IndexByte(rest, 's')
		if end < 0 {
			return output
		}
		took, err := time.ParseDuration(rest[:end+1])
		if err != nil {
			return output // "(cached)", "[build failed]"
		}
		return fmt.Sprintf("%s%s\t%.3f%s", prefix, pkg, max(0, took-waited).Seconds(), rest[end:])
	}
	return output
}

// packageEnd takes in the end of a package in one source. The end goes into
// the stream when no other source can say anything more about the package.
func (m *Merge) packageEnd(dst []byte, source int, p *pkgState, line []byte) ([]byte, error) {
	e, err := decodeEvent(line)
	if err != nil {
		return dst, err
	}
	s := &m.sources[source]
	worker := s.Name
	if s.Lookup != nil {
		worker = p.run.Worker
		if e.Elapsed != nil && p.run.Waited > 0 {
			elapsed := max(0, *e.Elapsed-p.run.Waited.Seconds())
			elapsed = float64(int64(elapsed*1000+0.5)) / 1000 // go test prints milliseconds
			e.Elapsed = &elapsed
		}
	}
	for _, benchmark := range p.benchmarks {
		if e.Action == "pass" {
			benchmark.Action, benchmark.Time, benchmark.Worker = "pass", e.Time, worker
			dst = appendEvent(dst, benchmark)
		}
	}
	p.benchmarks = nil
	m.endIn(s, p, e, worker)
	return m.release(dst, e.Package, p), nil
}

// endIn joins the end e of a package in s with those of the other sources: a
// failure anywhere fails the package, and its time is all of theirs.
func (m *Merge) endIn(s *sourceState, p *pkgState, e event, worker string) {
	delete(s.open, e.Package)
	s.ended[e.Package] = true
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
		if held.Elapsed != nil && e.Elapsed != nil {
			sum := *held.Elapsed + *e.Elapsed
			e.Elapsed = &sum
		}
		if e.FailedBuild == "" {
			e.FailedBuild = held.FailedBuild
		}
	}
	e.Action = worse(e.Action, p.written)
	p.end = &e
}

// worse returns the result that counts when a package had both.
func worse(a, b string) string {
	for _, result := range []string{"fail", "pass"} {
		if a == result || b == result {
			return result
		}
	}
	return a
}

// release writes the end of a package that every source has ended.
func (m *Merge) release(dst []byte, pkg string, p *pkgState) []byte {
	if p.end == nil {
		return dst
	}
	for i := range m.sources {
		if s := &m.sources[i]; !s.closed && !s.ended[pkg] {
			return dst
		}
	}
	e := *p.end
	m.sortWorkers(p.workers)
	e.Worker = strings.Join(p.workers, ",")
	p.end, p.written = nil, e.Action
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

// End appends what the stream says now that source has ended. A package that
// the source left in its middle has failed, and End reports that as an error
// in the package's own output.
func (m *Merge) End(dst []byte, source int) []byte {
	s := &m.sources[source]
	s.closed = true
	for _, pkg := range sortedKeys(s.open) {
		p := m.pkgs[pkg]
		worker, who := s.Name, "shard "+s.Name
		if s.Lookup != nil {
			worker, who = p.run.Worker, "the go command"
		}
		now := m.now()
		output := fmt.Sprintf("gotestshard: the output of %s stopped before %s ended\n", who, pkg)
		dst = appendEvent(dst, event{Time: &now, Action: "output", Package: pkg, Output: &output, Worker: worker})
		m.endIn(s, p, event{Time: &now, Action: "fail", Package: pkg, Elapsed: new(float64)}, worker)
	}
	for _, pkg := range sortedKeys(m.pkgs) {
		dst = m.release(dst, pkg, m.pkgs[pkg])
	}
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
