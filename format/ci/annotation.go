package ci

import (
	"fmt"
	"strconv"
	"strings"
)

// Annotation is a message that the CI shows at a line of the source.
type Annotation struct {
	// Warning is true for a warning and false for an error.
	Warning bool
	// File is relative to the repository's root, with slashes; empty when unknown.
	// Line and Column count from 1; 0 when unknown.
	File         string
	Line, Column int
	Title        string // one line
	Message      string
}

const (
	// perStep is how many annotations of each kind GitHub accepts from a step.
	perStep = 10
	// longestMessage is the longest message that GitHub's runner accepts, in bytes.
	longestMessage = 4096
	longestTitle   = 255
	// longestSum is about how long the list of further failures is, in bytes.
	longestSum = 500
)

// Annotate writes annotations, errors first. When there are more of a kind than GitHub
// shows, the last one sums up those left out.
func (l *Log) Annotate(annotations []Annotation) {
	if l.provider != GitHub {
		return
	}
	l.End()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, warning := range []bool{false, true} {
		var kind []Annotation
		for _, a := range annotations {
			if a.Warning == warning {
				kind = append(kind, a)
			}
		}
		for _, a := range summedUp(kind) {
			l.command(a.command())
		}
	}
}

// summedUp returns at most as many annotations as GitHub shows of one kind.
func summedUp(annotations []Annotation) []Annotation {
	if len(annotations) <= perStep {
		return annotations
	}
	shown, rest := annotations[:perStep-1], annotations[perStep-1:]
	sum := Annotation{Warning: rest[0].Warning, Title: fmt.Sprintf("%d more failures", len(rest))}
	if sum.Warning {
		sum.Title = fmt.Sprintf("%d more flaky tests", len(rest))
	}
	var lines []string
	size := 0
	for i, a := range rest {
		line := a.Title
		if a.File != "" {
			line += fmt.Sprintf(" (%s:%d)", a.File, a.Line)
		}
		if size += len(line) + len("\n"); i > 0 && size > longestSum {
			lines = append(lines, fmt.Sprintf("and %d more", len(rest)-i))
			break
		}
		lines = append(lines, line)
	}
	sum.Message = strings.Join(lines, "\n")
	return append(shown[:perStep-1:perStep-1], sum)
}

func (a Annotation) command() string {
	name := "error"
	if a.Warning {
		name = "warning"
	}
	number := func(n int) string {
		if n <= 0 || a.File == "" {
			return ""
		}
		return strconv.Itoa(n)
	}
	title := oneLine(a.Title)
	var message []string
	for line := range strings.SplitSeq(withoutColours(a.Message), "\n") {
		message = append(message, neutral(GitHub, line))
	}
	text := strings.TrimRight(strings.Join(message, "\n"), "\n")
	if strings.TrimSpace(text) == "" {
		text = title // GitHub drops an annotation without a message
	}
	return gitHubCommand(name, []property{
		{"file", oneLine(a.File)}, {"line", number(a.Line)}, {"col", number(a.Column)}, {"title", cut(title, longestTitle)},
	}, cut(text, longestMessage))
}

// oneLine returns text without colors and commands.
func oneLine(text string) string {
	return neutral(GitHub, strings.ReplaceAll(withoutColours(text), "\n", " "))
}
