package shardtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	gotestsum "gotest.tools/gotestsum/cmd"
)

// Gotestsum is gotestsum's main function without its tools.
func Gotestsum() {
	err := gotestsum.Run(os.Args[0], os.Args[1:])
	switch {
	case err == nil:
		os.Exit(0)
	case gotestsum.IsExitCoder(err):
		os.Exit(gotestsum.ExitCodeWithDefault(err))
	}
	fmt.Fprintln(os.Stderr, "ERROR", err)
	os.Exit(3)
}

// ExitCode returns the exit code of a program from the error of its command, -1 if it did not run.
func ExitCode(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	return -1
}

// ProcessesLeft returns the processes whose command line contains word, one per line. It
// waits a moment for processes that are about to end.
func ProcessesLeft(word string) (left string, err error) {
	for deadline := time.Now().Add(5 * time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		out, err := exec.Command("ps", "-eo", "stat=,pid=,args=").Output()
		if err != nil {
			return "", err
		}
		left = ""
		for line := range strings.Lines(string(out)) {
			if strings.Contains(line, word) && !strings.HasPrefix(line, "Z") {
				left += line
			}
		}
		if left == "" {
			return "", nil
		}
	}
	return left, nil
}
