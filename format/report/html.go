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

	"github.com/gotestshard/gotestshard/format/plain"
)

const (
	// outputRoom is how much output of failed tests an HTML report shows in total, in
	// bytes.
	outputRoom = 16 << 20
	// mostHTMLRows is how many rows a table or a list of an HTML report has.
	mostHTMLRows = 5000
	// fewFailures is the largest number of failures that are shown unfolded.
	fewFailures = 3
)

//go:embed html.gohtml
var htmlText string

// htmlPage is parsed on first use, because a hook never needs it.
var htmlPage = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("html").Funcs(template.FuncMap{"name": shortName, "seconds": seconds}).Parse(htmlText))
})

// WriteHTML writes the summary as one self-contained HTML page: no script, no font, no
// network. Test output and names are only text in it, which html/template ensures.
// Terminal sequences are removed, and control characters are replaced by their pictures.
func (s Summary) WriteHTML(out io.Writer) error {
	buffered := bufio.NewWriterSize(out, 64<<10)
	return errors.Join(htmlPage().Execute(buffered, newHTMLView(s)), buffered.Flush())
}

// htmlView is the data of the page. html.gohtml escapes all text in it.
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

// htmlCases are failed tests, each with its output folded.
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
		v.Advice = s.Shards.advice()
		v.Timeline = newTimeline(s.Shards.Shards)
	}
	for _, shard := range shorten(s.Shards.Shards, &v.MoreShards) {
		v.ShardRows = append(v.ShardRows, htmlShard{shard, s.Shards.idle(shard)})
	}
	// Failures come first, so that they are easy to find in a long table.
	packages := slices.SortedStableFunc(slices.Values(s.Packages), func(a, b PackageSummary) int { return a.Result.rank() - b.Result.rank() })
	for _, p := range shorten(packages, &v.MorePackages) {
		v.PackageRows = append(v.PackageRows, htmlPackage{p, s.Coverage[p.Name]})
	}
	return v
}

// newHTMLCases subtracts the output of failures from room. It returns nil if there are
// no failures.
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

// shorten returns the part of list that is shown, and sets how many are left out.
func shorten[T any](list []T, more *int) []T {
	shown := min(len(list), mostHTMLRows)
	*more = len(list) - shown
	return list[:shown]
}

// rank is the position in a table of packages with a result.
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

// Class is the CSS class of a result.
func (p htmlPackage) Class() string {
	switch p.Result {
	case PackageFailed, PackageFlaky, PackagePassed:
		return string(p.Result)
	case PackageUnfinished:
		return "unfinished"
	}
	return "dim"
}

// visible returns text without terminal sequences, and with pictures for the remaining
// control characters.
func visible(text string) string {
	text = strings.ReplaceAll(plain.Text(text), "\r\n", "\n")
	text = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			return r
		}
		if picture := plain.Picture(r); picture != r {
			return picture
		}
		return unicode.ReplacementChar
	}, text)
	if trimmed := strings.TrimRight(text, "\n"); len(trimmed)+1 != len(text) {
		return trimmed + "\n"
	}
	return text // avoids a copy of a long text
}
