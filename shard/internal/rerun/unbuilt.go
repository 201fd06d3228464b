package rerun

import (
	"slices"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/engine"
)

// started returns the failed tests of the packages whose test binary was started, and whether
// there are others: packages that could not be built, whose errors are then no reason not to
// rerun the rest. Without workers this is not known, so there are none.
func started(e engine.Rerunner, failed []testjson.TestCase) (rest []testjson.TestCase, others bool) {
	starter, ok := e.(engine.Starter)
	if !ok {
		return failed, false
	}
	rest = slices.DeleteFunc(slices.Clone(failed), func(tc testjson.TestCase) bool { return !starter.Started(tc.Package) })
	return rest, len(rest) < len(failed)
}
