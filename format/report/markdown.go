package report

import (
	"cmp"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/format/plain"
)

// StepSummaryLimit is the largest step summary that GitHub accepts, in bytes.
const StepSummaryLimit = 1 << 20

const (
	// mostRows is how many rows a table has.
	mostRows = 200

	markdownCut = "_This summary was cut to its limit of %d bytes. Left out: %s._\n"
)

// WriteMarkdown writes the summary in GitHub's Markdown, in at most limit bytes. If
// something does not fit, the summary lists what is left out. Test output and names
// cannot break out of their places in it.
func (s Summary) WriteMarkdown(out io.Writer, limit int) error {
	text, ok := s.text(limit)
	if !ok {
		return fmt.Errorf("the summary does not fit into the remaining %d bytes", max(0, limit))
	}
	_, err := io.WriteString(out, text)
	return err
}

func (s Summary) text(limit int) (string, bool) {
	room := limit - len(markdownCut) - 200 // reserves space for the note
	head := s.head()
	if len(head) > room {
		return "", false
	}
	room -= len(head)
	var leftOut []string
	take := func(name, section string) string {
		if len(section) > room {
			leftOut = append(leftOut, name)
			return ""
		}
		room -= len(section)
		return section
	}
	// The tables are small and come last in the text, so their space is reserved first.
	tables := take("the flaky tests", s.flaky()) + take("the tests in quarantine", s.quarantined()) + take("the shards", s.shards()) +
		take("the slowest tests", s.slowest()) + take("the coverage", s.coverage())
	var failures strings.Builder
	missing := 0
	heading := "### Failures\n\n"
	for _, f := range s.Failures {
		block := f.block(min(LongestOutput, room-len(heading)))
		if len(heading)+len(block) > room {
			missing++
			continue
		}
		room -= len(heading) + len(block)
		failures.WriteString(heading + block)
		heading = ""
	}
	if missing > 0 {
		leftOut = append(leftOut, fmt.Sprintf("%d of %d failures", missing, len(s.Failures)))
	}
	var output string
	if strings.TrimSpace(s.Output) != "" {
		const heading = "### Errors\n\n"
		if block := heading + codeBlock("text", CutOutput(s.Output, min(LongestOutput, room-200))); room > shortestOutput {
			output = take("the errors", block)
		} else {
			leftOut = append(leftOut, "the errors")
		}
	}
	text := head + output + failures.String() + tables
	if len(leftOut) > 0 {
		text += fmt.Sprintf(markdownCut, limit, strings.Join(leftOut, ", "))
	}
	return text, true
}

func (s Summary) head() string {
	icon, what := "✅", "Tests passed"
	if !s.OK {
		icon, what = "❌", "Tests failed"
	}
	leftOut := ""
	if s.LeftOut > 0 {
		leftOut = "Left out on purpose (`--changed`): " + plain.Counted(s.LeftOut, "package") + "\n\n"
	}
	return fmt.Sprintf("## %s %s\n\n", icon, what) +
		table([]string{"tests", "passed", "failed", "flaky", "skipped", "errors", "time"}, "rrrrrrr", [][]string{cells(
			fmt.Sprint(s.Tests), fmt.Sprint(s.Passed), fmt.Sprint(s.Failed), fmt.Sprint(s.FlakyTests),
			fmt.Sprint(s.Skipped), fmt.Sprint(s.Errors), Took(s.Elapsed),
		)}) + leftOut
}

// block returns a failure with its output folded, in at most limit bytes, unless even
// its name is longer.
func (f Failure) block(limit int) string {
	title := strings.TrimSpace(ShortPackage(shortName(f.Package)) + " " + shortName(f.Name))
	if f.Elapsed > 0 {
		title += " (" + seconds(f.Elapsed) + ")"
	}
	place, message := shortName(f.Place), shortMessage(cmp.Or(f.Message, f.Ended))
	bare := "❌ " + markdownText(strings.TrimSpace(title+" "+place)) + "\n\n" // cannot begin a list
	const open, middle, end = "<details><summary>", "</summary>\n\n", "\n</details>\n\n"
	folded := open + html.EscapeString(title)
	if place != "" {
		folded += " " + link(place, f.Link)
	}
	if message != "" {
		folded += ": " + html.EscapeString(message)
	}
	again := f.again()
	folded += middle + again
	switch {
	case strings.TrimSpace(f.Output) != "":
	case again == "" && message == "":
		return bare
	default:
		return folded + strings.TrimPrefix(end, "\n")
	}
	room := limit - len(folded) - len(end)
	for size := room; size >= shortestOutput; size = size * 3 / 4 { // its fence may be long
		if block := codeBlock("text", CutOutput(f.Output, size)); len(block) <= room {
			return folded + strings.TrimSuffix(block, "\n") + end
		}
	}
	return bare
}

// link returns text as a link in HTML, or only the text without an address.
func link(text, address string) string {
	if address == "" {
		return html.EscapeString(text)
	}
	return `<a href="` + html.EscapeString(address) + `">` + html.EscapeString(text) + "</a>"
}

// again returns the worker of a failure and the command that runs the test again.
func (f Failure) again() string {
	on := ""
	if f.Worker != "" {
		on = "Worker " + markdownText(shortName(f.Worker)) + "\n\n"
	}
	if f.Rerun == "" {
		return on
	}
	return on + codeBlock("sh", plain.Line(f.Rerun))
}

// longestMessage is how much of the first line of a failure is beside the test, in characters.
const longestMessage = 120

func shortMessage(message string) string {
	return plain.Cut(strings.TrimSpace(plain.Line(plain.Text(message))), longestMessage)
}

func (s Summary) flaky() string {
	var rows [][]string
	for _, f := range s.Flaky {
		row := cells(ShortPackage(shortName(f.Package)), shortName(f.Name), shortName(f.Place), shortMessage(f.Message))
		if f.Link != "" {
			row[2] = "[" + row[2] + "](<" + f.Link + ">)"
		}
		rows = append(rows, row)
	}
	return section("Flaky tests", []string{"package", "test", "failed at", "failure"}, "llll", rows)
}

func (s Summary) quarantined() string {
	var rows [][]string
	for _, f := range s.Quarantined {
		rows = append(rows, cells(ShortPackage(shortName(f.Package)), shortName(f.Name), shortMessage(f.Message), shortMessage(f.Output)))
	}
	return section("Failures in quarantine", []string{"package", "test", "failure", "it does not count"}, "llll", rows)
}

func (s Summary) shards() string {
	if len(s.Shards.Shards) < 2 {
		return ""
	}
	all := s.Shards.rows()
	columns := len(all[0]) - clocks
	var rows [][]string
	for _, row := range all[1:] {
		rows = append(rows, cells(row[:columns]...))
	}
	return section("Shards", all[0][:columns], "l"+strings.Repeat("r", columns-1), rows)
}

func (s Summary) slowest() string {
	var rows [][]string
	for _, t := range s.Slowest {
		rows = append(rows, cells(ShortPackage(shortName(t.Package)), shortName(t.Name), seconds(t.Elapsed)))
	}
	return section("Slowest tests", []string{"package", "test", "time"}, "llr", rows)
}

func (s Summary) coverage() string {
	var rows [][]string
	for pkg, covered := range s.Coverage {
		rows = append(rows, cells(ShortPackage(shortName(pkg)), shortName(covered)))
	}
	slices.SortFunc(rows, func(a, b []string) int { return cmp.Compare(a[0], b[0]) })
	return section("Coverage", []string{"package", "covered"}, "ll", rows)
}

// section returns a table with a heading, empty without rows.
func section(heading string, columns []string, align string, rows [][]string) string {
	if len(rows) == 0 {
		return ""
	}
	more := ""
	if n := len(rows) - mostRows; n > 0 {
		rows, more = rows[:mostRows], fmt.Sprintf("… and %d more\n\n", n)
	}
	return "### " + heading + "\n\n" + table(columns, align, rows) + more
}

// cells returns a row of a table that shows texts.
func cells(texts ...string) []string {
	row := make([]string, len(texts))
	for i, text := range texts {
		row[i] = markdownText(text)
	}
	return row
}

// table returns a table of cells; align has a letter for each column: l or r.
func table(columns []string, align string, rows [][]string) string {
	var b strings.Builder
	line := func(cells []string) {
		for _, cell := range cells {
			b.WriteString("| " + cell + " ")
		}
		b.WriteString("|\n")
	}
	line(columns)
	for _, a := range align {
		b.WriteString(map[rune]string{'l': "|---", 'r': "|--:"}[a])
	}
	b.WriteString("|\n")
	for _, row := range rows {
		line(row)
	}
	b.WriteByte('\n')
	return b.String()
}

// markdownText returns text on one line, escaped so that Markdown shows it unchanged.
// Letters, digits and path characters need no escape.
func markdownText(text string) string {
	var b strings.Builder
	for _, r := range plain.Line(plain.Text(text)) {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case strings.ContainsRune("\\`*_~[]{}|#!@:$^=", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return strings.TrimSpace(b.String())
}

// codeBlock returns text in a language unchanged, between fences longer than any inside it.
func codeBlock(language, text string) string {
	var b strings.Builder
	longest, run := 2, 0
	for _, r := range plain.Lines(strings.ReplaceAll(plain.Text(text), "\r\n", "\n"), "\n\t") {
		if r == '`' {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
		b.WriteRune(r)
	}
	fence := strings.Repeat("`", longest+1)
	return fence + language + "\n" + strings.TrimRight(b.String(), "\n") + "\n" + fence + "\n\n"
}
