package shard

import (
	"context"
	"errors"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/process"
)

// supervised is a command of which only the end is waited for, since others read its
// output: the go command, and those that are the user's own. What it leaves behind
// goes on, unless the command was to be stopped: then it is ended as well.
type supervised struct {
	*process.Process
	stop    *process.Stop
	ctx     context.Context
	abandon context.CancelFunc // kills it
	isGo    bool
	done    chan struct{}
	err     error // valid when done is closed
}

// supervise waits for a process, passes a stop on to it, and lets go of it.
func supervise(p *process.Process, stop *process.Stop) *supervised {
	return (&supervised{Process: p, stop: stop}).begin()
}

// superviseGo is supervise for a go command.
func superviseGo(p *process.Process, stop *process.Stop) *supervised {
	return (&supervised{Process: p, stop: stop, isGo: true}).begin()
}

func (s *supervised) begin() *supervised {
	s.done = make(chan struct{})
	s.ctx, s.abandon = context.WithCancel(context.Background())
	go func() {
		defer close(s.done)
		s.err = s.stop.Supervise(s.ctx, s, noOutput{}, process.Limits{}).Err
		s.Release()
	}()
	return s
}

// wait returns what exec.Cmd.Wait returns.
func (s *supervised) wait() error {
	<-s.done
	s.abandon() // lets go of the context
	return s.err
}

// ended is whether there is nothing left to stop.
func (s *supervised) ended() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// Pass implements process.Controlled.
func (s *supervised) Pass(received process.Received) error {
	if s.isGo {
		return passToGo(s.Process, received)
	}
	return s.Process.Pass(received)
}

// Kill implements process.Controlled.
func (s *supervised) Kill() error {
	if !s.stop.Asked() && s.ctx.Err() == nil {
		return nil // it has failed by itself, and what it left behind is its own business
	}
	return s.Process.Kill()
}

// passToGo passes a signal on to a go command. When the tests have it from the
// terminal, the go command gets it once more, which is nothing to it: it may be that
// somebody sent it to this process alone, and then no further test is started.
func passToGo(goCommand *process.Process, received process.Received) error {
	err := goCommand.Pass(received)
	if received.Keyed {
		err = errors.Join(err, goCommand.InterruptLeader())
	}
	return err
}

// noOutput is the output of a command that nobody reads here.
type noOutput struct{}

func (noOutput) Ended() <-chan struct{} { return closed }
func (noOutput) Idle() time.Duration    { return 0 }

// closed is a channel that is.
var closed = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()
