package stream

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
)

// packageEnd handles the end of a package in the source that owns it.
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

// endIn joins the end e of a package in s with its ends in other sources. A failure
// anywhere fails the package, and its duration is the sum.
func (m *Merge) endIn(s *sourceState, p *pkgState, e event, worker string) {
	s.leave(p, e.Package)
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

// release writes the end of a package that has ended in every source. If a package appears
// again after its end, it does not end again, unless it now fails.
func (m *Merge) release(dst []byte, p *pkgState) []byte {
	if p.end == nil || p.owner != nobody || p.endedIn < m.open {
		return dst
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

// sortWorkers sorts workers in the order of the sources, so that a line is the same in
// every run.
func (m *Merge) sortWorkers(workers []string) {
	slices.SortStableFunc(workers, func(a, b string) int { return m.order[a] - m.order[b] })
}

// End appends the lines that follow from the end of a source, where rest is the text
// after its last newline. A package that the source left unfinished fails, with a message
// in its output. A rest that is not an event is part of that message. Without such a
// package it is an error.
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
			cut = fmt.Sprintf("; its last output was %q", shorten(rest))
		}
	}
	for _, pkg := range sortedKeys(s.hidden) {
		var err error
		if dst, err = m.events(dst, source, s.hidden[pkg].ended()); err != nil {
			return dst, err
		}
	}
	m.close(s)
	for _, pkg := range sortedKeys(s.open) {
		dst = m.stopped(dst, s, pkg, m.pkgs[pkg], cut)
	}
	for _, pkg := range m.packages() {
		var err error
		if dst, err = m.handOver(dst, pkg, m.pkgs[pkg]); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// stopped fails a package that a source has left unfinished. The events that it makes up
// have no time, because the stream may be an old recording.
func (m *Merge) stopped(dst []byte, s *sourceState, pkg string, p *pkgState, cut string) []byte {
	who, worker := s.speaker()
	if s.Lookup != nil {
		run, _ := s.Lookup(pkg)
		if run.Passed {
			// A test binary that closes its standard output ends without a verdict, which
			// the go command takes for a pass.
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

// enter records that the source is running pkg.
func (s *sourceState) enter(p *pkgState, pkg []byte) {
	if s.open[string(pkg)] {
		return
	}
	s.open[string(pkg)] = true
	if s.ended[string(pkg)] {
		delete(s.ended, string(pkg))
		p.endedIn--
	}
}

// leave records that pkg has ended in the source.
func (s *sourceState) leave(p *pkgState, pkg string) {
	delete(s.open, pkg)
	if !s.ended[pkg] && !s.closed {
		s.ended[pkg] = true
		p.endedIn++
	}
}

// close records that the source has ended.
func (m *Merge) close(s *sourceState) {
	s.closed = true
	m.open--
	for pkg := range s.ended {
		m.pkgs[pkg].endedIn--
	}
	clear(s.ended)
}
