package option

import (
	"cmp"
	"fmt"
	"time"
)

// Watching is whether, and how, the tests of what is saved run again and again.
type Watching struct {
	Watch      bool
	WatchClear bool
	WatchChdir bool
	WatchStart bool
	// WatchDeps is which packages run beside the saved ones: WatchDepsAll, WatchDepsDirect or
	// WatchDepsNone.
	WatchDeps string
	// WatchInterrupt is whether a save during a run stops it: WatchInterruptOn or WatchInterruptOff.
	WatchInterrupt string
	// WatchPoll is how often the folders are looked at, 0 where the system reports saves.
	WatchPoll time.Duration

	// InOrder is whether packages start in the order in which they are named, the saved one
	// first, and not the longest first.
	InOrder bool
}

// The values of Watching.WatchDeps.
const (
	WatchDepsAll    = "all"    // those that import them, also indirectly
	WatchDepsDirect = "direct" // those that import them
	WatchDepsNone   = "none"
)

// The values of Watching.WatchInterrupt.
const (
	WatchInterruptOn  = "on"
	WatchInterruptOff = "off"
)

// shortestPoll keeps a processor free for the tests.
const shortestPoll = 10 * time.Millisecond

func (w *Watching) flags() []flag {
	return []flag{
		{name: "watch-start", to: &w.WatchStart, help: "in watch mode run all tests at the start"},
		{name: "watch-deps", example: `"direct"`, to: choice(&w.WatchDeps, "which", WatchDepsAll, WatchDepsDirect, WatchDepsNone),
			help: "in watch mode run also the packages that import a saved package: all (also indirectly; the default with -n), direct, or none (the default otherwise)"},
		{name: "watch-interrupt", example: `"off"`, to: choice(&w.WatchInterrupt, "when", WatchInterruptOn, WatchInterruptOff), bare: WatchInterruptOn,
			help: "in watch mode stop a run, and start it over, when something is saved that concerns its packages: on (the default with -n), or off: run it afterwards (the default otherwise)"},
		{name: "watch-poll", example: `"500ms"`, to: &w.WatchPoll,
			help: "in watch mode look for saves every `DURATION`, for network and container mounts, which report nothing"},

		{name: "watch", task: taskAround, to: &w.Watch, upstream: true, help: "watch go files, and run tests when a file is modified"},
		{name: "watch-clear", to: &w.WatchClear, upstream: true, help: "in watch mode clear screen when rerun tests"},
		{name: "watch-chdir", to: &w.WatchChdir, upstream: true,
			help: "in watch mode change the working directory to the directory with the modified file before running tests"},
	}
}

// settle finds out which packages run. given is whether the user chose a flag, not in the
// configuration file, where it is for the runs that watch.
func (w *Watching) settle(d Distribution, given func(flag string) bool) error {
	for _, row := range w.flags() {
		if !w.Watch && !row.upstream && given(row.name) {
			return fmt.Errorf("--%s is for watch mode: add --watch", row.name)
		}
	}
	if w.WatchChdir && w.WatchDeps != "" && w.WatchDeps != WatchDepsNone {
		return fmt.Errorf("--watch-chdir and --watch-deps=%s cannot be used together: --watch-chdir runs each package in its folder, which may be another module; use one of them", w.WatchDeps)
	}
	if w.WatchPoll != 0 && w.WatchPoll < shortestPoll {
		return fmt.Errorf("--watch-poll=%v is too short: write %v or more", w.WatchPoll, shortestPoll)
	}
	deps, interrupt := WatchDepsNone, WatchInterruptOff
	if d.Workers > 0 {
		interrupt = WatchInterruptOn
		if !w.WatchChdir {
			deps = WatchDepsAll
		}
	}
	w.WatchDeps, w.WatchInterrupt = cmp.Or(w.WatchDeps, deps), cmp.Or(w.WatchInterrupt, interrupt)
	return nil
}
