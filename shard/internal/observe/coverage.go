package observe

import (
	"fmt"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/coverage"
)

// CoverageNotes are what packages said of their coverage, for the summaries.
type CoverageNotes struct {
	Covered map[string]string // by package, as "87.5% of statements"
	again   map[string]bool   // packages of which tests ran again
}

func newCoverageNotes() CoverageNotes {
	return CoverageNotes{Covered: map[string]string{}, again: map[string]bool{}}
}

// add takes in what a package printed.
func (c CoverageNotes) add(event testjson.TestEvent) {
	_, text, ok := strings.Cut(event.Output, "coverage: ")
	switch {
	case !ok || !strings.Contains(text, "% of statements"):
	case event.RunID > 0: // which is what the failed tests alone cover
		c.again[event.Package] = true
	default:
		c.Covered[event.Package] = strings.TrimRight(text, "\r\n")
	}
}

// Correct puts right what is said of packages that ran in several nodes' parts,
// whose numbers it is given, or again: each says what its own tests cover, and the
// sum of all profiles what all do. But with -coverpkg no profile tells which package's
// tests covered what.
func (c CoverageNotes) Correct(nodes map[string]int, profiles *coverage.Profiles) {
	for pkg, text := range c.Covered {
		if nodes[pkg] < 2 && !c.again[pkg] {
			continue
		}
		percent, ok := profiles.Percent(pkg)
		elsewhere := strings.Contains(text, " of statements in ")
		switch {
		case ok && !elsewhere:
			c.Covered[pkg] = percent + " of statements"
		case nodes[pkg] < 2: // what the first attempt covers
		case elsewhere:
			c.Covered[pkg] = fmt.Sprintf("unknown for %d nodes together with -coverpkg", nodes[pkg])
		default:
			c.Covered[pkg] = fmt.Sprintf("unknown for %d nodes together without --coverprofile", nodes[pkg])
		}
	}
}
