package option

import (
	"context"
	"io"

	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/suite"
)

// Unit is what one of the workers of a node runs beside the others: a part of the plan of a build.
// What the runs of all units of a node have in common is found out once, and is here too.
type Unit struct {
	Part plan.Part
	// Number is which of the Of units of the plan it is, from 1, and Digest is plan.Digest of all.
	Number, Of int
	Digest     string
	// Shared are the tests that any unit has, by import path.
	Shared map[string]map[string]bool

	// Node is the name of the node, and Worker the index of one of its Workers.
	Node            string
	Worker, Workers int
	// Result takes the result file.
	Result io.Writer

	// Tests is how many tests ran, and Failed how many of them failed, once the unit has ended.
	Tests, Failed int
	// Measured are the durations of its tests, once it has ended.
	Measured *history.Run

	// Suites are the packages of the whole build, and Past are the durations in earlier runs.
	Suites []suite.Package
	Past   *history.History
	// Go is the output of go version, without "go version ".
	Go string
	// Gate waits until the other workers of the node let a process run tests of these groups, or
	// tests that run alone, and returns what ends that. It is not ok if ctx has ended before.
	Gate func(ctx context.Context, groups []string, alone bool) (release func(), ok bool)
}
