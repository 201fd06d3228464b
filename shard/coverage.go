package shard

import (
	"fmt"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/coverage"
)

// coverageNotes are what packages said of their coverage, for the summaries.
type coverageNotes struct {
	covered map[string]string // by package, as "87.5% of statements"
	again   map[string]bool   // packages of which tests ran again
}

func newCoverageNotes() coverageNotes {
	return coverageNotes{covered: map[string]string{}, again: map[string]bool{}}
}

// add takes in what a package printed.
func (c coverageNotes) add(event testjson.TestEvent) {
	_, text, ok := strings.Cut(event.Output, "coverage: ")
	switch {
	case !ok || !strings.Contains(text, "% of statements"):
	case event.RunID > 0: // which is what the failed tests alone cover
		c.again[event.Package] = true
	default:
		c.covered[event.Package] = strings.TrimRight(text, "\r\n")
	}
}

// correct puts right what is said of packages that ran in several nodes' parts,
// whose numbers it is given, or again: each says what its own tests cover, and the
// sum of all profiles what all do. But with -coverpkg no profile tells which package's
// tests covered what.
func (c coverageNotes) correct(nodes map[string]int, profiles *coverage.Profiles) {
	for pkg, text := range c.covered {
		if nodes[pkg] < 2 && !c.again[pkg] {
			continue
		}
		percent, ok := profiles.Percent(pkg)
		elsewhere := strings.Contains(text, " of statements in ")
		switch {
		case ok && !elsewhere:
			c.covered[pkg] = percent + " of statements"
		case nodes[pkg] < 2: // what the first attempt covers
		case elsewhere:
			c.covered[pkg] = fmt.Sprintf("not known of %d nodes together with -coverpkg", nodes[pkg])
		default:
			c.covered[pkg] = fmt.Sprintf("not known of %d nodes together without --coverprofile", nodes[pkg])
		}
	}
}
