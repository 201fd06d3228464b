package trial

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

// filter passes on the lines that keep wants, each whole. Several goroutines may write to it.
type filter struct {
	out  io.Writer
	keep func(line string) bool

	mu   sync.Mutex
	rest []byte // of a line that has not ended
}

func (f *filter) Write(text []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rest = append(f.rest, text...)
	for {
		line, rest, ended := bytes.Cut(f.rest, []byte("\n"))
		if !ended {
			return len(text), nil
		}
		f.rest = rest
		if !f.keep(string(line)) {
			continue
		}
		if _, err := f.out.Write(append(bytes.Clone(line), '\n')); err != nil {
			return 0, err
		}
	}
}

// end passes on a line that has no end.
func (f *filter) end() {
	if len(f.rest) > 0 {
		_, _ = f.Write([]byte("\n"))
	}
}

// progress keeps the lines about a run that lasts long, and the one at its end.
func progress(out io.Writer) *filter {
	return &filter{out: out, keep: func(line string) bool { return line != "" }}
}

// building is progress for a run without tests.
func building(out io.Writer) *filter {
	return &filter{out: out, keep: func(line string) bool { return line != "" && !strings.HasPrefix(line, "DONE ") }}
}

// unseen keeps lines that it has not seen, since each run has the same warnings.
func unseen(out io.Writer) *filter {
	seen := map[string]bool{}
	return &filter{out: out, keep: func(line string) bool {
		known := seen[line]
		seen[line] = true
		return !known
	}}
}
