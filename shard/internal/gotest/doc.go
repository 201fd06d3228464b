// Package gotest knows the go command: how the arguments of go test are taken
// apart and put together, how it is started and stopped, and the hook that it
// starts in place of a test binary (go test -exec).
//
// The hook is this program again. It asks the coordinator over a Unix socket to
// run the test binary and passes on what comes back: output, then an exit code.
package gotest
