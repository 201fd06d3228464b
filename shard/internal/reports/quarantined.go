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

// writeQuarantinedBlocks writes them as blocks of the format failures.
func writeQuarantinedBlocks(out io.Writer, noted *observe.Handler, exec *testjson.Execution) {
	for _, tc := range noted.QuarantinedTests() {
		own := observe.FailureLines(tc, exec)
		_, about := quarantinedWords(own)
		if n := len(own); about != "" && strings.HasPrefix(own[n-1], quarantinedNote) {
			own = own[:n-1]
		}
		own, _ = observe.CutNotes(own)
		b := newBlocks(out)
		_, _ = fmt.Fprintln(b, plain.Line("QUARANTINED "+tc.Package+" "+tc.Test.Name()))
		if about != "" {
			_, _ = fmt.Fprintf(b, "  %s\n", plain.Line(strings.Replace(about, "until ", "until: ", 1)))
		}
		writeQuoted(b, noted, own)
		_, _ = b.WriteString("\n")
		b.flush()
	}
}

// quarantinedNote begins the note about the entry of a test.
const quarantinedNote = text.NotePrefix + "quarantined "

// quarantinedWords returns the first line of a failure's message, and the note about its entry.
func quarantinedWords(output []string) (words, about string) {
	var own strings.Builder
	for line := range strings.Lines(strings.Join(output, "")) {
		if rest, ok := strings.CutPrefix(line, quarantinedNote); ok {
			about = strings.TrimRight(rest, "\n")
			continue
		}
		own.WriteString(line)
	}
	return observe.FirstLine(own.String()), about
}
