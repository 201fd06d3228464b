package stream

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// maxLine is the longest line that the merge writes, in bytes. testjson stops at a line
// over 64 KiB ("token too long"), so a longer Output is split over several events.
const maxLine = 60 << 10

// untested hides the test of an event with an action that testjson does not know, such as
// artifacts (Go 1.26). testjson would take it for the test's end. Of two equal keys,
// ignoring case, the last one counts. format.Line removes it again.
const untested = `,"tEST":""`

// counts reports whether testjson knows the meaning of a test's event.
func (h *header) counts() bool {
	switch string(h.action) {
	case "run", "pause", "cont", "output", "bench", "attr":
		return true
	}
	return h.ends()
}

// write appends line with the worker's suffix in place of its closing brace. A worker
// that the line itself names is removed; it belongs to a run inside this one.
func (m *Merge) write(dst, line []byte, h *header, suffix []byte) []byte {
	hide := len(h.test) > 0 && !h.counts()
	switch {
	case len(line)+len(suffix) > maxLine:
		return writeLong(dst, line, func(e *event) {
			e.Worker = workerOf(suffix)
			if hide {
				e.more = append(e.more, untested...)
			}
		})
	case h.odd:
		line = withoutWorker(line)
	case h.workerEnd == 0 && suffix == nil && !hide:
		return append(append(dst, line...), '\n')
	}
	if suffix == nil {
		suffix = []byte{'}'}
	}
	if hide {
		suffix = append([]byte(untested), suffix...)
	}
	start := len(dst)
	end := bytes.LastIndexByte(line, '}')
	dst = append(append(dst, line[:h.workerStart]...), line[h.workerEnd:end]...)
	if len(bytes.TrimSpace(dst[start:])) == 1 && suffix[0] == ',' { // the brace
		suffix = suffix[1:]
	}
	return append(append(dst, suffix...), '\n')
}

// writeLong splits the Output of a line that is too long for testjson, after change has
// changed the event. Other long parts (an attribute, unknown keys) are shortened or left
// out.
func writeLong(dst, line []byte, change func(*event)) []byte {
	e, err := decodeEvent(line)
	if err != nil {
		return append(append(dst, line...), '\n') // testjson reports the error
	}
	// Escaped, one byte takes up to six (\u001b).
	const piece = maxLine / 8
	if len(e.Value) > piece {
		e.Value = strings.ToValidUTF8(e.Value[:piece], "") + "… (shortened)"
	}
	if len(e.more) > piece {
		e.more = nil
	}
	if change != nil {
		change(&e)
	}
	if e.Output == nil || *e.Output == "" {
		return appendEvent(dst, e)
	}
	var parts []string
	for rest := *e.Output; rest != ""; {
		n := min(piece, len(rest))
		for n > 1 && n < len(rest) && !utf8.RuneStart(rest[n]) {
			n--
		}
		parts = append(parts, rest[:n])
		rest = rest[n:]
	}
	return appendParts(dst, e, parts...)
}

// appendParts appends e once for each part of its output. If that is the beginning of an
// error, only the first part is, as when test2json cuts a line.
func appendParts(dst []byte, e event, parts ...string) []byte {
	for _, part := range parts {
		e.Output = &part
		dst = appendEvent(dst, e)
		if e.OutputType == "error" {
			e.OutputType = "error-continue"
		}
	}
	return dst
}

// timedOut begins the panic of a test process that took longer than -timeout.
const timedOut = "panic: test timed out"

// writeTimedOut writes the first line of that panic as two events. If an event begins
// with it, testjson takes the following output of the test for output of the package, as
// well as everything that it printed after an earlier timeout. Under go test these are
// the last words of the package. In a split package they belong to the test: it has an
// end, and other tests continue and may time out too.
func (m *Merge) writeTimedOut(dst, line []byte, h *header, suffix []byte) ([]byte, error) {
	e, err := decodeEvent(line)
	if err != nil {
		return dst, err
	}
	rest, ok := "", false
	if e.Output != nil {
		rest, ok = strings.CutPrefix(*e.Output, timedOut)
	}
	if !ok {
		return m.write(dst, line, h, suffix), nil
	}
	e.Worker = workerOf(suffix)
	return appendParts(dst, e, strings.TrimSuffix(timedOut, " out"), " out"+rest), nil
}

// workerOf returns the worker in a suffix, empty for none.
func workerOf(suffix []byte) string {
	var worker string
	if suffix != nil {
		_ = json.Unmarshal(suffix[len(`,"Worker":`):len(suffix)-1], &worker) // workerSuffix has encoded it
	}
	return worker
}

// resultLine subtracts the wait for a worker from the line that the go command prints at
// the end of a package, such as "ok  \tpkg\t1.234s\n".
func (m *Merge) resultLine(dst []byte, p *pkgState, line []byte) ([]byte, error) {
	e, err := decodeEvent(line)
	if err != nil {
		return dst, err
	}
	e.Worker = p.run.Worker
	if e.Output != nil {
		if p.run.WorkerOf != nil && !isResult(*e.Output, e.Package) {
			e.Worker = "" // which process wrote it is unknown
		}
		output := withoutWait(*e.Output, e.Package, p.run.Waited)
		e.Output = &output
	}
	return appendEvent(dst, e), nil
}

// isResult reports whether output is the go command's result line for pkg.
func isResult(output, pkg string) bool {
	return strings.HasPrefix(output, "ok  \t"+pkg+"\t") || strings.HasPrefix(output, "FAIL\t"+pkg+"\t")
}

// withoutWait returns output, the go command's result line for pkg, with waited
// subtracted from its seconds. Other output is unchanged.
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
