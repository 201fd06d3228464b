package option

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"
)

// WriteShortHelp writes the help text of -h: the most common flags, grouped by task.
func WriteShortHelp(out io.Writer, call Call) error {
	f := newFlags(call)
	var b strings.Builder
	for _, task := range tasks() {
		fmt.Fprintf(&b, "%s:\n", task)
		for _, row := range f.table {
			if row.task == task {
				b.WriteString(f.brief(row))
			}
		}
		b.WriteString("\n")
	}
	_, err := fmt.Fprintf(out, shortHelp, b.String())
	return err
}

// brief returns a flag and the beginning of its help, as lines of -h.
func (f *flags) brief(row flag) string {
	const indent, width = 31, 80
	value, help := pflag.UnquoteUsage(f.set.Lookup(row.name))
	short := "   "
	if row.short != "" {
		short = "-" + row.short + ","
	}
	text := fmt.Sprintf("  %s --%s %s", short, row.name, value)
	if row.bare != "" {
		text = fmt.Sprintf("  %s --%s[=%s]", short, row.name, value)
	}
	text = fmt.Sprintf("%-*s", indent-1, text)
	help = firstPart(help)
	used := len(text)
	for word := range strings.FieldsSeq(help) {
		if used+1+len(word) > width {
			text += "\n" + strings.Repeat(" ", indent-1)
			used = indent - 1
		}
		text += " " + word
		used += 1 + len(word)
	}
	return text + "\n"
}

// firstPart returns the beginning of a flag's help, which says what the flag is for.
func firstPart(help string) string {
	for _, end := range []string{": ", "; ", " (", ". "} {
		help, _, _ = strings.Cut(help, end)
	}
	return help
}

const shortHelp = `Usage:
    gotestshard [flags] [--] [go test flags and packages]
    gotestshard last [flags]
    gotestshard merge [flags] FILES

    gotestshard                                   # like gotestsum
    gotestshard -n auto                           # on a worker per processor
    gotestshard -n auto --dist load -- -race      # also split packages
    gotestshard last --failed                     # run again what failed

%sgotestshard --help lists all flags, formats, variables and exit codes.
`
