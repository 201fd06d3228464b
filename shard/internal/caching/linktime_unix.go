//go:build unix

package caching

import (
	"time"

	"golang.org/x/sys/unix"
)

// setLinkTime sets the modification time of a symbolic link itself.
func setLinkTime(name string, to time.Time) error {
	ts := unix.NsecToTimespec(to.UnixNano())
	return unix.UtimesNanoAt(unix.AT_FDCWD, name, []unix.Timespec{ts, ts}, unix.AT_SYMLINK_NOFOLLOW)
}
