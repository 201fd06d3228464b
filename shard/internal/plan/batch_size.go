package plan

import (
	"slices"
	"time"
)

const (
	// probes is how many small batches each worker would get at first of a package with
	// unknown durations. 4 to 64 simulate alike; fewer probes mean fewer starts.
	probes = 4
	// A batch that takes fewStarts process starts spends a fifth of its time on its own
	// start.
	fewStarts = 4
	// trust is how many tests the duration of one observed test stands for, if most have no
	// estimate. Without a limit, three short tests sent the other 97 of a slow package to
	// one worker. Of 60 random suites the worst took 2.1 times its bound without a limit,
	// and 1.2 times with 8. With 2 the additional starts cost more.
	trust = 8
)

// want returns how much of j the next batch should have.
//
// The time for all remaining and running work, shared evenly, is the horizon. A batch of
// half the horizon leaves the other half to balance what takes longer than expected. If
// half a horizon is only a few starts long, one batch up to the horizon is better than
// several starts. A job may have a smaller number of useful workers than there are
// workers, and then has its own horizon.
//
// A job that ends before the horizon on one worker needs no second process. A job whose
// tests mostly have no estimate must end before half of it. While nothing is known about
// a job, its first batches are small: they measure its tests and starts before most of it
// is handed out. Later batches grow with what is known.
func (s *Scheduler) want(j *Job) want {
	var all time.Duration
	for _, other := range s.jobs {
		all += s.expected(other)
	}
	for _, other := range s.running() {
		all += other.ahead(false)
	}
	w := want{cost: j.cost, start: j.pace.start(), parts: s.workers}
	if s.scatter != 0 {
		return w
	}
	left := j.cost(j.left)
	if s.workers == 1 { // there is nothing to balance
		w.target, w.all = left, true
		return w
	}
	workers := time.Duration(s.workers)
	horizon := all / workers
	if !j.known {
		w.probe = true
		w.target = min(horizon/2, left/(probes*workers))
		return w
	}
	guessed := 2*j.left.unknown > j.left.tests
	w.all = j.running == 0 && (left <= horizon/2 || left <= horizon && !guessed)
	helpers := 1
	for helpers < s.workers && j.pays(helpers+1) {
		helpers++
	}
	horizon = max(horizon, (left+j.ahead(false))/time.Duration(helpers))
	w.parts = int((left + horizon - 1) / max(horizon, 1))
	w.target = horizon / 2
	if guessed {
		w.target /= 2
	}
	if w.target < fewStarts*w.start {
		w.target = horizon
	}
	if guessed {
		most := max(time.Duration(trust*j.pace.known())*j.pace.test(), fewStarts*w.start)
		w.all = w.all && left <= most
		w.target = min(w.target, most)
	}
	return w
}

// running returns the jobs that have a worker, each only once.
func (s *Scheduler) running() []*Job {
	var jobs []*Job
	for _, j := range s.busy {
		if j != nil && !slices.Contains(jobs, j) {
			jobs = append(jobs, j)
		}
	}
	return jobs
}
