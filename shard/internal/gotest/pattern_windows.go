package gotest

// LongestPattern is how long the patterns of one command may be in bytes: a whole
// command line has 32,767 characters.
const LongestPattern = 24 << 10
