//go:build !windows

package gotest

// LongestPattern is the maximum length of the patterns of one command, in bytes. Linux
// allows 128 KiB per argument.
const LongestPattern = 100 << 10
