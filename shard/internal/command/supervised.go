package command

import (
	"context"
	"errors"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/process"
)

// Supervised is a command of which only the end is waited for, since others read its
// output: the go command, and those that are the user's own. What it leaves behind
// goes on, unless the command was to be stopped: then it is ended as well.
type Supervised struct {
	*process.Process
	stop    *process.Stop
	ctx     context.Context
	Abandon context.CancelFunc // kills it
	isGo    bool
	done    chan struct{}
	err     error // valid when done is closed
}

// Supervise waits for a process, passes a stop on to it, and lets go of it.
func Supervise(p *process.Process, stop *process.Stop) *Supervised {
	return (&Supervised{Process: p, stop: stop}).begin()
}

// SuperviseGo is supervise for a go command.
func SuperviseGo(p *process.Process, stop *process.Stop) *Supervised {
	return (&Supervised{Process: p, stop: stop, isGo: true}).begin()
}

func (s *Supervised) begin() *Supervised {
	s.done = make(chan struct{})
	s.ctx, s.Abandon = context.WithCancel(context.Background())
	go func() {
		defer close(s.done)
		s.err = s.stop.Supervise(s.ctx, s, NoOutput{}, process.Limits{}).Err
		s.Release()
	}()
	return s
}

// Await waits for the end and returns what exec.Cmd.Wait returns.
func (s *Supervised) Await() error {
	<-s.done
	s.Abandon() // lets go of the context
	return s.err
}

// Ended is whether there is nothing left to stop.
func (s *Supervised) Ended() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// Pass implements process.Controlled.
func (s *Supervised) Pass(received process.Received) error {
	if s.isGo {
		return passToGo(s.Process, received)
	}
	return s.Process.Pass(received)
}

// Kill implements process.Controlled.
func (s *Supervised) Kill() error {
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

// NoOutput is the output of a command that nobody reads here.
type NoOutput struct{}

func (NoOutput) Ended() <-chan struct{} { return closed }
func (NoOutput) Idle() time.Duration    { return 0 }

// closed is a channel that is.
var closed = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()
