package run

import (
	"bytes"
	"errors"
	"syscall"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
)

// An error of gotestshard itself takes precedence over the result of the tests, and a signal
// takes precedence over both.
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
		{exit.Error{Code: 1}, nil, 0, 1, "exit code 1"},
		{exit.Error{Code: 1}, own, 0, 3, "the teardown failed"},
		{exit.Error{Code: 1, Reason: "because"}, own, 0, 3, "because\nthe teardown failed"},
		{errors.New("the set-up failed"), own, 0, 3, "the set-up failed\nthe teardown failed"},
		{nil, own, syscall.SIGTERM, 143, "ERROR the teardown failed\n"},
		{exit.Error{Code: 1}, nil, syscall.SIGINT, 130, ""},
	} {
		interrupts := signals.NewWatch()
		if test.signal != 0 {
			interrupts.PassTo(signals.OnlyAsks{})
			interrupts.Send(test.signal)
			<-interrupts.Ctx.Done()
		}
		var stderr bytes.Buffer
		err := endWith(interrupts, test.err, test.own, &stderr)
		text := stderr.String()
		if test.signal == 0 && err != nil {
			text += err.Error()
		}
		if exit.Code(err) != test.code || text != test.text {
			t.Errorf("%v and %v with %v: exit code %d and %q", test.err, test.own, test.signal, exit.Code(err), text)
		}
	}
}
