// Package gotest handles the go command: parsing and building the arguments of go test,
// starting and stopping it, and the hook that it starts in place of a test binary (go test
// -exec).
//
// The hook is this program again. It asks the coordinator over a Unix socket to run the
// test binary, and passes on the result: output, then an exit code.
package gotest
