package exit

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

func TestExitCodes(t *testing.T) {
	gone := &fs.PathError{Op: "write", Path: os.Stdout.Name(), Err: syscall.EPIPE}
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
		{errors.Join(fmt.Errorf("printing: %w", gone), gone), 141},
		{fmt.Errorf("printing: %w", errors.Join(gone, errors.New("a report could not be written"))), 3},
		{&fs.PathError{Op: "write", Path: "report", Err: syscall.EPIPE}, 3},
		{&fs.PathError{Op: "write", Path: os.Stdout.Name(), Err: syscall.ENOSPC}, 3},
	} {
		if got := Code(test.err); got != test.want {
			t.Errorf("%v: exit code %d, want %d", test.err, got, test.want)
		}
		var printed bytes.Buffer
		Print(&printed, test.err)
		if shown := printed.Len() > 0; shown != (test.want == OwnError || test.want == 5) {
			t.Errorf("%v: it printed %q", test.err, printed.String())
		}
	}
}
