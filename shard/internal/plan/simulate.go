package plan

import (
	"container/heap"
	"time"
)

// Result is the result of Simulate for a plan.
type Result struct {
	Makespan time.Duration // from the first start to the last end
	// Bound is the lower bound for plans of the mode: the longest unit with its start, or
	// all tests and one start of each package shared evenly, whichever is longer, plus what
	// must run alone.
	Bound   time.Duration
	Limits  Limits   // the values that determine Bound
	Starts  int      // number of process starts
	Workers [][]Slot // by worker, in order of time
}

// Slot is one process of a plan.
type Slot struct {
	Package string
	// Tests are in the order of the package, empty if unknown.
	Tests []Test
	// From and To are relative to the first start of the plan. They include the start of
	// the process.
	From, To time.Duration
}

// Ratio is the duration of the plan divided by its lower bound, 1 for an empty plan.
func (r Result) Ratio() float64 {
	if r.Bound <= 0 {
		return 1
	}
	return float64(r.Makespan) / float64(r.Bound)
}

// Simulate runs the packages, all ready at once, through a Scheduler without running any
// tests. actual returns the duration of each test, which may differ from its Estimate.
// With an empty test it returns the duration of a package with unknown tests. A nil
// actual means that everything takes as long as expected. A start costs what the package
// has as Start, or else the default.
func Simulate(mode Mode, workers int, packages []Package, actual func(pkg, test string) time.Duration) Result {
	if actual == nil {
		actual = Expected(mode, packages)
	}
	return simulate(mode, workers, packages, actual, expectedStart(packages))
}

// expectedStart returns the duration of process starts according to the packages.
func expectedStart(packages []Package) func(pkg string) time.Duration {
	starts := map[string]time.Duration{}
	for _, p := range packages {
		known := newPace(p)
		starts[p.Name] = known.start()
	}
	return func(pkg string) time.Duration { return starts[pkg] }
}

// Expected returns the durations of tests according to the packages alone, in the form of
// actual in Simulate.
func Expected(mode Mode, packages []Package) func(pkg, test string) time.Duration {
	s := New(mode, 1)
	times := map[[2]string]time.Duration{}
	var jobs []*Job
	for _, p := range packages {
		jobs = append(jobs, s.Add(p))
	}
	for _, j := range jobs {
		if len(j.Package.Tests) == 0 {
			times[[2]string{j.Package.Name}] = s.expected(j)
		}
		for _, t := range j.Package.Tests {
			d := t.Estimate
			if d <= 0 {
				d = j.pace.test()
			}
			times[[2]string{j.Package.Name, t.Name}] = d
		}
	}
	return func(pkg, test string) time.Duration { return times[[2]string{pkg, test}] }
}

// simulate is Simulate with start durations that may differ from those of the packages.
func simulate(mode Mode, workers int, packages []Package, actual func(pkg, test string) time.Duration, start func(pkg string) time.Duration) Result {
	s := New(mode, workers)
	limits := limitsOf(s, packages, actual, start)
	r := Result{Workers: make([][]Slot, s.workers), Limits: limits, Bound: limits.Ideal(s.workers)}
	for _, p := range packages {
		s.Add(p)
	}
	var now time.Duration
	var running processes
	for {
		for b, ok := s.Next(); ok; b, ok = s.Next() {
			heap.Push(&running, &process{batch: b, from: now, until: now + start(b.Job.Package.Name), test: -1})
			r.Starts++
		}
		if len(running) == 0 {
			r.Makespan = now
			return r
		}
		p := running[0]
		now = p.until
		job, tests := p.batch.Job, p.batch.Tests
		switch {
		case p.test < 0:
			s.ObserveStart(job, now-p.from)
		case len(tests) > 0:
			s.ObserveTest(job, tests[p.test].Name, p.took)
		}
		p.test++
		switch {
		case p.test < len(tests):
			p.took = actual(job.Package.Name, tests[p.test].Name)
			p.until += p.took
			heap.Fix(&running, 0)
		case p.test == 0:
			p.until += actual(job.Package.Name, "")
			heap.Fix(&running, 0)
		default:
			heap.Pop(&running)
			s.Done(p.batch)
			w := p.batch.Worker
			r.Workers[w] = append(r.Workers[w], Slot{Package: job.Package.Name, Tests: tests, From: p.from, To: now})
		}
	}
}

// process is a running batch.
type process struct {
	batch       Batch
	from, until time.Duration // of the process, of its current test
	test        int           // the current test, -1 before the first
	took        time.Duration // the duration of the current test
}

// processes is a heap; the next process to reach something comes first, and on a tie the
// lower worker, so that a simulation is always the same.
type processes []*process

func (p processes) Len() int { return len(p) }
func (p processes) Less(i, j int) bool {
	if p[i].until != p[j].until {
		return p[i].until < p[j].until
	}
	return p[i].batch.Worker < p[j].batch.Worker
}
func (p processes) Swap(i, j int) { p[i], p[j] = p[j], p[i] }
func (p *processes) Push(x any)   { *p = append(*p, x.(*process)) }
func (p *processes) Pop() any {
	last := (*p)[len(*p)-1]
	*p = (*p)[:len(*p)-1]
	return last
}
