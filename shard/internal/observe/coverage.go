package observe

import (
	"fmt"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/coverage"
)

// CoverageNotes has the coverage that packages reported, for the summaries.
type CoverageNotes struct {
	Covered map[string]string // by package, as "87.5% of statements"
	again   map[string]bool   // packages with reruns
}

func newCoverageNotes() CoverageNotes {
	return CoverageNotes{Covered: map[string]string{}, again: map[string]bool{}}
}

// add records output of a package.
func (c CoverageNotes) add(event testjson.TestEvent) {
	_, text, ok := strings.Cut(event.Output, "coverage: ")
	switch {
	case !ok || !strings.Contains(text, "% of statements"):
	case event.RunID > 0: // the coverage of a rerun is only that of the failed tests
		c.again[event.Package] = true
	default:
		c.Covered[event.Package] = strings.TrimRight(text, "\r\n")
	}
}

// Correct corrects the coverage of packages that have reruns or ran on several nodes. nodes
// has the number of nodes by package. Each process reported only the coverage of its own
// tests, but the sum of all profiles has the coverage of all of them. With -coverpkg, the
// profiles do not show which package's tests covered which lines.
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
		case nodes[pkg] < 2: // keeps the coverage of the first attempt
		case elsewhere:
			c.Covered[pkg] = fmt.Sprintf("unknown for %d nodes together with -coverpkg", nodes[pkg])
		default:
			c.Covered[pkg] = fmt.Sprintf("unknown for %d nodes together without --coverprofile", nodes[pkg])
		}
	}
}
