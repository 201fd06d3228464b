package format

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fatih/color"
)

// Prefixes are the prefixes of a run: "[gw2] ", padded to the width of the longest, in
// the worker's color.
type Prefixes struct {
	workers []string
	width   int // of the longest prefix, in characters
	made    map[string]string
}

// workerColors avoids the red, green and yellow of results.
var workerColors = []color.Attribute{
	color.FgCyan, color.FgMagenta, color.FgBlue,
	color.FgHiCyan, color.FgHiMagenta, color.FgHiBlue, color.FgHiBlack,
}

// NewPrefixes returns the prefixes for workers, which must be all ids.
func NewPrefixes(workers []string) *Prefixes {
	p := &Prefixes{workers: workers, made: map[string]string{}}
	for _, worker := range workers {
		p.width = max(p.width, utf8.RuneCountInString(worker)+len("[] "))
	}
	return p
}

// Of returns the prefix of worker, or spaces if it is empty. Several ids are joined by
// commas, as in "gw0,gw2".
func (p *Prefixes) Of(worker string) string {
	if prefix, ok := p.made[worker]; ok {
		return prefix
	}
	var text string
	length := 0
	if worker != "" {
		text = "[" + worker + "]"
		length = utf8.RuneCountInString(text)
		if i := slices.Index(p.workers, worker); i >= 0 {
			text = color.New(workerColors[i%len(workerColors)]).Sprint(text)
		}
		text += " "
		length++
	}
	prefix := text + strings.Repeat(" ", max(0, p.width-length))
	p.made[worker] = prefix
	return prefix
}
