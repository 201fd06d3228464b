package option

// Reruns is which failed tests run again.
type Reruns struct {
	RerunFails                int // how often at most failed tests run again, 0 for never
	RerunFailsMaxFailures     int // do not when more tests failed at first
	RerunFailsAbortOnDataRace bool
	RerunFailsRunRoot         bool
	RerunFailsReport          string // file name
	// RerunFailsStrict is whether a rerun has to bring a pass of every test that
	// was to run again. It is set with workers.
	RerunFailsStrict bool
	// RerunFailsTogether is whether a package's failed tests run again in one
	// process; RerunFailsAfterPanic is whether they do after a panic. Both are
	// strict.
	RerunFailsTogether   bool
	RerunFailsAfterPanic bool
}

func (r *Reruns) flags() []flag {
	return []flag{
		{name: "rerun-fails-strict", to: &r.RerunFailsStrict,
			help: "without workers too, a rerun succeeds only if every test that was to run again passed (always so with -n)"},
		{name: "rerun-fails-together", to: &r.RerunFailsTogether, help: "run the failed tests of a package again in one process; implies --rerun-fails-strict"},
		{name: "rerun-fails-after-panic", to: &r.RerunFailsAfterPanic,
			help: "after a panic or a timeout too, run the package again; implies --rerun-fails-strict"},

		{name: "rerun-fails", to: &r.RerunFails, bare: "2", upstream: true,
			help: "rerun failed tests until they all pass, or attempts exceeds maximum. Defaults to max 2 reruns when enabled"},
		{name: "rerun-fails-abort-on-data-race", to: &r.RerunFailsAbortOnDataRace, upstream: true, help: "do not rerun tests if a data race is detected"},
		{name: "rerun-fails-max-failures", to: &r.RerunFailsMaxFailures, value: "10", upstream: true,
			help: "do not rerun any tests if the initial run has more than this number of failures"},
		{name: "rerun-fails-report", to: &r.RerunFailsReport, upstream: true, merge: true, help: "write a report to the file, of the tests that were rerun"},
		{name: "rerun-fails-run-root-test", to: &r.RerunFailsRunRoot, upstream: true,
			help: "rerun the entire root testcase when any of its subtests fail, instead of only the failed subtest"},
	}
}
