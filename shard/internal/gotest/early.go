package gotest

import "os"

// The go command starts a hook for every package, and its start is most of what it costs. So it
// runs here, before the initialization of packages that only other commands need, such as the
// server for queues: Go initializes packages in the order of their paths, each after its imports.
func init() {
	if IsHook(os.Args[1:]) {
		os.Exit(RunHook(os.Args[1:], os.Stdout))
	}
}
