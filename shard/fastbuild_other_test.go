//go:build !linux

package shard

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
)

// buildFolders returns the folder of what is linked, which Windows has not, and a folder
// for the modules that are tested. They are new each time: a program with a salt at its end
// is none for these systems.
func buildFolders() (kept, work string, err error) {
	work, err = os.MkdirTemp("", "gotestshard-tests")
	if err != nil || runtime.GOOS == "windows" {
		return "", work, err
	}
	kept = filepath.Join(work, "linked")
	return kept, work, errors.Join(err, os.Mkdir(kept, 0o700))
}
