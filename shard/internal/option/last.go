package option

// Last is what gotestshard last is asked to run again.
type Last struct {
	Failed      bool   // what failed or did not run
	SameProcess string // the tests of the process of this test, empty for none
	// Packages are those in which SameProcess is looked for, all if there are none.
	Packages []string

	words []word   // the flags for the run
	args  []string // more flags for go test
}

// word is a flag of a command line, with its value.
type word struct{ name, value string }

func (l *Last) flags() []flag {
	return []flag{
		{name: "failed", to: &l.Failed, help: "run again what failed or did not run in the last run"},
		{name: "same-process", to: &l.SameProcess, help: "run again, in one process and in the same order, the tests that ran in the process of `TEST` up to and including it"},
	}
}
