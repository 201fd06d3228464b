// Package early is what the go command starts many times in a run: the hook, in place of each test
// binary, and the tool of -toolexec, in place of each compiler.
//
//	go test -exec "gotestshard hook" → request → coordinator
//	                          output ← frames  ←
//
// The start of such a process is most of what it costs, and most of a start is the initialization
// of packages that only other commands need, such as the server for queues. So this package runs
// before that, and ends the process. Go initializes packages in the order of their paths, each
// after its imports. Package unicode has a late path and is imported by nearly all packages: fmt,
// strings, reflect and so on. This package must not import it, not even through others, so that it
// comes before all of these. It has no other reason to do without fmt and the like.
package early

import "os"

func init() {
	switch args := os.Args[1:]; {
	case isHook(args):
		if code, ends := runHook(args, os.Stdout); ends {
			os.Exit(code)
		}
	case IsTool(args):
		become(args[firstToolWord:])
	}
}
