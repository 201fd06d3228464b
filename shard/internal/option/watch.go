package option

// Watching is whether, and how, the tests of what is saved run again and again.
type Watching struct {
	Watch      bool
	WatchClear bool
	WatchChdir bool
	WatchStart bool
}
