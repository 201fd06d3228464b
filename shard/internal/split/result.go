package split

import "strings"

// result is the result of a package: the sum of the outcomes of its processes.
type result struct {
	code      int            // the first exit code that is not 0
	failed    bool           // whether the package has failed, regardless of the codes
	through   bool           // whether a process finished its tests
	empty     bool           // whether a process found none of the tests that it was to run
	broken    bool           // whether a process failed before its first test or after its last one
	stopped   bool           // whether a process was ended, or not started, because the whole run stops
	left      int            // number of tests that did not run because of that
	unrun     bool           // whether a test was reported as not run
	outside   outside        // failures outside all tests
	processes map[string]int // number of processes that started a test, by its label
	coverage  string         // a process's line about coverage
}

// fold adds up outcomes in order.
func fold(outcomes []outcome) result {
	sum := result{processes: map[string]int{}}
	for _, o := range outcomes {
		sum.add(o)
	}
	return sum
}

func (r *result) add(o outcome) {
	if r.code == 0 {
		r.code = o.code
	}
	if o.coverage != "" {
		r.coverage = o.coverage
	}
	if o.how == noProcess {
		r.left += len(o.left) // after a process, another outcome includes them
	}
	r.failed = r.failed || o.failed || len(o.outside) > 0 || len(o.unrun) > 0
	r.through = r.through || o.how == gotThrough
	r.empty = r.empty || o.empty
	r.broken = r.broken || o.broken
	r.stopped = r.stopped || o.stopped
	r.unrun = r.unrun || len(o.unrun) > 0
	for _, f := range o.outside {
		r.outside.add(OutsideTests+o.suffix, f)
	}
	for _, tests := range [][]string{o.ran, o.unrun} {
		for _, name := range tests {
			r.processes[name+o.suffix]++
		}
	}
}

// idle reports whether all processes succeeded and none of them ran a test. In that case
// TestMain has not called m.Run, or hides its output. The package passes, as under go
// test.
func (r *result) idle() bool {
	return !r.through && !r.empty && !r.broken && !r.failed && r.code == 0 && len(r.processes) == 0
}

// verdict is the last line of a process that has run all of the package, with its exit
// code. It is empty for a process that has not called m.Run.
func (r *result) verdict() (verdict string, code int) {
	switch {
	case r.failed && r.code == 0:
		return "FAIL", 1
	case !r.through && !r.failed:
		return "", r.code // see idle
	case r.failed || r.code != 0:
		return "FAIL", r.code
	}
	return "PASS", 0
}

// coverageLine returns testing's line with the percentage of all processes.
func (r *result) coverageLine(percent string) string {
	if r.coverage == "" || percent == "" || percent == "[no statements]" {
		return r.coverage
	}
	_, of, _ := strings.Cut(r.coverage, "%")
	return "coverage: " + percent + of
}
