package option

// Trying is how gotestshard trial finds out what splitting packages does to their tests.
type Trying struct {
	// Scatter is the seed by which each package that may be split is split at random, and its
	// processes shuffle their tests. It is 0 for all other runs.
	Scatter int64
	// StaysWhole is called with each package that cannot be split, and why. If it is nil, that is
	// printed.
	StaysWhole func(pkg, reason string)
}
