package linkcache

import "os"

// The go command starts the program for each compiler and linker. It runs here, before the
// initialization of packages that only other commands need, as the hook of package gotest does.
func init() {
	if IsTool(os.Args[1:]) {
		os.Exit(Run(os.Args[1:], os.Stdout, os.Stderr))
	}
}
