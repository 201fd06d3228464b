//go:build !linux

package shardtest

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
)

// buildFolders returns the folder of the linked programs, which is empty on Windows, and a
// folder for the tested modules. They are new each time, because these systems do not run a
// program with a salt at its end.
func buildFolders() (kept, work string, err error) {
	work, err = os.MkdirTemp("", "gotestshard-tests")
	if err != nil || runtime.GOOS == "windows" {
		return "", work, err
	}
	kept = filepath.Join(work, "linked")
	return kept, work, errors.Join(err, os.Mkdir(kept, 0o700))
}

// memoryFolder and ownFolder are for Linux.
func memoryFolder() string { return "" }

func ownFolder(string) error { return nil }
