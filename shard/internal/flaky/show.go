package flaky

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/format/plain"
)

// summary is what many runs together show.
type summary struct {
	Version int       `json:"version"`
	Runs    int       `json:"runs"`
	Commits int       `json:"commits"` // how many are known
	First   time.Time `json:"first"`   // when the first run started
	Last    time.Time `json:"last"`
	// Tests are those that failed, the flaky ones first.
	Tests []test `json:"tests"`
}

func summarize(runs []run) summary {
	s := summary{Version: 1, Runs: len(runs), Tests: []test{}}
	commits := map[string]bool{}
	for _, r := range runs {
		if commit := r.header.Origin.Commit; commit != "" {
			commits[commit] = true
		}
		started := r.header.Started.UTC()
		if s.First.IsZero() || started.Before(s.First) {
			s.First = started
		}
		if started.After(s.Last) {
			s.Last = started
		}
	}
	s.Commits, s.Tests = len(commits), append(s.Tests, count(runs)...)
	return s
}

// flaky returns the tests whose result changed with the same sources.
func (s summary) flaky() []test {
	for i, t := range s.Tests {
		if t.Flips == 0 {
			return s.Tests[:i]
		}
	}
	return s.Tests
}

func (s summary) writeJSON(out io.Writer) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(s)
}

// text returns a table of the flaky tests, or of all that failed.
func (s summary) text(all bool) string {
	var b strings.Builder
	b.WriteString(s.title() + "\n")
	flaky := s.flaky()
	shown := flaky
	if all {
		shown = s.Tests
	}
	if len(shown) > 0 {
		rows := [][]string{{"rate", "95% interval", "failed", "runs", "flips", "first failed", "last failed", "test"}}
		for _, t := range shown {
			rows = append(rows, []string{
				plain.Percent(t.Rate), plain.Range(t.Low, t.High), fmt.Sprint(t.Failures), fmt.Sprint(t.Runs), fmt.Sprint(t.Flips),
				day(t.FirstFailed), day(t.LastFailed), plain.Line(t.Package + " " + t.Test),
			})
		}
		lines := strings.SplitAfter(plain.Columns(rows, func(column int) bool { return column == len(rows[0])-1 }), "\n")
		b.WriteString("\n" + lines[0])
		for i, t := range shown {
			b.WriteString(lines[i+1])
			if t.Message != "" {
				b.WriteString("    " + short(t.Message) + "\n")
			}
		}
	}
	others := len(s.Tests) - len(flaky)
	switch {
	case all:
	case others > 0 && len(flaky) == 0:
		fmt.Fprintf(&b, "\nNo test is flaky. %s failed without passing in the same state of the sources; --all lists them.\n", plain.Counted(others, "test"))
	case others > 0:
		fmt.Fprintf(&b, "\n%s failed without passing in the same state of the sources; --all lists them.\n", plain.Counted(others, "other test"))
	case len(flaky) == 0:
		b.WriteString("\nNo test failed.\n")
	}
	return b.String()
}

// title says what the summary is about.
func (s summary) title() string {
	words := plain.Counted(s.Runs, "run")
	switch first, last := day(s.First), day(s.Last); {
	case s.Runs == 0:
	case first == last:
		words += " on " + first
	default:
		words += fmt.Sprintf(" from %s to %s", first, last)
	}
	if s.Commits > 0 {
		words += " of " + plain.Counted(s.Commits, "commit")
	}
	return words
}

// day returns the date of a time in UTC, which is the same on each machine.
func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// short returns a message as a part of a line.
func short(message string) string {
	return plain.Cut(plain.Line(message), 120)
}
