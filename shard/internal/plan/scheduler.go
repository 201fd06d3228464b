package plan

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Scheduler assigns the tests of packages that are ready to free workers. It is not safe
// for concurrent use.
//
// The caller calls Add when a test binary is ready and Done when a process has ended, and
// after either of them Next until it returns false. It reports real durations with
// ObserveStart and ObserveTest.
type Scheduler struct {
	mode    Mode
	workers int
	free    []int  // the one that has been free longest comes first
	busy    []*Job // by worker, nil for a free one
	holds   [][]string
	jobs    []*Job          // with remaining work, oldest first
	held    map[string]bool // groups of which as many processes run as may
	going   map[string]int  // how many run, by group
	limits  map[string]int  // of Package.Limits
	serial  bool            // whether what is running must run alone
	totals  []time.Duration // of the packages with a known duration, sorted
	scatter int64           // see Scatter
}

// New returns a Scheduler without packages whose workers, gw0 first, are free. An unknown
// mode counts as LoadScope, and fewer than one worker as one.
func New(mode Mode, workers int) *Scheduler {
	workers = max(workers, 1)
	s := &Scheduler{mode: mode, workers: workers, busy: make([]*Job, workers), holds: make([][]string, workers), held: map[string]bool{}, going: map[string]int{}, limits: map[string]int{}}
	for w := range workers {
		s.free = append(s.free, w)
	}
	return s
}

// One leaves only the first worker. All workers must be free.
func (s *Scheduler) One() { s.workers, s.free = 1, []int{0} }

// Add makes the tests of a package whose binary is ready available.
func (s *Scheduler) Add(p Package) *Job {
	maps.Copy(s.limits, p.Limits)
	j := &Job{Package: p, known: p.Estimate > 0 && len(p.Tests) == 0, pace: newPace(p)}
	j.index = make(map[string]int, len(p.Tests))
	j.worker = make([]int, len(p.Tests))
	j.runs = make([]tally, s.workers)
	for i, t := range p.Tests {
		j.index[t.Name], j.worker[i] = i, -1
		if t.Estimate > 0 {
			j.known = true
			j.pace.addTest(t.Estimate)
		}
	}
	longer := func(a, b unit) int { return cmp.Compare(j.cost(b.sum), j.cost(a.sum)) }

	units, copies := s.units(p)
	var open, serial []unit
	for _, u := range units {
		j.once.add(u.sum)
		for range copies {
			if u.serial {
				j.alone.add(u.sum)
			} else {
				j.left.add(u.sum)
			}
		}
		if u.serial {
			serial = append(serial, u)
		} else {
			open = append(open, u)
		}
	}
	switch {
	case s.mode == Each:
		j.open, j.serial = newEach(open, s.workers), newEach(serial, s.workers)
	default:
		j.open, j.serial = s.queue(p.Name, open, longer), newApart(serial, longer)
	}
	if j.known {
		total := j.cost(j.once)
		at, _ := slices.BinarySearch(s.totals, total)
		s.totals = slices.Insert(s.totals, at, total)
	}
	s.jobs = append(s.jobs, j)
	return j
}

// units returns what must stay together in p, and how often it runs.
func (s *Scheduler) units(p Package) (units []unit, copies int) {
	switch {
	case s.mode == Each:
		return []unit{whole(p, s.honours)}, s.workers
	case p.Whole, p.Serial, len(p.Tests) == 0:
		return []unit{whole(p, s.honours)}, 1
	}
	switch s.mode {
	case Load, LoadSub, WorkSteal, LoadGroup:
		return groups(p, s.limit), 1
	case LoadFile:
		return withGroups(p, files(p), s.honours), 1
	}
	return []unit{whole(p, s.honours)}, 1
}

// limit is how many processes may run tests of a group at the same time, 0 for any number.
func (s *Scheduler) limit(group string) int {
	switch limit := s.limits[group]; {
	case group == "" || s.mode == Each:
		return 0
	case limit == 0 && s.mode == LoadGroup:
		return 1
	default:
		return limit
	}
}

func (s *Scheduler) honours(group string) bool { return s.limit(group) > 0 }

// queue returns the units of a package in the order of the mode.
func (s *Scheduler) queue(pkg string, units []unit, longer func(a, b unit) int) queue {
	switch {
	case len(units) <= 1:
		return newApart(units, longer)
	case slices.ContainsFunc(units, func(u unit) bool { return len(u.groups) > 0 }):
		return s.newLoadGroup(pkg, units, longer)
	}
	return s.open(pkg, units, longer)
}

// open returns a queue of units that may run beside all others.
func (s *Scheduler) open(pkg string, units []unit, longer func(a, b unit) int) queue {
	switch {
	case s.scatter != 0:
		return newScatter(units, s.scatter, pkg)
	case s.mode == WorkSteal:
		return &workSteal{units: units}
	}
	return newLoad(units, longer)
}

// Next returns the next batch to start, on the worker that has been free longest (in
// Each, on the worker that still has to run it), and marks that worker as busy. It
// returns false if nothing can start now.
func (s *Scheduler) Next() (Batch, bool) {
	if s.serial {
		return Batch{}, false
	}
	for i, worker := range s.free {
		if j, serial := s.pick(worker); j != nil {
			s.free = slices.Delete(s.free, i, i+1)
			return s.hand(j, worker, serial), true
		}
		if s.mode != Each {
			break // no other worker could get more
		}
	}
	return Batch{}, false
}

// pick returns the job for the worker, nil for none, and whether the worker runs a serial
// part of it.
//
// Every job that is ready gets one worker, longest first, before any worker helps. Then
// the job with the most remaining work gets help, if that is worth a process. Serial
// parts wait until nothing else can start.
func (s *Scheduler) pick(worker int) (best *Job, serial bool) {
	var bestTime time.Duration
	for _, j := range s.jobs {
		if j.left.tests == 0 || !s.worth(j) || !j.open.ready(worker, s.held) {
			continue
		}
		t := s.expected(j)
		switch {
		case best == nil, s.helps(best) != s.helps(j) && s.helps(j) == (s.scatter != 0), s.helps(best) == s.helps(j) && t > bestTime:
			best, bestTime = j, t
		}
	}
	if best != nil || len(s.free) < s.workers {
		return best, false
	}
	for _, j := range s.jobs {
		if t := s.expected(j); j.alone.tests > 0 && j.serial.ready(worker, s.held) && (best == nil || t > bestTime) {
			best, bestTime = j, t
		}
	}
	return best, true
}

// helps reports whether one more worker on j is a helper. In Each it never is.
func (s *Scheduler) helps(j *Job) bool { return j.running > 0 && s.mode != Each }

// worth reports whether one more worker on j is worth a process start.
func (s *Scheduler) worth(j *Job) bool {
	return !s.helps(j) || s.scatter != 0 || j.pays(j.running+1)
}

// expected is the expected duration of the rest of j. If nothing is known about it, it is
// the median of the other packages. In Each it is the duration on one worker, because all
// workers run the same package in parallel.
func (s *Scheduler) expected(j *Job) time.Duration {
	switch {
	case !j.known && len(s.totals) > 0:
		return s.totals[len(s.totals)/2]
	case s.mode == Each:
		return j.cost(j.once)
	}
	return j.Left()
}

// hand returns a batch of j for a worker that pick chose.
func (s *Scheduler) hand(j *Job, worker int, serial bool) Batch {
	var units []unit
	if serial {
		units = j.serial.take(worker, s.held, want{})
	} else {
		units = j.open.take(worker, s.held, s.want(j))
	}
	b := Batch{Job: j, Worker: worker, Alone: serial}
	var tests []int
	for _, u := range units {
		b.Bound = b.Bound || len(u.tests) > 1
		if serial {
			j.alone.remove(u.sum)
		} else {
			j.left.remove(u.sum)
		}
		j.runs[worker].add(u.sum)
		for _, group := range u.groups {
			s.going[group]++
			s.held[group] = s.going[group] >= s.limit(group)
			s.holds[worker] = append(s.holds[worker], group)
		}
		tests = append(tests, u.tests...)
	}
	slices.Sort(tests)
	for _, i := range tests {
		j.worker[i] = worker
	}
	b.All = len(tests) == len(j.Package.Tests)
	if b.All {
		b.Tests = slices.Clip(j.Package.Tests)
	} else {
		b.Tests = j.tests(tests)
	}
	b.Groups = slices.Clone(s.holds[worker])
	b.Last = j.left.tests+j.alone.tests == 0
	s.serial = serial
	s.busy[worker] = j
	j.running++
	if b.Last {
		s.forget()
	}
	return b
}

// forget removes jobs without remaining work from those to look at.
func (s *Scheduler) forget() {
	s.jobs = slices.DeleteFunc(s.jobs, func(j *Job) bool { return j.left.tests+j.alone.tests == 0 })
}

// Done must be called when the processes of a batch have ended. It frees the worker and the
// groups.
func (s *Scheduler) Done(b Batch) {
	if b.Worker < 0 || b.Worker >= s.workers || s.busy[b.Worker] == nil || s.busy[b.Worker] != b.Job {
		return
	}
	for _, group := range s.holds[b.Worker] {
		s.going[group]--
		s.held[group] = false
	}
	s.holds[b.Worker] = nil
	s.busy[b.Worker] = nil
	s.serial = false
	s.free = append(s.free, b.Worker)
	b.Job.running--
	b.Job.runs[b.Worker] = tally{}
}

// Drop abandons what was not handed out of j and returns it, in the order of the package:
// in Each, the tests that no worker got. Done must still be called for what is running.
func (s *Scheduler) Drop(j *Job) []Test {
	var tests []int
	for _, u := range slices.Concat(j.open.rest(), j.serial.rest()) {
		tests = append(tests, u.tests...)
	}
	j.open, j.serial = &apart{}, &apart{}
	j.left, j.alone = tally{}, tally{}
	s.forget()
	slices.Sort(tests)
	return j.tests(tests)
}

// Finished reports whether nothing of j is running or left.
func (s *Scheduler) Finished(j *Job) bool { return j.running == 0 && j.left.tests+j.alone.tests == 0 }

// ObserveStart records the real cost of a process of j before and after its tests.
func (s *Scheduler) ObserveStart(j *Job, d time.Duration) { j.pace.addStart(max(d, 0)) }

// ObserveTest records the real duration of a test of j. It counts for tests of the package
// without an estimate. Other names are ignored.
func (s *Scheduler) ObserveTest(j *Job, name string, d time.Duration) {
	i, ok := j.index[name]
	if !ok {
		return
	}
	sum := j.Package.Tests[i].sum()
	if w := j.worker[i]; w >= 0 {
		j.runs[w].remove(sum)
		j.worker[i] = -1
	}
	if sum.unknown > 0 {
		j.known = true
		j.pace.addTest(max(d, 0))
	}
}
