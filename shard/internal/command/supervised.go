package command

import (
	"context"
	"errors"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/process"
)

// Supervised is a command of which only the end matters here, because its output is read
// elsewhere: the go command and the user's own commands. Processes that it leaves behind
// continue, unless the command was asked to stop: then they are ended too.
type Supervised struct {
	*process.Process
	stop    *process.Stop
	ctx     context.Context
	Abandon context.CancelFunc // kills it
	isGo    bool
	done    chan struct{}
	err     error // valid when done is closed
}

// Supervise waits for a process, passes a stop on to it, and releases it.
func Supervise(p *process.Process, stop *process.Stop) *Supervised {
	return (&Supervised{Process: p, stop: stop}).begin()
}

// SuperviseGo is Supervise for a go command.
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

// Await waits for the end and returns the result of exec.Cmd.Wait.
func (s *Supervised) Await() error {
	<-s.done
	s.Abandon() // releases the context
	return s.err
}

// Ended reports whether there is nothing left to stop.
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
		return nil // it has failed by itself; what it left behind may continue
	}
	return s.Process.Kill()
}

// passToGo passes a signal on to a go command. If the tests got the signal from the
// terminal, the go command gets it twice, which has no further effect. If the signal was
// sent to this process alone, the go command must get it so that it starts no more tests.
func passToGo(goCommand *process.Process, received process.Received) error {
	err := goCommand.Pass(received)
	if received.Keyed {
		err = errors.Join(err, goCommand.InterruptLeader())
	}
	return err
}

// NoOutput is the output of a command that is not read here.
type NoOutput struct{}

// Ended and Idle implement process.Output.
func (NoOutput) Ended() <-chan struct{} { return closed }
func (NoOutput) Idle() time.Duration    { return 0 }

// closed is a closed channel.
var closed = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()
