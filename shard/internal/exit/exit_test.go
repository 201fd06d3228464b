package exit

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
		{OfCommand(nil), 0},
		{OfCommand(exit7), 7},
		{OfCommand(errors.New("signal: killed")), 127},
		{Signalled(syscall.SIGINT), 130},
		{Signalled(syscall.SIGTERM), 143},
		{Error{Code: 5, Reason: "because"}, 5},
	} {
		if got := Code(test.err); got != test.want {
			t.Errorf("%v: exit code %d, want %d", test.err, got, test.want)
		}
	}
}
