package plan

import (
	"cmp"
	"slices"
	"time"
)

// Scheduler hands out the tests of the packages that are ready to the workers
// that are free. It is not safe for concurrent use.
//
// Whoever drives it calls Add when a test binary is ready and Done when a
// process has ended, after either Next until it says false, and tells by
// ObserveStart and ObserveTest what things really took.
type Scheduler struct {
	mode    Mode
	workers int
	free    []int  // longest free first
	busy    []*Job // by worker, nil for a free one
	holds   [][]string
	jobs    []*Job          // with something left, oldest first
	held    map[string]bool // groups that run
	serial  bool            // whether what runs must be alone
	totals  []time.Duration // of the packages whose time is known, sorted
}

// New returns a Scheduler without packages whose workers, gw0 first, are free. A
// mode that it does not know counts as LoadScope, fewer workers than one as one.
func New(mode Mode, workers int) *Scheduler {
	workers = max(workers, 1)
	s := &Scheduler{mode: mode, workers: workers, busy: make([]*Job, workers), holds: make([][]string, workers), held: map[string]bool{}}
	for w := range workers {
		s.free = append(s.free, w)
	}
	return s
}

// Add makes the tests of a package whose binary is ready available.
func (s *Scheduler) Add(p Package) *Job {
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
		j.open, j.serial = s.queue(open, longer), newApart(serial, longer)
	}
	if j.known {
		total := j.cost(j.once)
		at, _ := slices.BinarySearch(s.totals, total)
		s.totals = slices.Insert(s.totals, at, total)
	}
	s.jobs = append(s.jobs, j)
	return j
}

// units returns what must stay together in p, and how often it is to run.
func (s *Scheduler) units(p Package) (units []unit, copies int) {
	switch {
	case s.mode == Each:
		return []unit{whole(p, s.mode)}, s.workers
	case p.Whole, p.Serial, len(p.Tests) == 0:
		return []unit{whole(p, s.mode)}, 1
	}
	switch s.mode {
	case Load, WorkSteal:
		return single(p), 1
	case LoadFile:
		return files(p), 1
	case LoadGroup:
		return groups(p), 1
	}
	return []unit{whole(p, s.mode)}, 1
}

// queue returns the units in the order of the mode.
func (s *Scheduler) queue(units []unit, longer func(a, b unit) int) queue {
	switch {
	case len(units) <= 1:
		return newApart(units, longer)
	case s.mode == LoadGroup:
		return newLoadGroup(units, longer)
	case s.mode == WorkSteal:
		return &workSteal{units: units}
	}
	return newLoad(units, longer)
}

// Next returns the next batch to start, on the worker that has been free longest
// (in Each on the one that still has to run it), and takes that worker. It
// returns false when nothing can start now.
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
			break // no other worker could have more
		}
	}
	return Batch{}, false
}

// pick returns the job that the worker is to run a part of, nil for none, and
// whether that is a serial part.
//
// Every job that is ready gets one worker, longest first, before anybody helps;
// then the one with the most work left is helped if that is worth a process.
// Serial parts are left for when nothing else can start.
func (s *Scheduler) pick(worker int) (best *Job, serial bool) {
	var bestTime time.Duration
	for _, j := range s.jobs {
		if j.left.tests == 0 || !s.worth(j) || !j.open.ready(worker, s.held) {
			continue
		}
		t := s.expected(j)
		switch {
		case best == nil, s.helps(best) && !s.helps(j), s.helps(best) == s.helps(j) && t > bestTime:
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

// helps is whether one more worker on j is a helper. In Each it never is.
func (s *Scheduler) helps(j *Job) bool { return j.running > 0 && s.mode != Each }

// worth is whether one more worker on j is worth a process start.
func (s *Scheduler) worth(j *Job) bool { return !s.helps(j) || j.pays(j.running+1) }

// expected is how long what is left of j is expected to take, the median of the
// other packages when nothing is known of it. In Each it is how long one worker
// takes: all workers then run the same package side by side.
func (s *Scheduler) expected(j *Job) time.Duration {
	switch {
	case !j.known && len(s.totals) > 0:
		return s.totals[len(s.totals)/2]
	case s.mode == Each:
		return j.cost(j.once)
	}
	return j.Left()
}

// hand takes a batch of j for a worker that pick chose.
func (s *Scheduler) hand(j *Job, worker int, serial bool) Batch {
	var units []unit
	if serial {
		units = j.serial.take(worker, s.held, want{})
	} else {
		units = j.open.take(worker, s.held, s.want(j))
	}
	b := Batch{Job: j, Worker: worker}
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
			s.held[group] = true
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
	b.Last = j.left.tests+j.alone.tests == 0
	s.serial = serial
	s.busy[worker] = j
	j.running++
	if b.Last {
		s.forget()
	}
	return b
}

// forget removes the jobs that have nothing left from those to look at.
func (s *Scheduler) forget() {
	s.jobs = slices.DeleteFunc(s.jobs, func(j *Job) bool { return j.left.tests+j.alone.tests == 0 })
}

// Done says that the processes of a batch have ended: its worker is free, and so
// are its groups.
func (s *Scheduler) Done(b Batch) {
	if b.Worker < 0 || b.Worker >= s.workers || s.busy[b.Worker] == nil || s.busy[b.Worker] != b.Job {
		return
	}
	for _, group := range s.holds[b.Worker] {
		delete(s.held, group)
	}
	s.holds[b.Worker] = nil
	s.busy[b.Worker] = nil
	s.serial = false
	s.free = append(s.free, b.Worker)
	b.Job.running--
	b.Job.runs[b.Worker] = tally{}
}

// Drop gives up what was not handed out of j and returns it, in the order of the
// package: in Each the tests that no worker got. What runs still has to be Done.
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

// Finished is whether nothing of j runs or is left.
func (s *Scheduler) Finished(j *Job) bool { return j.running == 0 && j.left.tests+j.alone.tests == 0 }

// ObserveStart says what a process of j really cost before and after its tests.
func (s *Scheduler) ObserveStart(j *Job, d time.Duration) { j.pace.addStart(max(d, 0)) }

// ObserveTest says how long a test of j really took. It counts for the tests of
// the package that have no estimate; other names are ignored.
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
