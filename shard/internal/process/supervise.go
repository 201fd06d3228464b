package process

import (
	"context"
	"os"
	"sync"
	"time"
)

// Controlled is the interface of a process that Stop needs. Process implements it.
type Controlled interface {
	Wait() error
	Alive() bool
	Pass(Received) error
	Trace() error
	Kill() error
}

// Stop ends processes that run at the same time. It first asks them to end, and kills
// what is left after the grace period. Several goroutines may call its methods.
type Stop struct {
	grace       time.Duration
	interrupt   sync.Once
	received    Received // set before interrupted is closed
	interrupted chan struct{}
	kill        sync.Once
	killed      chan struct{}
}

// NewStop returns a Stop that has not been requested yet.
func NewStop(grace time.Duration) *Stop {
	return &Stop{grace: grace, interrupted: make(chan struct{}), killed: make(chan struct{})}
}

// Interrupt asks all supervised processes to end.
func (s *Stop) Interrupt() { s.Pass(Received{Signal: os.Interrupt}) }

// Pass is Interrupt because of a signal, which is passed on to the processes.
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

// Interrupted is closed when the processes have been asked to end.
func (s *Stop) Interrupted() <-chan struct{} { return s.interrupted }

// Killed is closed when everything must end at once.
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

// Limits are the limits of one process; 0 is no limit.
type Limits struct {
	// Run is how long a process may run. Then it must print its goroutines, and after IO it
	// is killed.
	Run time.Duration
	// IO is how long its output may stay open after it has ended.
	IO time.Duration
	// Leaks is whether output that stays open without anything in it is a leak: then it is not
	// waited for until IO is over, and the family is ended.
	Leaks bool
	// Expired is closed when it must end like one that ran too long, but is killed only after
	// the grace period, and End does not report that. It is nil for never.
	Expired <-chan struct{}
}

// End is the way in which a process ended.
type End struct {
	// Err is what Wait returned.
	Err error
	// TooLong is whether Limits.Run ended it.
	TooLong bool
	// Incomplete is whether its output was still open when the waiting ended.
	Incomplete bool
	// Leaked is whether that was a leak, and Left are the processes that were ended then, as far
	// as they are known.
	Leaked bool
	Left   []string
}

// ofInterrupt is the error of a process that an interrupt has ended.
const ofInterrupt = "signal: interrupt"

// Supervise waits until a process has ended and its output has been read to the end, and
// passes a stop on to it. A process whose ctx ends is killed. A successful process may
// leave processes behind on purpose, as under go test. What a failed or interrupted
// process leaves behind is ended with it.
func (s *Stop) Supervise(ctx context.Context, p Controlled, output Output, limits Limits) End {
	exited := make(chan error, 1)
	go func() { exited <- p.Wait() }()

	v := supervisor{stop: s, process: p, output: output}
	var end End
	end.TooLong, end.Err = v.untilExit(ctx, exited, limits)
	if end.Err != nil && end.Err.Error() == ofInterrupt && !s.Asked() {
		select { // a key of the terminal, whose signal may have come to it first
		case <-s.interrupted:
		case <-time.After(keyDelay):
		}
	}
	if v.expired {
		v.endFamily(ctx)
		end.Incomplete = !v.untilIdle(ctx)
	} else {
		end.Incomplete = !v.untilRead(ctx, end.Err != nil, limits)
	}
	if end.Leaked = v.leaked; v.leaked {
		if known, ok := p.(interface{ Left() []string }); ok {
			end.Left = known.Left()
		}
	}
	if end.Err != nil || end.Incomplete || s.Asked() {
		v.endFamily(ctx)
	}
	return end
}

// supervisor is the state of one Supervise call.
type supervisor struct {
	stop    *Stop
	process Controlled
	output  Output
	grace   chan struct{} // made when the process is interrupted, closed when the grace period is over
	expired bool          // whether Limits.Expired ended it
	leaked  bool          // see End.Leaked
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
	expired := limits.Expired
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
		case <-expired:
			expired, v.expired = nil, true
			_ = v.process.Trace()
			traced = time.After(v.stop.grace)
		case <-traced:
			_ = v.process.Kill()
		}
	}
}

// How long a reader waits for more from a pipe that was left open, after the end of a process
// and after the end of a family.
const (
	Idle         = 5 * time.Second
	idleAfterEnd = time.Second
)

// untilRead waits for the end of the output of an exited process and reports whether it
// ended.
func (v *supervisor) untilRead(ctx context.Context, failed bool, limits Limits) bool {
	expired, stopTimer := after(limits.IO)
	defer stopTimer()
	start := time.Now()
	var check <-chan time.Time
	if failed && limits.IO == 0 || limits.Leaks {
		ticker := time.NewTicker(100 * time.Millisecond)
		defer ticker.Stop()
		check = ticker.C
	}
	for {
		select {
		case <-v.output.Ended():
			return true
		case <-expired:
			v.leaked = limits.Leaks
			return false
		case <-check:
			if v.idleSince(start) >= Idle {
				v.leaked = limits.Leaks
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

// untilIdle waits for the rest in the pipe of a family that has ended, as long as it is
// being passed on, because a process outside the family may have the pipe open. If there
// is nothing to wait for, it still waits a moment: output from before the end is in the
// pipe.
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

// endFamily ends what the process left behind: at once, or within the grace period if it
// was interrupted, because those processes were asked to end too.
func (v *supervisor) endFamily(ctx context.Context) {
	if v.stop.Asked() {
		v.interrupt()
		v.untilFamilyEnded(ctx)
	}
	_ = v.process.Kill()
}

func (v *supervisor) untilFamilyEnded(ctx context.Context) {
	// Systems report only whether a family has ended, not when.
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

// after is like time.After, but 0 means no limit.
func after(d time.Duration) (expired <-chan time.Time, stop func()) {
	if d <= 0 {
		return nil, func() {}
	}
	timer := time.NewTimer(d)
	return timer.C, func() { timer.Stop() }
}
