package trial

import (
	"bytes"
	"io"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/lines"
)

// filter passes on those of the lines that keep wants.
type filter struct {
	out  io.Writer
	keep func(line string) bool
}

// newFilter returns a filter of a stream to which several goroutines may write.
func newFilter(out io.Writer, keep func(line string) bool) *lines.Writer {
	return lines.NewWriter(filter{out, keep})
}

// Write gets whole lines.
func (f filter) Write(text []byte) (int, error) {
	for line := range bytes.Lines(text) {
		if !f.keep(string(bytes.TrimSuffix(line, []byte("\n")))) {
			continue
		}
		if _, err := f.out.Write(line); err != nil {
			return 0, err
		}
	}
	return len(text), nil
}

// progress keeps the lines about a run that lasts long, and the one at its end.
func progress(out io.Writer) *lines.Writer {
	return newFilter(out, func(line string) bool { return line != "" })
}

// building is progress for a run without tests.
func building(out io.Writer) *lines.Writer {
	return newFilter(out, func(line string) bool { return line != "" && !strings.HasPrefix(line, "DONE ") })
}

// unseen keeps lines that it has not seen, since each run has the same warnings.
func unseen(out io.Writer) *lines.Writer {
	seen := map[string]bool{}
	return newFilter(out, func(line string) bool {
		known := seen[line]
		seen[line] = true
		return !known
	})
}
