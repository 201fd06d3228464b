package shard

import (
	"errors"
	"os/exec"
	"syscall"
	"testing"
)

func TestExitCodes(t *testing.T) {
	exit7 := exec.Command("sh", "-c", "exit 7").Run()
	for _, test := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("a report could not be written"), 3},
		{commandError(nil), 0},
		{commandError(exit7), 7},
		{commandError(errors.New("signal: killed")), 127},
		{signalled(syscall.SIGINT), 130},
		{signalled(syscall.SIGTERM), 143},
		{codedError{code: 5, reason: "because"}, 5},
	} {
		if got := exitCode(test.err); got != test.want {
			t.Errorf("%v: exit code %d, want %d", test.err, got, test.want)
		}
	}
}
