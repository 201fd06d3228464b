package workers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// ownProgram returns the absolute path of this program, which the go command starts
// as its hook.
func ownProgram() (string, error) { return programOf(os.Executable, os.Args[0]) }

// programOf returns what executable says, and where it cannot tell, as on Linux
// without /proc, the program that was started as name in the working directory.
func programOf(executable func() (string, error), name string) (string, error) {
	self, unknown := executable()
	if unknown == nil {
		return self, nil
	}
	// Without a slash in its name the shell has found it in the PATH.
	found, err := exec.LookPath(name)
	if err == nil {
		found, err = filepath.Abs(found)
	}
	if err != nil {
		return "", fmt.Errorf("finding gotestshard's own executable for the hook: %w, and %w; start it by its full path", unknown, err)
	}
	return found, nil
}
