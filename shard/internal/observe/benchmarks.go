package observe

import (
	"strings"

	"gotest.tools/gotestsum/testjson"
)

// benchmarks finds the results of benchmarks, which go test prints in several pieces.
type benchmarks map[testName]string // the unfinished line of each running benchmark

// longestResult is the most bytes of a line that may become a result. What a benchmark prints
// itself may have no newline at all.
const longestResult = 16 << 10

// result returns the lines with results that an event completes, empty for none.
func (b benchmarks) result(event testjson.TestEvent) string {
	if event.Action != testjson.ActionOutput || !strings.HasPrefix(event.Test, "Benchmark") {
		return ""
	}
	key := testName{event.Package, event.Test}
	text := b[key] + event.Output
	delete(b, key)
	var results strings.Builder
	for line := range strings.Lines(text) {
		switch {
		case !strings.HasSuffix(line, "\n") && len(line) <= longestResult:
			b[key] = line
		case strings.HasPrefix(line, event.Test) && strings.Contains(line, " ns/op"):
			results.WriteString(line)
		}
	}
	return results.String()
}
