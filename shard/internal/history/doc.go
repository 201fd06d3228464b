// Package history is the timing store: how long the tests, packages and process
// starts of earlier runs took, for the planner of the next.
//
//	Load → *History: asked for estimates, never changed
//	NewRun → *Run: filled while tests run → Save: lock, read again, merge, write
//
// # The estimate
//
// The last five samples of each test are kept, one a run, and their median is
// the estimate. One slow run, on a machine that was busy, does not move it, as it
// would a mean; a test that really became slower counts as such after three
// runs, as it would not with a minimum. Of an even number of samples it is the
// upper of the two in the middle, so of two the longer: a test that starts
// earlier than it needs to costs nothing, one that starts last and takes long is
// what everybody waits for. The samples of a run with -count, or of several
// workers, are one, their mean.
//
// What a process start costs is estimated otherwise, by the least sample, and the
// sample of a run is the least of its processes. The same start takes longer when
// the machine is busy and never shorter, and what is at stake is the other way
// round: one that is taken for too long leaves workers idle, up to a whole run of
// one worker in place of eight, one that is taken for too short is put right by the
// first processes of the run. Of one run alone the planner believes only a part
// (package plan): all of its processes may have been slow.
//
// Only a test that passed gives a sample: one that failed, panicked or was
// stopped by a timeout says nothing about how long it takes when it passes.
// A test that has only ever been skipped is taken for 0, one that passed before
// keeps its samples: planned as long, it does no harm.
//
// # What goes
//
// A test that neither passed nor failed in ten complete runs of its package, or
// for 90 days, and a package that did not run for 90 days. Beyond 200,000 tests
// or 20 MB the tests that were not seen for longest go first, and of those seen
// on the same day the shortest: the median of the package stands in for them best.
//
// # The file
//
// JSON with sorted keys and one test a line, so that it can be committed; times
// are milliseconds rounded to a tenth, days are UTC:
//
//	{
//	 "format": "gotestshard timings",
//	 "version": 1,
//	 "packages": {
//	  "example.com/m/a": {
//	   "seen": "2026-01-02", "start": [3.1], "package": [120.3],
//	   "tests": {
//	    "TestA": {"seen": "2026-01-02", "ms": [12.5, 13]},
//	    "TestB": {"seen": "2025-12-30", "missed": 2, "ms": [80]}
//	   }
//	  }
//	 }
//	}
//
// A file that cannot be read as this, down to a key that is not known or a time
// below 0, is set aside under another name, and a new one was started.
package history
