package reports

import (
	"fmt"
	"io"
	"strings"

	"github.com/fatih/color"
	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/text"
)

// writeQuarantined writes the failures that do not count, each with the words of its entry in the
// configuration file.
func writeQuarantined(out io.Writer, noted *observe.Handler, exec *testjson.Execution) {
	tests := noted.QuarantinedTests()
	if len(tests) == 0 {
		return
	}
	_, _ = fmt.Fprintf(out, "\n=== %s\n", color.YellowString("Quarantined"))
	for _, tc := range tests {
		words, about := quarantinedWords(exec.Package(tc.Package).OutputLines(tc))
		line := report.ShortPackage(tc.Package) + " " + tc.Test.Name()
		if words != "" {
			line += ": " + words
		}
		_, _ = fmt.Fprintf(out, "%s %s\n", color.YellowString("QUARANTINED"), plain.Cut(plain.Line(line), longestLine))
		if about != "" {
			_, _ = fmt.Fprintf(out, "    %s\n", plain.Line(about))
		}
	}
}

// quarantinedWords returns the first line of a failure's message, and the note about its entry.
func quarantinedWords(output []string) (words, about string) {
	const note = text.NotePrefix + "quarantined "
	var own strings.Builder
	for line := range strings.Lines(strings.Join(output, "")) {
		if rest, ok := strings.CutPrefix(line, note); ok {
			about = strings.TrimRight(rest, "\n")
			continue
		}
		own.WriteString(line)
	}
	return observe.FirstLine(own.String()), about
}
