package report

import (
	"cmp"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Markdown is the summary of a run for people, in GitHub's Markdown. Nothing that
// a test prints or is called can break out of its place in it.
type Markdown struct {
	// Tests counts the attempts of all tests, subtests too, as the last line of a
	// run does; Passed and Skipped are those that did. Errors are the go command's.
	Tests, Passed, Skipped, Errors int
	Elapsed                        time.Duration
	// OK is whether the run ended well.
	OK bool
	// Failures are the tests, and the packages without one, that failed in the end.
	Failures []Failure
	// Flaky are those that failed and passed when they ran again.
	Flaky []Failure
	// Output is what the go command said beside the tests, such as errors of a build.
	Output string
	Shards Shards
	// Slowest are the tests that took longest, those first.
	Slowest []Test
	// Coverage is what go test says of each package, by its import path: "87.5% of
	// statements".
	Coverage map[string]string
}

// Failure is one test that failed; its Name is empty for a package.
type Failure struct {
	Test
	Place  string // file:line, empty when it is not known
	Output string
}

// StepSummaryLimit is how large GitHub lets a step's summary be, in bytes.
const StepSummaryLimit = 1 << 20

const (
	// longestOutput is how much of a failure's output is shown, in bytes.
	longestOutput = 64 << 10
	// shortestOutput is what is not worth showing.
	shortestOutput = 1 << 10
	// longestName is how much of a name is shown, in characters.
	longestName = 300
	// mostRows is how many rows a table has.
	mostRows = 200

	markdownCut = "_This summary is cut: it may have no more than %d bytes. Left out: %s._\n"
)

// Write writes the summary in at most limit bytes, and says in it what that left
// out.
func (m Markdown) Write(out io.Writer, limit int) error {
	text, ok := m.text(limit)
	if !ok {
		return fmt.Errorf("the summary needs more than the %d bytes that are left for it", max(0, limit))
	}
	_, err := io.WriteString(out, text)
	return err
}

func (m Markdown) text(limit int) (string, bool) {
	room := limit - len(markdownCut) - 200 // for the note
	head := m.head()
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
	// The tables are small and come last in the text, so they get their room first.
	tables := take("the flaky tests", m.flaky()) + take("the shards", m.shards()) +
		take("the slowest tests", m.slowest()) + take("the coverage", m.coverage())
	var failures strings.Builder
	missing := 0
	heading := "### Failures\n\n"
	for _, f := range m.Failures {
		block := f.block(min(longestOutput, room-len(heading)))
		if len(heading)+len(block) > room {
			missing++
			continue
		}
		room -= len(heading) + len(block)
		failures.WriteString(heading + block)
		heading = ""
	}
	if missing > 0 {
		leftOut = append(leftOut, fmt.Sprintf("%d of %d failures", missing, len(m.Failures)))
	}
	var output string
	if strings.TrimSpace(m.Output) != "" {
		const heading = "### Errors\n\n"
		if block := heading + codeBlock(cutOutput(m.Output, min(longestOutput, room-200))); room > shortestOutput {
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

func (m Markdown) head() string {
	icon, what := "✅", "Tests passed"
	if !m.OK {
		icon, what = "❌", "Tests failed"
	}
	return fmt.Sprintf("## %s %s\n\n", icon, what) +
		table([]string{"tests", "passed", "failed", "flaky", "skipped", "errors", "time"}, "rrrrrrr", [][]string{{
			fmt.Sprint(m.Tests), fmt.Sprint(m.Passed), fmt.Sprint(len(m.Failures)), fmt.Sprint(len(m.Flaky)),
			fmt.Sprint(m.Skipped), fmt.Sprint(m.Errors), seconds(m.Elapsed),
		}})
}

// block is a failure with its output folded, in at most limit bytes where that
// does not make less than its name of it.
func (f Failure) block(limit int) string {
	title := strings.TrimSpace(shortName(f.Package) + " " + shortName(f.Name))
	took := ""
	if f.Elapsed > 0 {
		took = " (" + seconds(f.Elapsed) + ")"
	}
	place := ""
	if f.Place != "" {
		place = " " + shortName(f.Place)
	}
	bare := "❌ " + markdownText(title+took+place) + "\n\n" // which cannot begin a list
	if strings.TrimSpace(f.Output) == "" {
		return bare
	}
	const open, middle, end = "<details><summary>", "</summary>\n\n", "\n</details>\n\n"
	folded := open + html.EscapeString(title+took+place) + middle
	room := limit - len(folded) - len(end)
	for size := room; size >= shortestOutput; size = size * 3 / 4 { // its fence may be long
		if block := codeBlock(cutOutput(f.Output, size)); len(block) <= room {
			return folded + strings.TrimSuffix(block, "\n") + end
		}
	}
	return bare
}

func (m Markdown) flaky() string {
	var rows [][]string
	for _, f := range m.Flaky {
		rows = append(rows, []string{shortName(f.Package), shortName(f.Name), shortName(f.Place)})
	}
	return section("Flaky tests", []string{"package", "test", "failed at"}, "lll", rows)
}

func (m Markdown) shards() string {
	if len(m.Shards.Shards) < 2 {
		return ""
	}
	var rows [][]string
	for _, shard := range m.Shards.Shards {
		rows = append(rows, []string{
			shard.Worker, fmt.Sprint(len(shard.Packages)), fmt.Sprint(shard.Tests), fmt.Sprint(shard.Failed),
			fmt.Sprint(shard.Skipped), seconds(shard.Busy), seconds(m.Shards.idle(shard)),
		})
	}
	return section("Shards", []string{"worker", "packages", "tests", "failed", "skipped", "busy", "idle"}, "lrrrrrr", rows)
}

func (m Markdown) slowest() string {
	var rows [][]string
	for _, t := range m.Slowest {
		rows = append(rows, []string{shortName(t.Package), shortName(t.Name), seconds(t.Elapsed)})
	}
	return section("Slowest tests", []string{"package", "test", "time"}, "llr", rows)
}

func (m Markdown) coverage() string {
	var rows [][]string
	for pkg, covered := range m.Coverage {
		rows = append(rows, []string{shortName(pkg), shortName(covered)})
	}
	slices.SortFunc(rows, func(a, b []string) int { return cmp.Compare(a[0], b[0]) })
	return section("Coverage", []string{"package", "covered"}, "ll", rows)
}

// section is a table under a heading, empty without rows.
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

// table is a table with a letter for each column in align: l or r.
func table(columns []string, align string, rows [][]string) string {
	var b strings.Builder
	line := func(cells []string) {
		for _, cell := range cells {
			b.WriteString("| " + markdownText(cell) + " ")
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

// shortName is a name on one line, cut where it is too long to be one.
func shortName(name string) string {
	name = printable(withoutEscapes(name))
	if utf8.RuneCountInString(name) <= longestName {
		return name
	}
	return string([]rune(name)[:longestName]) + "…"
}

// markdownText is text on one line that Markdown shows as it is. Letters, digits
// and what paths are made of need nothing.
func markdownText(text string) string {
	var b strings.Builder
	for _, r := range withoutEscapes(text) {
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
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			b.WriteRune('\uFFFD')
		}
	}
	return strings.TrimSpace(b.String())
}

// codeBlock is text as it is, between fences that are longer than any in it.
func codeBlock(text string) string {
	var b strings.Builder
	longest, run := 2, 0
	for _, r := range strings.ReplaceAll(withoutEscapes(text), "\r\n", "\n") {
		if r == '`' {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
		if !unicode.IsPrint(r) && r != '\n' && r != '\t' {
			r = '\uFFFD'
		}
		b.WriteRune(r)
	}
	fence := strings.Repeat("`", longest+1)
	return fence + "text\n" + strings.TrimRight(b.String(), "\n") + "\n" + fence + "\n\n"
}

// cutOutput leaves out the middle of a text that is longer than limit bytes, whole
// lines where there are some.
func cutOutput(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	half := max(0, (limit-100)/2)
	first, last := text[:half], text[len(text)-half:]
	if i := strings.LastIndexByte(first, '\n'); i > half/2 {
		first = first[:i+1]
	} else {
		first = strings.ToValidUTF8(first, "") + "\n"
	}
	if i := strings.IndexByte(last, '\n'); i >= 0 && i < half/2 {
		last = last[i+1:]
	}
	return first + fmt.Sprintf("… %d bytes left out …\n", len(text)-len(first)-len(last)) + strings.ToValidUTF8(last, "")
}
