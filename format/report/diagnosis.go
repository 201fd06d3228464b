package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/format/plain"
)

// Diagnosis is why a test failed.
type Diagnosis struct {
	Package, Test string // Test is TestMain for what failed outside all tests

	Verdict string // such as order-dependent
	Title   string // the test and what it depends on
	Why     []string
	Command string // that shows it, empty for none
}

// diagnosisOf returns the diagnosis of a test, nil for none.
func diagnosisOf(all []Diagnosis, pkg, test string) *Diagnosis {
	if i := slices.IndexFunc(all, func(d Diagnosis) bool { return d.Package == pkg && d.Test == test }); i >= 0 {
		return &all[i]
	}
	return nil
}

// properties are the diagnosis for a JUnit file, each name with prefix in front.
func (d *Diagnosis) properties(prefix string) []junitProperty {
	if d == nil {
		return nil
	}
	prefix += verdictProperty
	properties := []junitProperty{{prefix, d.Verdict}, {prefix + ".why", plain.Text(strings.Join(append([]string{d.Title}, d.Why...), "; "))}}
	if d.Command != "" {
		properties = append(properties, junitProperty{prefix + ".command", plain.Text(d.Command)})
	}
	return properties
}

// verdictProperty is the name of the property with the verdict, and what the others begin with.
const verdictProperty = "gotestshard.verdict"

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
