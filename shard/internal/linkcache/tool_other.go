//go:build !unix

package linkcache

import (
	"os"
	"os/exec"
)

// become runs a tool and exits with its code. It returns only with an error.
func become(tool []string) error {
	cmd := exec.Command(tool[0], tool[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	code, err := exitCode(cmd.Run())
	if err != nil {
		return err
	}
	os.Exit(code)
	return nil
}
