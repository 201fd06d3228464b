//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package worker

import (
	"fmt"
	"io/fs"
	"os"
	"runtime"
)

func lock(*os.File, bool) (bool, error) {
	return false, fmt.Errorf("%s has no file locks that a crash releases", runtime.GOOS)
}

func unlock(*os.File) error { return nil }

func private(fs.FileInfo) bool { return true }
