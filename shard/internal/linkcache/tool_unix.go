//go:build unix

package linkcache

import (
	"os"
	"os/exec"
	"syscall"
)

// become runs a tool in place of this process. It returns only with an error.
func become(tool []string) error {
	path, err := exec.LookPath(tool[0]) // the go command asks gcc for its version
	if err != nil {
		return err
	}
	return syscall.Exec(path, tool, os.Environ())
}
