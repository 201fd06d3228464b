package process

import (
	"context"
	"os"
	"sync"
	"time"
)

// Controlled is a process as Stop needs it; Process is one.
type Controlled interface {
	Wait() error
	Alive() bool
	Pass(Received) error
	Trace() error
	Kill() error
}

// Stop ends processes that run at the same time: first they are asked, what is
// left after the grace period is killed. Its methods may be called by several
// goroutines.
type Stop struct {
	grace       time.Duration
	interrupt   sync.Once
	received    Received // set before interrupted is closed
	interrupted chan struct{}
	kill        sync.Once
	killed      chan struct{}
}

// NewStop returns a Stop that nobody has asked for yet.
func NewStop(grace time.Duration) *Stop {
	return &Stop{grace: grace, interrupted: make(chan struct{}), killed: make(chan struct{})}
}

// Interrupt asks all supervised processes to end.
func (s *Stop) Interrupt() { s.Pass(Received{Signal: os.Interrupt}) }

// Pass is Interrupt because of a signal, which is passed on to them.
func (s *Stop) Pass(r Received) {
	s.interrupt.Do(func() {
		s.received = r
		close(s.interrupted)
	})
}

// Kill ends all supervised processes at once.
func (s *Stop) Kill() {
	s.Interrupt()
	s.kill.Do(func() { close(s.killed) })
}

// Interrupted is closed when the processes were asked to end.
func (s *Stop) Interrupted() <-chan struct{} { return s.interrupted }

// Killed is closed when all that runs is to end at once.
func (s *Stop) Killed() <-chan struct{} { return s.killed }

// Asked reports whether Interrupted is closed.
func (s *Stop) Asked() bool {
	select {
	case <-s.interrupted:
		return true
	default:
		return false
	}
}

// Limits bound one process; 0 is no limit.
type Limits struct {
	// Run is how long after its start a process is made to print its
	// goroutines, and killed IO later.
	Run time.Duration
	// IO is how long its output may stay open after it has ended.
	IO time.Duration
}

// End is how a process ended.
type End struct {
	// Err is what Wait returned.
	Err error
	// TooLong is whether Limits.Run ended it.
	TooLong bool
	// Incomplete is whether its output was still open when all waiting ended.
	Incomplete bool
}

// Supervise waits until a process has ended and its output was read to the end,
// and passes a stop on to it. A process whose ctx ends is killed. A process that
// ended well may leave something behind on purpose, as under go test; what a
// failed or interrupted one leaves behind is ended with it.
func (s *Stop) Supervise(ctx context.Context, p Controlled, output Output, limits Limits) End {
	exited := make(chan error, 1)
	go func() { exited <- p.Wait() }()

	v := supervisor{stop: s, process: p, output: output}
	var end End
	end.TooLong, end.Err = v.untilExit(ctx, exited, limits)
	end.Incomplete = !v.untilRead(ctx, end.Err != nil, limits)
	if end.Err != nil || end.Incomplete || s.Asked() {
		v.endFamily(ctx)
	}
	return end
}

// supervisor is Supervise at work.
type supervisor struct {
	stop    *Stop
	process Controlled
	output  Output
	grace   chan struct{} // made when the process is interrupted, closed when its time is over
}

func (v *supervisor) interrupt() {
	if v.grace == nil {
		_ = v.process.Pass(v.stop.received)
		grace := make(chan struct{})
		time.AfterFunc(v.stop.grace, func() { close(grace) })
		v.grace = grace
	}
}

// untilExit waits for the process and reports whether it ran too long.
func (v *supervisor) untilExit(ctx context.Context, exited <-chan error, limits Limits) (tooLong bool, err error) {
	interrupted, killed, cancelled := v.stop.interrupted, v.stop.killed, ctx.Done()
	timeout, stopTimer := after(limits.Run)
	defer stopTimer()
	var traced <-chan time.Time
	var grace <-chan struct{}
	for {
		select {
		case err := <-exited:
			return tooLong, err
		case <-interrupted:
			interrupted = nil
			v.interrupt()
			grace = v.grace
		case <-grace:
			grace = nil
			_ = v.process.Kill()
		case <-killed:
			killed = nil
			_ = v.process.Kill()
		case <-cancelled:
			cancelled = nil
			_ = v.process.Kill()
		case <-timeout:
			tooLong = true
			_ = v.process.Trace()
			traced = time.After(limits.IO)
		case <-traced:
			_ = v.process.Kill()
		}
	}
}

// How long a reader waits for more from a pipe that a process has left behind
// open: when it failed, and when its family was ended.
const (
	idleAfterFailure = 5 * time.Second
	idleAfterEnd     = time.Second
)

// untilRead waits for the end of the output of a process that has exited and
// reports whether it came.
func (v *supervisor) untilRead(ctx context.Context, failed bool, limits Limits) bool {
	expired, stopTimer := after(limits.IO)
	defer stopTimer()
	start := time.Now()
	var check <-chan time.Time
	if failed && limits.IO == 0 {
		ticker := time.NewTicker(100 * time.Millisecond)
		defer ticker.Stop()
		check = ticker.C
	}
	for {
		select {
		case <-v.output.Ended():
			return true
		case <-expired:
			return false
		case <-check:
			if v.idleSince(start) >= idleAfterFailure {
				return false
			}
		case <-ctx.Done():
			v.endFamily(ctx)
			return v.untilIdle(ctx)
		case <-v.stop.interrupted:
			v.endFamily(ctx)
			return v.untilIdle(ctx)
		}
	}
}

// untilIdle waits for what the pipe of a family that has ended still holds, as
// long as it is being handed on: somebody outside the family may have it open. When
// nobody waits for the rest, it is given a moment: what was printed before the end
// is in the pipe.
func (v *supervisor) untilIdle(ctx context.Context) bool {
	check := time.NewTicker(20 * time.Millisecond)
	defer check.Stop()
	start, killed, cancelled := time.Now(), v.stop.killed, ctx.Done()
	var over <-chan time.Time
	for {
		select {
		case <-v.output.Ended():
			return true
		case <-check.C:
			if v.idleSince(start) >= idleAfterEnd {
				return false
			}
		case <-killed:
			killed, cancelled = nil, nil
			over = time.After(idleAfterEnd)
		case <-cancelled:
			killed, cancelled = nil, nil
			over = time.After(idleAfterEnd)
		case <-over:
			return false
		}
	}
}

// idleSince is how long the output's reader has been waiting since start.
func (v *supervisor) idleSince(start time.Time) time.Duration {
	return min(v.output.Idle(), time.Since(start))
}

// endFamily ends what the process left behind: at once, or within the grace
// period when it was interrupted, since it was told to end as well.
func (v *supervisor) endFamily(ctx context.Context) {
	if v.stop.Asked() {
		v.interrupt()
		v.untilFamilyEnded(ctx)
	}
	_ = v.process.Kill()
}

func (v *supervisor) untilFamilyEnded(ctx context.Context) {
	// No system tells when a family has ended, only whether it has.
	check := time.NewTicker(20 * time.Millisecond)
	defer check.Stop()
	for v.process.Alive() {
		select {
		case <-check.C:
		case <-v.grace:
			return
		case <-v.stop.killed:
			return
		case <-ctx.Done():
			return
		}
	}
}

// after is time.After for a time that may be no limit.
func after(d time.Duration) (expired <-chan time.Time, stop func()) {
	if d <= 0 {
		return nil, func() {}
	}
	timer := time.NewTimer(d)
	return timer.C, func() { timer.Stop() }
}
