package live

import (
	"slices"
	"strings"
	"time"

	"github.com/clipperhouse/displaywidth"
	"github.com/fatih/color"

	"github.com/gotestshard/gotestshard/format"
	"github.com/gotestshard/gotestshard/format/plain"
)

// Lines returns the lines of the area for a terminal of that size, in character cells. None
// of them is wider, and there are at most half as many as the terminal has.
func (s *State) Lines(width, height int) []string {
	return s.snapshot().lines(width, height, format.NewPrefixes(s.workers))
}

// AreaHeight is how many lines of a terminal of that height the area of that many workers
// takes at most, with or without a heading.
func AreaHeight(workers int, heading bool, height int) int {
	lines := workers + 1
	if heading {
		lines++
	}
	return min(lines, height/2)
}

// lines returns the heading, the lines of the busy workers, and then one about the whole run.
func (n snapshot) lines(width, height int, prefixes *format.Prefixes) []string {
	if height < 2 || width < 1 {
		return nil
	}
	rows, more, room := n.rows, 0, height/2-1
	var lines []string
	if len(n.heading) > 0 && room > 0 {
		lines = append(lines, joined(n.heading, width))
		room--
	}
	if len(rows) > room {
		if room > 1 {
			room-- // for the line about the others
			more = len(rows) - room
		}
		rows = longest(rows, room)
	}
	times := 0
	for _, r := range rows {
		times = max(times, len(clock(r.since)))
	}
	for _, r := range rows {
		lines = append(lines, r.line(width, times, prefixes))
	}
	if more > 0 {
		lines = append(lines, cut("… and "+plain.Number(more)+" more", width))
	}
	return append(lines, n.status(width))
}

// longest returns the rows that have run longest, in their order.
func longest(rows []row, count int) []row {
	sorted := slices.Clone(rows)
	slices.SortStableFunc(sorted, func(a, b row) int { return int(b.since - a.since) })
	sorted = sorted[:count]
	return slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return !slices.Contains(sorted, r) })
}

// leastName is how many cells a test's name has at least before a remark is left out.
const leastName = 16

// line is the line of a worker. times is the width of the column of times.
func (r row) line(width, times int, prefixes *format.Prefixes) string {
	prefix := prefixes.Of(r.worker)
	since := clock(r.since)
	since = strings.Repeat(" ", max(0, times-len(since))) + since
	name, remarks := label(r.pkg, r.test), r.usually()
	if r.others > 0 {
		remarks += ", and " + plain.Number(r.others) + " more"
	}
	room := width - styledWidth(prefix) - len(since) - len(" ")
	least := min(leastName, displaywidth.String(name))
	remark := ""
	for _, longest := range []string{remarks + r.because(), remarks} {
		if rest := room - displaywidth.String(longest); rest >= least {
			remark, room = longest, rest
			break
		}
	}
	if room < 1 { // very narrow
		return cut(since+" "+name, width)
	}
	text := since + " " + cutStart(name, room) + remark
	if r.slow() {
		text = color.YellowString("%s", text)
	}
	return prefix + text
}

// status is the line about the whole run: what fits into it.
func (n snapshot) status(width int) string {
	pieces := []string{strings.Replace(n.tests(), " of ", "/", 1)}
	add := func(when bool, text string) {
		if when {
			pieces = append(pieces, text)
		}
	}
	add(n.failed > 0, color.RedString("%s failed", plain.Number(n.failed)))
	add(n.flaky > 0, color.YellowString("%s flaky", plain.Number(n.flaky)))
	add(n.rerun > 0, "rerun "+plain.Number(n.rerun))
	add(n.building, n.binaries())
	add(true, clock(n.elapsed))
	add(n.left >= time.Second, "about "+clock(n.left)+" left")
	add(n.keys, "? for keys")
	return joined(pieces, width)
}

// joined is a line of those pieces that fit into it, but at least of the first one.
func joined(pieces []string, width int) string {
	line := cut(pieces[0], width)
	used := displaywidth.String(line)
	for _, piece := range pieces[1:] {
		if next := used + len("  ") + styledWidth(piece); next <= width {
			line, used = line+"  "+piece, next
		}
	}
	return line
}

// styledWidth is the width of text with colors.
func styledWidth(text string) int {
	return displaywidth.Options{ControlSequences: true}.String(text)
}

// cut shortens plain text at its end.
func cut(text string, width int) string { return displaywidth.TruncateString(text, width, "…") }

// cutStart shortens plain text at its start: the end of a test's name tells more than its
// package.
func cutStart(text string, width int) string {
	total := displaywidth.String(text)
	if total <= width {
		return text
	}
	graphemes := displaywidth.StringGraphemes(text)
	for total >= width && graphemes.Next() {
		total -= graphemes.Width()
		text = text[len(graphemes.Value()):]
	}
	return "…" + text
}
