package option

import "time"

// Repeater says how often workers run each test binary, and takes the results. Several
// goroutines may call its methods.
type Repeater interface {
	// Next returns the next process of a package, from the arguments with which its test binary
	// would run once; false if there is none.
	Next(pkg string, args []string) (Repeat, bool)
	// Ended takes the result of a process.
	Ended(r Repeat, result Repeated)
}

// Repeat is one of the processes that run a test binary again and again.
type Repeat struct {
	Package string
	Number  int // from 1
	Seed    int64
	Args    []string
	Most    time.Duration // after which the process is ended, 0 for never
	// Limited is whether groups and serial hold for the process, and the limits of its tests.
	Limited bool
}

// Repeated is how such a process ended.
type Repeated struct {
	Failed bool
	Late   bool // it was ended after Repeat.Most, so that there is no other result
	Took   time.Duration
	// Passed are the tests that passed, with subtests, if the process passed.
	Passed []string
	// Events are those of go test -json if it failed.
	Events []byte
	Err    error // of gotestshard, why there is no result
}
