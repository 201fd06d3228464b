package option

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"
	"strconv"

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

	maxWorkers  int  // what Workers is limited to, 0 for no limit
	collectOnly bool // pytest's name for Plan
}

// The values of Distribution.Plan.
const (
	PlanText = "text"
	PlanJSON = "json"
)

// TimingsOff is the value of --timings that keeps no history.
const TimingsOff = "off"

// distNo is the value of --dist that is plain go test.
const distNo = "no"

func (d *Distribution) flags() []flag {
	dist := choice((*string)(&d.Dist), "mode",
		string(plan.LoadScope), string(plan.LoadFile), string(plan.LoadGroup), string(plan.Load), string(plan.WorkSteal), string(plan.Each), distNo)
	return []flag{
		{name: "workers", short: "n", to: &workersValue{to: &d.Workers},
			help: "run the tests on `N` workers, or auto (GOMAXPROCS), logical (all processors), 0 (plain go test)"},
		{name: "numprocesses", to: &workersValue{to: &d.Workers}, help: "pytest-xdist's name for --workers", hidden: true},
		{name: "max-workers", to: &d.maxWorkers, help: "start at most `M` workers, whatever -n says; 0 is no limit"},
		{name: "dist", to: dist, help: "what stays together: loadscope (a package; the default with -n), loadfile (a file), loadgroup (a //gotestshard:group), " +
			"load and worksteal (nothing), each (every worker runs everything), no (plain go test)"},
		{name: "plan", to: choice(&d.Plan, "form", PlanText, PlanJSON), bare: PlanText, once: true,
			help: "print which worker would run what and how long it is expected to take, as `text` or json, and run nothing"},
		{name: "collect-only", to: &d.collectOnly, help: "pytest's name for --plan", once: true},
		{name: "timings", to: &d.Timings,
			help: "store test durations in `FILE` (default one for the module or workspace in the user's cache directory; off for none)"},
		{name: "max-worker-restart", to: &d.MaxWorkerRestart, value: "4",
			help: "go on in a new test process after at most `K` crashes of each worker (where a package is split)"},
	}
}

// settle finds out how many workers there are, and how they share the tests.
func (d *Distribution) settle(i Invocations, g GoTest, w Watching) error {
	if d.Workers > 0 && len(i.Shards) > 0 {
		return errors.New("-n starts workers for one go test command and --shard starts commands of your own: use one of them " +
			"(a --shard command may be gotestshard -n itself)")
	}
	if d.maxWorkers < 0 {
		return fmt.Errorf("--max-workers %d: write a number from 1 on, or 0 for no limit", d.maxWorkers)
	}
	if d.maxWorkers > 0 {
		d.Workers = min(d.Workers, d.maxWorkers)
	}
	switch {
	case d.Dist == distNo:
		d.Workers = 0
	case d.Dist != "" && d.Workers == 0:
		return fmt.Errorf("--dist %s distributes tests over workers and there are none: add -n auto", d.Dist)
	}
	d.Dist = cmp.Or(d.Dist, plan.LoadScope)
	if d.collectOnly {
		d.Plan = cmp.Or(d.Plan, PlanText)
	}
	switch {
	case d.Plan != "" && d.Workers == 0:
		return errors.New("--plan prints what workers would run and there are none: add -n auto")
	case d.Plan != "" && w.Watch:
		return errors.New("--plan runs nothing and --watch runs tests again and again: use one of them")
	case d.MaxWorkerRestart < 0:
		return fmt.Errorf("--max-worker-restart %d: write a number from 0 on", d.MaxWorkerRestart)
	case d.Workers > 0 && g.RawCommand:
		return errors.New("-n needs go test to hand its test binaries to the workers, and --raw-command runs a command that it knows nothing of: " +
			"leave out --raw-command and give go test's arguments, or run the commands side by side with --shard 'NAME=COMMAND'")
	}
	return nil
}

// mostWorkers is more than any machine is for: what is above is a mistake.
const mostWorkers = 10_000

// workersValue is the value of -n.
type workersValue struct {
	to   *int
	text string
}

func (v *workersValue) String() string { return v.text }
func (v *workersValue) Type() string   { return "N" }

func (v *workersValue) Set(text string) error {
	switch text {
	case "auto":
		*v.to = runtime.GOMAXPROCS(0) // obeys cgroup limits since Go 1.25
	case "logical":
		*v.to = runtime.NumCPU()
	default:
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > mostWorkers {
			return fmt.Errorf("write a number from 0 to %d, auto or logical", mostWorkers)
		}
		*v.to = n
	}
	v.text = text
	return nil
}

// WorkerName is the id of the worker with that index, counted from 0, the form
// that pytest-xdist uses.
func WorkerName(index int) string { return fmt.Sprintf("gw%d", index) }
