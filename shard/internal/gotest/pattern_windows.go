package gotest

// LongestPattern is the maximum length of the patterns of one command, in bytes. A whole
// command line has at most 32,767 characters.
const LongestPattern = 24 << 10
