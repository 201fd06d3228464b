package split

import (
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/text"
)

// recorded maps the end of a test to its outcome in the history.
var recorded = map[string]history.Outcome{"pass": history.Passed, "fail": history.Failed, "skip": history.Skipped}

// subtimes adds up how long the subtests of the running tests of one process take: by test and by
// the first part of their names after that of the test.
type subtimes map[string]map[string]subtime

type subtime struct {
	took time.Duration
	test bool // whether the part itself is a subtest; otherwise it is the beginning of names with a slash
}

// see handles a change. At the end of a top-level test it returns what its subtests took, and
// forgets them.
func (s subtimes) see(c text.Change) (ended history.Subtests) {
	test, rest, nested := strings.Cut(c.Test, "/")
	part, _, deeper := strings.Cut(rest, "/")
	_, ends := recorded[c.Action]
	switch {
	case c.Nested:
	case nested && c.Action == "run":
		if s[test] == nil {
			s[test] = map[string]subtime{}
		}
		known := s[test][part]
		s[test][part] = subtime{known.took, known.test || !deeper}
	case nested && ends:
		if known := s[test][part]; s[test] != nil && known.test != deeper {
			known.took += c.Took
			s[test][part] = known
		}
	case !nested && ends:
		ended.Own, ended.Times = c.Took, map[string]time.Duration{}
		for part, sub := range s[test] {
			ended.Times[part] = sub.took
			ended.Own -= sub.took
		}
		ended.Own = max(ended.Own, 0) // parallel subtests take longer than their test
		delete(s, test)
	}
	return ended
}

// selectsSubtests reports whether the arguments of a test binary may select some of the subtests
// of a test.
func selectsSubtests(args []string) bool {
	for _, arg := range args {
		for _, flag := range []string{gotest.FlagRun, gotest.FlagSkip} {
			if pattern, ok := strings.CutPrefix(arg, flag); ok && strings.Contains(pattern, "/") {
				return true
			}
		}
	}
	return false
}
