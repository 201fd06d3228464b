package text

import (
	"bytes"
	"strings"
)

// noTestsWarning is what testing.M.Run says before its verdict if no test ran. The go
// command looks for it in all of the output, for the note "[no tests to run]".
const noTestsWarning = "testing: warning: no tests to run\n"

// takeOut says whether a line is one that the merge has once for all processes.
func (p *Process) takeOut(line []byte) bool {
	switch {
	case !p.between && isShuffle(line):
		if !p.merge.shuffled { // at once, so that what else processes say can be the same
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
		// Also behind tests of which no subtest was selected.
		p.unwarn()
		p.warned = true // if the verdict comes next
		p.empty = true
		return true
	}
	return false
}

// unwarn writes the warning that there are no tests, which was not that of
// m.Run.
func (p *Process) unwarn() {
	if p.warned {
		p.warned = false
		p.write([]byte(noTestsWarning))
	}
}

// isCoverage says whether a line is what a test binary prints at its end about
// coverage (EmitPercent in internal/coverage/cformat).
func isCoverage(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte("coverage: "))
	return ok && (string(rest) == "[no statements]\n" || bytes.Contains(rest, []byte("% of statements")))
}

// isShuffle says whether a line is what testing.M.Run prints first of all under
// -test.shuffle.
func isShuffle(line []byte) bool {
	seed, ok := bytes.CutPrefix(line, []byte("-test.shuffle "))
	seed = bytes.TrimPrefix(bytes.TrimSuffix(seed, []byte("\n")), []byte("-"))
	return ok && len(seed) > 0 && len(bytes.Trim(seed, "0123456789")) == 0
}
