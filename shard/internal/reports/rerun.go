package reports

import (
	"cmp"
	"math"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/split"
)

// newAgain returns the commands that run tests again, those of a run of named shards too.
func newAgain(tests option.GoTest, shards bool) *gotest.Again {
	if tests.RawCommand || shards { // the arguments are not those of go test
		return gotest.NewAgain(nil, tests.Dir)
	}
	return gotest.NewAgain(tests.Args, tests.Dir)
}

// rerun returns the command that runs a failed test again. The note in its output has the seed
// of the process, but without workers there is none.
func (a annotator) rerun(f failedTest) string {
	return cmp.Or(observe.RerunOf(f.output), a.rerunOf(f.Package, f.Test.Name()))
}

// rerunOf returns the command that runs a test again, or all tests of the package if test is
// empty or is what happens outside the tests.
func (a annotator) rerunOf(pkg, test string) string {
	dir := ""
	if a.tree != nil {
		dir, _ = a.tree.Folder(pkg)
	}
	if split.IsOutsideTests(test) {
		test = ""
	}
	return a.again.Command(gotest.Failed{Package: pkg, Dir: dir, Test: test}, math.MaxInt)
}
