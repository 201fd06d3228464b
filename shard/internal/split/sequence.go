package split

import (
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/text"
)

// Sequence is which top-level tests a process ran, and in which order.
type Sequence struct {
	Tests []string // in the order of their first starts
	// Until is how many of Tests had started when a test ended for the last time, for those
	// that did not end before the next one started.
	Until map[string]int

	open map[string]bool // whether each of Tests has not ended
}

// Add adds the start or end of a top-level test.
func (s *Sequence) Add(c text.Change) {
	if c.Nested || strings.Contains(c.Test, "/") {
		return
	}
	switch c.Action {
	case "run":
		if s.open == nil {
			s.open = map[string]bool{}
		}
		if _, known := s.open[c.Test]; !known {
			s.Tests = append(s.Tests, c.Test)
		}
		s.open[c.Test] = true
	case "pass", "fail", "skip":
		s.close(c.Test)
	}
}

func (s *Sequence) close(test string) {
	if !s.open[test] {
		return
	}
	s.open[test] = false
	if until := len(s.Tests); s.Tests[until-1] != test {
		if s.Until == nil {
			s.Until = map[string]int{}
		}
		s.Until[test] = until
	}
}

// UpTo returns the tests that ran in the process before a test ended, and that test itself;
// none if the process did not run it.
func (s *Sequence) UpTo(test string) []string {
	n := slices.Index(s.Tests, test) + 1
	if until, ok := s.Until[test]; ok {
		n = min(until, len(s.Tests))
	}
	return s.Tests[:n]
}

// End ends the tests that were running when the process ended.
func (s *Sequence) End() {
	for test := range s.open {
		s.close(test)
	}
}
