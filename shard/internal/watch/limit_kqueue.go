//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package watch

import (
	"math"
	"os"

	"golang.org/x/sys/unix"
)

// needs returns how many open files watching a folder takes: one for itself and one for each
// file and folder in it.
func needs(dir string) int {
	entries, _ := os.ReadDir(dir) // watching it has the error
	return 1 + len(entries)
}

// mostDescriptors returns how many open files watching may take: half of what this process may open,
// which is the hard limit, as Go raises the soft one to it. Runs need descriptors too.
func mostDescriptors() int {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return math.MaxInt
	}
	return int(min(uint64(limit.Cur)/2, math.MaxInt)) //nolint:unconvert // it is an int64 on FreeBSD
}
