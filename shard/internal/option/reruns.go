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
