package plan

import (
	"slices"
	"time"
)

const (
	// probes is how many first batches each worker would get of a package that
	// nothing is known of. 4 to 64 simulate alike; fewer probes are fewer starts.
	probes = 4
	// A batch of fewStarts starts spends a fifth of its time on its own.
	fewStarts = 4
	// trust is how many tests the time of one observed test is taken to stand for,
	// where most have no estimate. Without a limit three short tests sent the other
	// 97 of a slow package to one worker: of 60 random suites the worst ended at 2.1
	// of its bound, with 8 at 1.2. With 2 the starts cost more.
	trust = 8
)

// want says how much of j the next batch should be.
//
// What is left and what runs, shared evenly, is how long all of it will take: the
// horizon. A batch of half the horizon leaves the other half to make up for what
// turns out longer. When half a horizon is only a few starts long, one batch up to
// the horizon is better than the starts of several. A job that may have fewer
// workers than there are, since more do not pay, has a horizon of its own.
//
// A job that ends before the horizon on one worker needs no second process; one
// whose tests mostly have no estimate must end before half of it. While nothing is
// known of a job, its first batches are small: they tell how long its tests and its
// starts take before most of it is handed out; then they grow with what is known.
func (s *Scheduler) want(j *Job) want {
	var all time.Duration
	for _, other := range s.jobs {
		all += s.expected(other)
	}
	for _, other := range s.running() {
		all += other.ahead(false)
	}
	w := want{cost: j.cost, start: j.pace.start(), parts: s.workers}
	left := j.cost(j.left)
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

// running returns the jobs that have a worker, each once.
func (s *Scheduler) running() []*Job {
	var jobs []*Job
	for _, j := range s.busy {
		if j != nil && !slices.Contains(jobs, j) {
			jobs = append(jobs, j)
		}
	}
	return jobs
}
