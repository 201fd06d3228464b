package option

// Watching is whether, and how, the tests of what is saved run again and again.
type Watching struct {
	Watch      bool
	WatchClear bool
	WatchChdir bool
	WatchStart bool
}

func (w *Watching) flags() []flag {
	return []flag{
		{name: "watch-start", to: &w.WatchStart, help: "in watch mode run all tests at the start"},

		{name: "watch", task: taskAround, to: &w.Watch, upstream: true, help: "watch go files, and run tests when a file is modified"},
		{name: "watch-clear", to: &w.WatchClear, upstream: true, help: "in watch mode clear screen when rerun tests"},
		{name: "watch-chdir", to: &w.WatchChdir, upstream: true,
			help: "in watch mode change the working directory to the directory with the modified file before running tests"},
	}
}
