//go:build !windows

package gotest

// LongestPattern is how long the patterns of one command may be in bytes: Linux
// allows one argument 128 KiB.
const LongestPattern = 100 << 10
