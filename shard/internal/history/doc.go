// Package history stores timings: the durations of tests, packages and process starts of
// earlier runs, for planning the next run.
//
//	Load → *History: read for estimates, never changed
//	NewRun → *Run: filled while tests run → Save: lock, read again, merge, write
//
// # The estimate
//
// The last five samples of each test are kept, one per run, and their median is the
// estimate. Unlike a mean, it does not change after one slow run on a busy machine.
// Unlike a minimum, it follows a test that really became slower, after three runs. Of an
// even number of samples it is the upper of the two in the middle. Too long an estimate
// makes a test start earlier than necessary, which costs nothing. Too short an estimate
// can make a slow test start last, and the whole run waits for it. Several samples of one
// run, from -count or several workers, count as one sample, their mean.
//
// The cost of a process start is estimated by the smallest sample, and the sample of a
// run is the smallest of its processes. A start takes longer on a busy machine, but never
// shorter, and the risk is the opposite one: too long an estimate leaves workers idle, in
// the worst case all but one, while too short an estimate is corrected by the first
// processes of the run. After a single run the planner uses only a part of the sample
// (package plan), because all processes of that run may have been slow.
//
// Only a passed test gives a sample. The duration of a test that failed, panicked or
// timed out does not show how long it takes when it passes. A test that has always been
// skipped counts as 0. One that passed before keeps its samples, which does no harm.
//
// # What is removed
//
// A test is removed if it neither passed nor failed in ten complete runs of its package,
// or for 90 days. A package is removed if it did not run for 90 days. Beyond 200,000
// tests or 20 MB, the tests not seen for the longest time are removed first, and of those
// seen on the same day the shortest, because the median of the package is a good estimate
// for them.
//
// # The file
//
// JSON with sorted keys and one test per line, so that it can be committed. Times are
// milliseconds rounded to a tenth, days are UTC:
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
// A file with another form, even with only an unknown key or a negative time, is set
// aside under another name, and a new one is started. Entries for subtests have names that no
// test has, see Subtests.
package history
