package report

import (
	"bufio"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
)

const (
	// outputRoom is how much output of failed tests an HTML report shows, in bytes.
	outputRoom = 16 << 20
	// mostHTMLRows is how many rows a table or a list of an HTML report has.
	mostHTMLRows = 5000
	// fewFailures are not folded.
	fewFailures = 3
)

//go:embed html.gohtml
var htmlText string

// htmlPage is parsed when it is first needed: a hook never does.
var htmlPage = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("html").Funcs(template.FuncMap{"name": shortName, "seconds": seconds}).Parse(htmlText))
})

// WriteHTML writes the summary as one page of HTML that needs nothing else: no
// script, no font, no network. What a test prints or is called is text in it and
// nothing else, which html/template sees to; what is meant for a terminal is taken
// out, and control characters are shown by their pictures.
func (s Summary) WriteHTML(out io.Writer) error {
	buffered := bufio.NewWriterSize(out, 64<<10)
	return errors.Join(htmlPage().Execute(buffered, newHTMLView(s)), buffered.Flush())
}

// htmlView is what the page shows, with no text in it that html.gohtml does not
// escape.
type htmlView struct {
	Summary
	Heading, When, RunID string
	ErrorText            string
	Failed, Unsteady     *htmlCases // nil for none
	ShardLine, Advice    string
	ShardRows            []htmlShard
	MoreShards           int
	Timeline             *timeline // nil for none
	PackageRows          []htmlPackage
	MorePackages         int
}

// htmlCases are tests that failed, each with its output folded.
type htmlCases struct {
	Flaky, Open bool
	Cases       []htmlCase
	More        int    // how many are not shown
	Room        string // how much output a report shows
}

type htmlCase struct {
	Test
	Place   string
	Text    string // visible
	LeftOut bool   // whether there was no room for the text
}

type htmlShard struct {
	Shard
	Idle time.Duration
}

type htmlPackage struct {
	PackageSummary
	Coverage string
}

func newHTMLView(s Summary) htmlView {
	v := htmlView{Summary: s, Heading: "✓ Tests passed", RunID: shortName(s.Shards.RunID)}
	if !s.OK {
		v.Heading = "✗ Tests failed"
	}
	if !s.Started.IsZero() {
		v.When = s.Started.Format("2006-01-02 15:04:05 -07:00")
	}
	if strings.TrimSpace(s.Output) != "" {
		v.ErrorText = cutOutput(visible(s.Output), longestOutput)
	}
	room := outputRoom
	v.Failed = newHTMLCases(s.Failures, &room)
	if v.Unsteady = newHTMLCases(s.Flaky, &room); v.Unsteady != nil {
		v.Unsteady.Flaky, v.Unsteady.Open = true, false
	}
	if len(s.Shards.Shards) > 0 {
		v.ShardLine = s.Shards.line()
		if s.Shards.Advice != nil {
			v.Advice = s.Shards.Advice.line()
		}
		v.Timeline = newTimeline(s.Shards.Shards)
	}
	for _, shard := range shorten(s.Shards.Shards, &v.MoreShards) {
		v.ShardRows = append(v.ShardRows, htmlShard{shard, s.Shards.idle(shard)})
	}
	// What failed comes first: in a long table nobody would find it.
	packages := slices.SortedStableFunc(slices.Values(s.Packages), func(a, b PackageSummary) int { return a.Result.rank() - b.Result.rank() })
	for _, p := range shorten(packages, &v.MorePackages) {
		v.PackageRows = append(v.PackageRows, htmlPackage{p, s.Coverage[p.Name]})
	}
	return v
}

// newHTMLCases takes the output of failures out of room, and returns nil when there
// are none.
func newHTMLCases(failures []Failure, room *int) *htmlCases {
	if len(failures) == 0 {
		return nil
	}
	c := &htmlCases{Open: len(failures) <= fewFailures, Room: fmt.Sprintf("%d MiB", outputRoom>>20)}
	for _, f := range shorten(failures, &c.More) {
		shown := htmlCase{Test: f.Test, Place: f.Place}
		if strings.TrimSpace(f.Output) != "" {
			shown.LeftOut = true
			if *room >= shortestOutput {
				if text := cutOutput(visible(f.Output), longestOutput); len(text) <= *room {
					shown.Text, shown.LeftOut = text, false
					*room -= len(text)
				}
			}
		}
		c.Cases = append(c.Cases, shown)
	}
	return c
}

// shorten returns as many as a list shows, and how many more there are.
func shorten[T any](list []T, more *int) []T {
	shown := min(len(list), mostHTMLRows)
	*more = len(list) - shown
	return list[:shown]
}

// rank is the place of packages with a result in a table.
func (r PackageResult) rank() int {
	switch r {
	case PackageFailed:
		return 0
	case PackageUnfinished:
		return 1
	case PackageFlaky:
		return 2
	}
	return 3
}

// Class is the style of a result.
func (p htmlPackage) Class() string {
	switch p.Result {
	case PackageFailed, PackageFlaky, PackagePassed:
		return string(p.Result)
	case PackageUnfinished:
		return "unfinished"
	}
	return "dim"
}

// visible is text without what is meant for a terminal, and with pictures for the
// control characters that are left.
func visible(text string) string {
	text = strings.ReplaceAll(withoutEscapes(text), "\r\n", "\n")
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t', unicode.IsPrint(r):
			return r
		case r < ' ':
			return '\u2400' + r
		case r == 0x7f:
			return '\u2421'
		}
		return unicode.ReplacementChar
	}, text)
	if trimmed := strings.TrimRight(text, "\n"); len(trimmed)+1 != len(text) {
		return trimmed + "\n"
	}
	return text // no copy of what may be very much
}
