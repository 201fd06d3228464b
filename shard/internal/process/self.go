package process

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Self returns the absolute path of this program, which the go command starts in place of
// others.
func Self() (string, error) { return programOf(os.Executable, os.Args[0]) }

// programOf returns the result of executable. If that fails, as on Linux without /proc, it
// returns the program that was started as name in the working directory.
func programOf(executable func() (string, error), name string) (string, error) {
	self, unknown := executable()
	if unknown == nil {
		return self, nil
	}
	// If its name has no slash, the shell has found it in the PATH.
	found, err := exec.LookPath(name)
	if err == nil {
		found, err = filepath.Abs(found)
	}
	if err != nil {
		return "", fmt.Errorf("finding gotestshard's own executable, which the go command starts: %w, and %w; start it by its full path", unknown, err)
	}
	return found, nil
}
