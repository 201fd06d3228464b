package text

import (
	"bytes"
	"strings"
)

// output handles text without a marker.
func (p *Process) output(text []byte) {
	if end := bytes.LastIndexByte(text, '\n') + 1; end > 0 {
		lines := text[:end]
		text = text[end:]
		if !p.began || p.atEnd || p.between {
			p.outside(lines)
		} else {
			if len(p.pending) > 0 {
				p.write(p.pending)
			}
			p.write(lines)
		}
		p.pending, p.cut = p.pending[:0], false
	}
	p.pending = append(p.pending, text...)
	if len(p.pending) < maxHalfLine {
		return
	}
	if part := beforeMarker(p.pending[:wholeUnits(p.pending, p.merge.escapes)], p.merge.escapes); part > 0 {
		p.writeHalf(p.pending[:part])
		p.pending = p.pending[:copy(p.pending, p.pending[part:])]
		p.cut = true
	}
}

// outside handles lines, the first of which begins with pending, before the first test,
// between two tests or after the verdict. Some of these lines are not written.
func (p *Process) outside(lines []byte) {
	for line := range bytes.Lines(lines) {
		whole := line
		if len(p.pending) > 0 {
			whole = append(p.pending, line...)
			p.pending = p.pending[:0]
		}
		if p.cut || !p.takeOut(whole) {
			p.write(whole)
		}
		p.cut = false
	}
}

// noTestsWarning is what testing.M.Run prints before its verdict if no test ran. The go
// command looks for it anywhere in the output, for its note "[no tests to run]".
const noTestsWarning = "testing: warning: no tests to run\n"

// takeOut reports whether the merge writes a line only once for all processes.
func (p *Process) takeOut(line []byte) bool {
	switch {
	case !p.between && isShuffle(line):
		if !p.merge.shuffled { // at once, so that the rest of the processes' texts can be equal
			p.merge.shuffled = true
			p.unwarn()
			p.merge.give(p, p.name)
			p.merge.buf = append(p.merge.buf, line...)
		}
		return true
	case p.atEnd && p.coverage == "" && isCoverage(line):
		p.coverage = strings.TrimRight(string(line), "\r\n")
		return true
	case (p.runs == 0 || p.between) && string(line) == noTestsWarning:
		// Also after tests of which no subtest was selected.
		p.unwarn()
		p.warned = true // if the verdict comes next
		p.empty = true
		return true
	}
	return false
}

// unwarn writes the warning that there are no tests, which turned out not to come from
// m.Run.
func (p *Process) unwarn() {
	if p.warned {
		p.warned = false
		p.write([]byte(noTestsWarning))
	}
}

// isCoverage reports whether a line is the one about coverage that a test binary prints
// at its end (EmitPercent in internal/coverage/cformat).
func isCoverage(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte("coverage: "))
	return ok && (string(rest) == "[no statements]\n" || bytes.Contains(rest, []byte("% of statements")))
}

// isShuffle reports whether a line is the one that testing.M.Run prints first under
// -test.shuffle.
func isShuffle(line []byte) bool {
	seed, ok := bytes.CutPrefix(line, []byte("-test.shuffle "))
	seed = bytes.TrimPrefix(bytes.TrimSuffix(seed, []byte("\n")), []byte("-"))
	return ok && len(seed) > 0 && len(bytes.Trim(seed, "0123456789")) == 0
}
