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
	// Plan is PlanText, PlanFull or PlanJSON when only the plan is to be printed, else empty.
	Plan string
	// Timings is the file of the timing history, empty for that of the module in
	// the user's cache directory, TimingsOff for none.
	Timings string

	// Trying is for gotestshard trial.
	Trying

	maxWorkers  int  // what Workers is limited to, 0 for no limit
	collectOnly bool // pytest's name for Plan
}

// The values of Distribution.Plan.
const (
	PlanText = "text"
	PlanFull = "full" // with the names of all tests
	PlanJSON = "json"
)

// TimingsOff is the value of --timings that keeps no history.
const TimingsOff = "off"

// distNo is the value of --dist that is plain go test.
const distNo = "no"

func (d *Distribution) flags() []flag {
	dist := choice((*string)(&d.Dist), "mode",
		string(plan.LoadScope), string(plan.LoadFile), string(plan.LoadGroup), string(plan.Load), string(plan.LoadSub), string(plan.WorkSteal), string(plan.Each), distNo)
	return []flag{
		{name: "workers", task: taskWorkers, example: `"auto"`, short: "n", to: &workersValue{to: &d.Workers},
			help: "run the tests on `N` workers: a number, auto (GOMAXPROCS), logical (all processors), or 0 (plain go test)"},
		{name: "numprocesses", to: &workersValue{to: &d.Workers}, of: "workers", help: "pytest-xdist's name for --workers", hidden: true},
		{name: "max-workers", needs: needsWorkers, to: &d.maxWorkers, help: "start at most `M` workers, even if -n asks for more; 0 means no limit"},
		{name: "dist", needs: needsWorkers, task: taskWorkers, example: `"load"`, to: dist, help: "how workers share the tests, by what stays together: loadscope (a package; the default with -n), loadfile (a file), loadgroup (a //gotestshard:group), " +
			"load and worksteal (nothing), loadsub (not even the subtests of a long test), each (every worker runs everything), no (plain go test)"},
		{name: "plan", task: taskWorkers, to: choice(&d.Plan, "form", PlanText, PlanFull, PlanJSON), bare: PlanText, once: true,
			help: "print what each worker would run and the expected durations, and run nothing; as `text`, full (with all names) or json"},
		{name: "collect-only", to: &d.collectOnly, help: "pytest's name for --plan", once: true},
		{name: "timings", needs: needsWorkers, task: taskWorkers, example: `"testdata/timings.json"`, to: &d.Timings,
			help: "store test durations in `FILE`, or nowhere with off (default a file for the module or workspace in the user's cache directory)"},
		{name: "max-worker-restart", needs: needsWorkers, to: &d.MaxWorkerRestart, value: "4",
			help: "for split packages, continue in a new test process after at most `K` crashes of each worker"},
	}
}

// settle finds out how many workers there are, and how they share the tests.
func (d *Distribution) settle(i Invocations, g GoTest, w Watching) error {
	if d.Workers > 0 && len(i.Shards) > 0 {
		return errors.New("-n and --shard cannot be used together: -n runs one go test command on workers, --shard runs your own commands; " +
			"use one of them (a --shard command can itself be gotestshard -n)")
	}
	if d.maxWorkers < 0 {
		return fmt.Errorf("--max-workers %d is negative: write a number from 1, or 0 for no limit", d.maxWorkers)
	}
	if d.maxWorkers > 0 {
		d.Workers = min(d.Workers, d.maxWorkers)
	}
	switch {
	case d.Dist == distNo:
		d.Workers = 0
	case d.Dist != "" && d.Workers == 0:
		return fmt.Errorf("--dist %s needs workers: add -n auto", d.Dist)
	}
	d.Dist = cmp.Or(d.Dist, plan.LoadScope)
	if d.collectOnly {
		d.Plan = cmp.Or(d.Plan, PlanText)
	}
	switch {
	case d.Plan != "" && d.Workers == 0:
		return errors.New("--plan needs workers: add -n auto")
	case d.Plan != "" && w.Watch:
		return errors.New("--plan and --watch cannot be used together: --plan runs nothing, --watch runs tests repeatedly; use one of them")
	case d.MaxWorkerRestart < 0:
		return fmt.Errorf("--max-worker-restart %d is negative: write 0 or a higher number", d.MaxWorkerRestart)
	case d.Workers > 0 && g.RawCommand:
		return errors.New("-n and --raw-command cannot be used together: -n runs the test binaries of go test, --raw-command runs any command; " +
			"leave out --raw-command and write go test's arguments, or run the commands side by side with --shard 'NAME=COMMAND'")
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
