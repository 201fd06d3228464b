package option

import (
	"fmt"

	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

// Distribution is how the tests of one go test are shared out over workers.
type Distribution struct {
	// Workers is the number of workers, 0 for a plain run without any.
	Workers int
	// Dist is how the workers share the tests.
	Dist plan.Mode
	// MaxWorkerRestart is after how many crashes of a worker the rest of what it
	// had is given up.
	MaxWorkerRestart int
	// Plan is PlanText or PlanJSON when only the plan is to be printed, else empty.
	Plan string
	// Timings is the file of the timing history, empty for that of the module in
	// the user's cache directory, TimingsOff for none.
	Timings string
}

// The values of Distribution.Plan.
const (
	PlanText = "text"
	PlanJSON = "json"
)

// TimingsOff is the value of --timings that keeps no history.
const TimingsOff = "off"

// dists are the values of --dist.
var dists = []string{
	string(plan.LoadScope), string(plan.LoadFile), string(plan.LoadGroup), string(plan.Load), string(plan.WorkSteal), string(plan.Each), distNo,
}

// distNo is plain go test.
const distNo = "no"

// WorkerName is the id of the worker with that index, counted from 0, the form
// that pytest-xdist uses.
func WorkerName(index int) string { return fmt.Sprintf("gw%d", index) }
