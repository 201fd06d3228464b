package report

import (
	"fmt"
	"strings"

	"github.com/gotestshard/gotestshard/format/plain"
)

// Changes are which packages a change can concern, in a plan.
type Changes struct {
	// Base is the commit that was compared with. Files is how many files differ.
	Base  string `json:"base"`
	Files int    `json:"files"`
	// Everything is why all packages run, empty if some may be left out.
	Everything string          `json:"everything,omitempty"`
	Selected   []ChangedReason `json:"selected"`
	LeftOut    []string        `json:"left_out"` // import paths
	// Summary is what runs in a sentence, Lines the reasons for people.
	Summary string   `json:"-"`
	Lines   []string `json:"-"`
}

// ChangedReason is why a package runs.
type ChangedReason struct {
	Package string `json:"package"`
	// Kind is source, module, read, unseen or unknown.
	Kind string `json:"kind"`
	// File is what differs, relative to the root of the repository; empty for another reason.
	File string `json:"file,omitempty"`
	// Via are the import paths from the package that differs to the one that runs.
	Via    []string `json:"via,omitempty"`
	Reason string   `json:"reason"` // in words
}

// write writes them for people.
func (c *Changes) write(b *strings.Builder) {
	if c == nil {
		return
	}
	text := plain.Line(c.Summary)
	fmt.Fprintf(b, "%s%s.\n", strings.ToUpper(text[:1]), text[1:])
	for _, line := range c.Lines {
		fmt.Fprintf(b, "    %s\n", line)
	}
	b.WriteString("\n")
}
