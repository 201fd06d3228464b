package observe

import (
	"slices"
	"strings"
)

// The sizes in bytes of the excerpt of a test's output for messages and summaries, which
// show less than that. Without a limit, a very long output would be in memory several times.
const (
	longestExcerpt = 4 << 20
	excerptHead    = 1 << 20
	excerptCrash   = 1 << 20
	excerptTail    = 2 << 20

	outputLeftOut = "... (output left out)\n"
)

// WithoutFraming returns the output of a test without go test's own lines. If it is very
// long, it returns the beginning, the end, and a part from the first panic or race on.
func WithoutFraming(lines []string, test string) string {
	own := make([]string, 0, len(lines))
	size := 0
	for _, line := range lines {
		if !IsFraming(line, test) {
			own = append(own, line)
			size += len(line)
		}
	}
	if size <= longestExcerpt {
		return strings.Join(own, "")
	}
	head, rest := firstBytes(own, excerptHead)
	tail := lastBytes(rest, excerptTail)
	rest = rest[:len(rest)-len(tail)]
	excerpt := append(head, outputLeftOut)
	if i := slices.IndexFunc(rest, func(line string) bool { return IsPanic(line) || IsRace(line) }); i >= 0 {
		crash, _ := firstBytes(rest[i:], excerptCrash)
		excerpt = append(append(excerpt, crash...), outputLeftOut)
	}
	return strings.Join(append(excerpt, tail...), "")
}

// firstBytes cuts lines after size bytes. It drops the rest of a line that it cuts.
func firstBytes(lines []string, size int) (first, rest []string) {
	for i, line := range lines {
		if size -= len(line); size < 0 {
			cut := strings.ToValidUTF8(line[:len(line)+size], "")
			return append(slices.Clone(lines[:i]), strings.TrimRight(cut, "\n")+"\n"), lines[i+1:]
		}
	}
	return slices.Clone(lines), nil
}

// lastBytes returns the last lines that fit into size bytes, and at least one line.
func lastBytes(lines []string, size int) []string {
	for i, line := range slices.Backward(lines) {
		if size -= len(line); size < 0 {
			return lines[min(i+1, len(lines)-1):]
		}
	}
	return lines
}
