// Package verdict decides why a test failed, from runs of it that it asks for: whether it fails
// alone, only after other tests, or now and then. It is pure: a function that it is given runs the
// tests.
//
//	alone → fails each time → beside all tests of its package → broken, or it needs another test
//	      → passes each time → after the tests of its process → after the smallest set of them
//	      → both → flaky
package verdict

import "slices"

// Outcome is what became of the test in one run.
type Outcome int

// The outcomes.
const (
	Passed Outcome = iota
	Failed
	NotRun  // the run ended without a result of the test
	Stopped // there is no time for more runs
)

// Run runs some tests in a new process: Case.Test and others, in the order that the process of
// the failure had (asItRan), or in the order of the source.
type Run func(others []string, asItRan bool) Outcome

// Case is a failure.
type Case struct {
	Test string
	// Before are the other tests that had started in its process before it ended, in order.
	Before []string
	// Package are all other tests of its package, if its process had another order or not all of
	// them; otherwise it has none.
	Package []string
	// MostRuns is how often tests may run.
	MostRuns int
}

// Kind is why a test failed.
type Kind int

// The kinds. Of a case that is Unknown, Unfinished says why.
const (
	Unknown Kind = iota
	// Broken fails alone.
	Broken
	// Polluted fails only after Result.Others.
	Polluted
	// Needs passes only after Result.Others.
	Needs
	// Flaky fails and passes in the same circumstances.
	Flaky
	// NotAgain did not fail again, neither alone nor after the tests of its process.
	NotAgain
)

// Result is what was found out.
type Result struct {
	Kind   Kind
	Others []string // the smallest set that was found; in order
	// AsItRan is whether Others have the order of the process of the failure.
	AsItRan bool
	// Alone is how often the test failed alone, and Together with the Others, or with all tests
	// of its process if there are none.
	Alone, Together Rate
	Runs            int
	// Unfinished is what there was no time for, or why there is no verdict; empty if neither
	// applies. Others may then be more than are necessary.
	Unfinished string
}

// DidNotRun is the Result.Unfinished of a test without a result.
const DidNotRun = "it did not run alone: it is skipped then, or it is gone"

// Rate is how many runs failed.
type Rate struct{ Failures, Runs int }

func (r *Rate) add(failed bool) {
	r.Runs++
	if failed {
		r.Failures++
	}
}

func (r Rate) share() float64 { return float64(r.Failures) / float64(max(r.Runs, 1)) }
func (r Rate) always() bool   { return r.Failures == r.Runs }
func (r Rate) never() bool    { return r.Failures == 0 }

const (
	few  = 3  // runs for a result that seems to be always the same
	many = 10 // runs for a rate
)

// decision is a Decide that goes on.
type decision struct {
	Case
	run    Run
	result Result
	last   Outcome
}

// Decide runs the tests until it knows why the test of a case failed.
func Decide(c Case, run Run) Result {
	d := &decision{Case: c, run: run}
	d.repeat(nil, true, &d.result.Alone, few)
	switch alone := d.result.Alone; {
	case d.stopped():
		d.unfinished("running it alone")
	case d.last == NotRun:
		d.unfinished(DidNotRun)
	case !alone.never() && !alone.always():
		d.flaky()
	case alone.always():
		d.failsAlone()
	default:
		d.passesAlone()
	}
	return d.result
}

// once runs the test after others. It is not ok if there is no result.
func (d *decision) once(others []string, asItRan bool) (failed, ok bool) {
	if d.result.Runs >= d.MostRuns {
		d.last = Stopped
	}
	if d.stopped() {
		return false, false
	}
	d.result.Runs++
	d.last = d.run(others, asItRan)
	return d.last == Failed, d.last == Passed || d.last == Failed
}

func (d *decision) stopped() bool { return d.last == Stopped }

func (d *decision) unfinished(what string) { d.result.Unfinished = what }

// repeat adds runs to a rate until it has most of them. With few, one that differs ends it.
func (d *decision) repeat(others []string, asItRan bool, rate *Rate, most int) {
	for rate.Runs < most {
		failed, ok := d.once(others, asItRan)
		if !ok {
			return
		}
		rate.add(failed)
		if most == few && !rate.never() && !rate.always() {
			return
		}
	}
}

// flaky measures the rate of a test that fails and passes alone.
func (d *decision) flaky() {
	d.result.Kind = Flaky
	if d.repeat(nil, true, &d.result.Alone, many); d.stopped() {
		d.unfinished("measuring its rate")
	}
}

// failsAlone finds out whether the test passes after another one, such as one that sets up what it
// uses.
func (d *decision) failsAlone() {
	d.result.Kind = Broken
	if len(d.Package) == 0 {
		return
	}
	passes := func(others []string) (hit, ok bool) {
		_, _ = d.once(others, false)
		return d.last == Passed, !d.stopped()
	}
	passed := false
	for range few {
		if passed, _ = passes(d.Package); passed || d.stopped() {
			break
		}
	}
	if !passed {
		if d.stopped() {
			d.unfinished("running it with all tests of its package")
		}
		return
	}
	s := shrinker{probe: passes, tries: 1}
	others := s.smallest(d.Package)
	if s.lost {
		d.result.Kind = Flaky
		d.measure(d.Package, false)
		return
	}
	d.found(Needs, others, false, s.stopped)
}

// passesAlone finds out after which tests the test fails.
func (d *decision) passesAlone() {
	fails := func(others []string) (hit, ok bool) {
		failed, _ := d.once(others, true)
		return failed, !d.stopped()
	}
	failed := false
	for range few {
		if len(d.Before) == 0 || failed || d.stopped() {
			break
		}
		var ok bool
		if failed, ok = d.once(d.Before, true); ok {
			d.result.Together.add(failed)
		}
	}
	if !failed {
		d.result.Kind = NotAgain
		if d.stopped() {
			d.unfinished("running it after the tests of its process")
		}
		return
	}
	s := shrinker{probe: fails, tries: 1}
	others := s.smallest(d.Before)
	if s.lost {
		d.result.Kind = Flaky
		d.measure(d.Before, true)
		return
	}
	d.found(Polluted, others, true, s.stopped)
}

// found confirms that a test fails (Polluted) or passes (Needs) after others, and does not so
// alone.
func (d *decision) found(kind Kind, others []string, asItRan, unfinished bool) {
	d.result.Kind, d.result.Others, d.result.AsItRan = kind, slices.Clone(others), asItRan
	if unfinished {
		d.unfinished("finding a smaller set of tests")
		return
	}
	const confirm = 2
	d.result.Together = Rate{}
	d.repeat(others, asItRan, &d.result.Together, confirm)
	d.repeat(nil, asItRan, &d.result.Alone, few+1)
	if d.stopped() {
		d.unfinished("running it once more with and without them")
		return
	}
	alone, together := d.result.Alone, d.result.Together
	if kind == Needs {
		alone, together = together, alone
	}
	if alone.never() && together.always() {
		return
	}
	d.measure(others, asItRan)
	difference := d.result.Together.share() - d.result.Alone.share()
	if kind == Needs {
		difference = -difference
	}
	if difference < 0.5 {
		d.result.Kind, d.result.Others = Flaky, nil
	}
}

// measure measures how often the test fails alone and after others.
func (d *decision) measure(others []string, asItRan bool) {
	d.repeat(nil, asItRan, &d.result.Alone, many)
	if d.repeat(others, asItRan, &d.result.Together, many); d.stopped() {
		d.unfinished("measuring its rate")
	}
}
