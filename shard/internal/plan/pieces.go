package plan

import (
	"fmt"
	"slices"
	"time"
)

// Piece is a part of the subtests of a test, for one process. The last piece of a test also
// runs all subtests that no other piece has.
type Piece struct {
	// Subtests are the first parts of their names after that of the test, sorted.
	Subtests []string
	// Estimate is the expected duration of the process without its start.
	Estimate time.Duration
}

// Apart returns the package with the Pieces of its tests in place of these tests, for a
// Scheduler. The names of pieces are such as TestX[1/4], which is no name of a test.
func (p Package) Apart() Package {
	if !slices.ContainsFunc(p.Tests, func(t Test) bool { return len(t.Pieces) > 0 }) {
		return p
	}
	var tests []Test
	for _, t := range p.Tests {
		if len(t.Pieces) == 0 {
			tests = append(tests, t)
		}
		for i, piece := range t.Pieces {
			tests = append(tests, Test{
				Name: fmt.Sprintf("%s[%d/%d]", t.Name, i+1, len(t.Pieces)), Estimate: piece.Estimate, Of: t.Name, Index: i,
			})
		}
	}
	p.Tests = tests
	return p
}

// Together returns the tests of a list in which some may be pieces: each test once, in the order
// of its first piece.
func (p Package) Together(tests []Test) []Test {
	var together []Test
	seen := map[string]bool{}
	for _, t := range tests {
		switch {
		case t.Of == "":
			together = append(together, t)
		case !seen[t.Of]:
			seen[t.Of] = true
			i := slices.IndexFunc(p.Tests, func(whole Test) bool { return whole.Name == t.Of })
			together = append(together, p.Tests[i])
		}
	}
	return together
}
