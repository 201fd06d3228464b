//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package watch

import (
	"os"

	"golang.org/x/sys/unix"
)

// exceedsLimit reports whether watching folders needs more than half of the descriptors of this
// process: one for each folder and one for each file in it. The runs need descriptors too.
func exceedsLimit(dirs []string) bool {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return false
	}
	files := uint64(len(dirs))
	for _, dir := range dirs {
		entries, _ := os.ReadDir(dir) // watching it has the error
		files += uint64(len(entries))
	}
	return files > uint64(limit.Cur)/2 //nolint:unconvert // it is an int64 on FreeBSD
}
