package shard

import (
	"bytes"
	"errors"
	"syscall"
	"testing"
)

// An error of our own counts more than how the tests ended, and a signal more than that.
func TestEndWith(t *testing.T) {
	own := errors.New("the teardown failed")
	for _, test := range []struct {
		err, own error
		signal   syscall.Signal
		code     int
		text     string // of the error, and after a signal of standard error
	}{
		{nil, nil, 0, 0, ""},
		{nil, own, 0, 3, "the teardown failed"},
		{codedError{code: 1}, nil, 0, 1, "exit code 1"},
		{codedError{code: 1}, own, 0, 3, "the teardown failed"},
		{codedError{code: 1, reason: "because"}, own, 0, 3, "because\nthe teardown failed"},
		{errors.New("the set-up failed"), own, 0, 3, "the set-up failed\nthe teardown failed"},
		{nil, own, syscall.SIGTERM, 143, "ERROR the teardown failed\n"},
		{codedError{code: 1}, nil, syscall.SIGINT, 130, ""},
	} {
		interrupts := newSignalWatch()
		if test.signal != 0 {
			interrupts.passTo(onlyAsks{})
			interrupts.send(test.signal)
			<-interrupts.ctx.Done()
		}
		var stderr bytes.Buffer
		err := endWith(interrupts, test.err, test.own, &stderr)
		text := stderr.String()
		if test.signal == 0 && err != nil {
			text += err.Error()
		}
		if exitCode(err) != test.code || text != test.text {
			t.Errorf("%v and %v with %v: exit code %d and %q", test.err, test.own, test.signal, exitCode(err), text)
		}
	}
}
