package ci

import (
	"fmt"
	"strconv"
	"strings"
)

// Annotation is what is to stand at a line of the source.
type Annotation struct {
	// Warning is whether it is no error.
	Warning bool
	// File is relative to the repository's root, with slashes; empty when it is not
	// known. Line and Column are from 1, 0 when they are not known.
	File         string
	Line, Column int
	Title        string // one line
	Message      string
}

const (
	// perStep is how many annotations of each kind GitHub takes from a step.
	perStep = 10
	// longestMessage is how much of a message GitHub's runner takes, in bytes.
	longestMessage = 4096
	longestTitle   = 255
)

// Annotate writes annotations, errors first. Of more than GitHub shows of a kind,
// the last is about all that are left.
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
	for _, a := range rest {
		line := a.Title
		if a.File != "" {
			line += fmt.Sprintf(" (%s:%d)", a.File, a.Line)
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
		text = title // one without a message is none
	}
	return gitHubCommand(name, []property{
		{"file", oneLine(a.File)}, {"line", number(a.Line)}, {"col", number(a.Column)}, {"title", cut(title, longestTitle)},
	}, cut(text, longestMessage))
}

// oneLine is text without colours and commands.
func oneLine(text string) string {
	return neutral(GitHub, strings.ReplaceAll(withoutColours(text), "\n", " "))
}
