package report

import (
	"fmt"
	"io"
	"strings"
)

// Diagnosis is why a test failed.
type Diagnosis struct {
	Verdict string // such as order-dependent
	Title   string // the test and what it depends on
	Why     []string
	Command string // that shows it, empty for none
}

// WriteDiagnoses writes why tests failed in GitHub's Markdown, in at most limit bytes: as many of
// them as fit. It writes nothing if not even one does.
func WriteDiagnoses(out io.Writer, all []Diagnosis, limit int) error {
	for n := min(len(all), mostRows); n > 0; n /= 2 {
		text := diagnosesText(all, n)
		if len(text) <= limit {
			_, err := io.WriteString(out, text)
			return err
		}
	}
	return nil
}

// diagnosesText returns the first n of all.
func diagnosesText(all []Diagnosis, n int) string {
	var rows [][]string
	var commands []string
	for _, d := range all[:n] {
		rows = append(rows, cells(d.Verdict, d.Title, strings.Join(d.Why, "; ")))
		if d.Command != "" {
			commands = append(commands, strings.ReplaceAll(d.Command, "\n", " "))
		}
	}
	text := section("Why they failed", []string{"verdict", "test", "why"}, "lll", rows)
	if more := len(all) - n; more > 0 {
		text += fmt.Sprintf("… and %d more\n\n", more)
	}
	if len(commands) > 0 {
		text += codeBlock("sh", strings.Join(commands, "\n"))
	}
	return text
}
