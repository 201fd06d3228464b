// Package process starts commands, and ends them with all processes that they started: it
// first asks them to end, then kills them. All differences between systems are in this
// package.
package process

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Process is a started command. Its family is the command and everything it started.
type Process struct {
	cmd        *exec.Cmd
	family     family
	atTerminal bool // whether the terminal's keys send their signals to it too
	started    time.Time
}

// Start starts cmd. In the foreground of a terminal, cmd stays in the process group of
// this process: it may use the terminal, and the terminal's keys reach it. Otherwise it
// gets its own process group. A signal for this process's group, as timeout(1) sends it,
// then reaches only this process, which passes it on in its own way. The environment of
// cmd gets a mark, by which processes that the command leaves behind are found.
//
// A binary that was just linked may be "text file busy" for a moment while another
// process forks (https://go.dev/issue/22315), so Start tries again after that error, as
// cmd/go does.
func Start(newCommand func() *exec.Cmd) (*Process, error) {
	return start(newCommand, placement{own: !InForeground(), mark: true})
}

// StartUnmarked is Start without the mark: the environment is unchanged.
func StartUnmarked(newCommand func() *exec.Cmd) (*Process, error) {
	return start(newCommand, placement{own: !InForeground()})
}

// StartIn is Start in the process group that [Process.Group] returned, or, for 0, in the
// group of this process. The command never leads a group, like a test under go test.
func StartIn(group int, newCommand func() *exec.Cmd) (*Process, error) {
	return start(newCommand, placement{group: group, mark: true})
}

// placement is where a command is started.
type placement struct {
	own   bool // in its own process group
	group int  // otherwise in this group, 0 for ours
	mark  bool
}

func start(newCommand func() *exec.Cmd, where placement) (*Process, error) {
	const tries = 500
	for try := 1; ; try++ {
		p := &Process{cmd: newCommand(), started: time.Now(), atTerminal: !where.own && where.group == 0}
		err := p.family.start(p.cmd, where)
		switch {
		case err == nil:
			p.noteStarted()
			return p, nil
		case errors.Is(err, syscall.EPERM) && where.group != 0:
			where.group = 0 // the group has ended in the meantime
		case errors.Is(err, syscall.ETXTBSY) && try < tries:
			time.Sleep(10 * time.Millisecond)
		default:
			return nil, err
		}
	}
}

// Pid returns the id of the command's own process.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Identity returns a text for [KillOther] in another process.
func (p *Process) Identity() string { return p.family.identity(p.cmd.Process) }

// Group returns the process group that the command leads, 0 for none.
func (p *Process) Group() int { return p.family.ownGroup() }

// Wait waits for the command itself, not for what it started, and returns the result of
// exec.Cmd.Wait.
func (p *Process) Wait() error { return p.cmd.Wait() }

// Received is a signal that asks this process, and so everything it started, to end.
type Received struct {
	Signal os.Signal
	// Keyed is whether it may come from a key of the terminal, which sends it to all
	// processes in the foreground.
	Keyed bool
	// At is when it arrived.
	At time.Time
}

// Own is a signal that this process sends to its run, such as when that takes too long: it comes
// from no terminal, which would have sent it to other processes too.
type Own struct{ Sent os.Signal }

// String and Signal implement os.Signal.
func (o Own) String() string { return o.Sent.String() }
func (o Own) Signal()        {}

// Receive describes a signal that has just arrived.
func Receive(sig os.Signal) Received {
	if own, ok := sig.(Own); ok {
		return Received{Signal: own.Sent, At: time.Now()}
	}
	keyed := sig == os.Interrupt || sig == syscall.SIGQUIT
	return Received{Signal: sig, Keyed: keyed && InForeground(), At: time.Now()}
}

// keyDelay is longer than a key's signal takes to arrive. A process that was started
// later than keyDelay before the arrival may have missed the signal.
const keyDelay = 100 * time.Millisecond

// Pass passes a signal on to the family, unless the terminal has sent it there already:
// as SIGQUIT, which makes a Go program print its goroutines, or otherwise as an
// interrupt.
func (p *Process) Pass(r Received) error {
	switch {
	case r.Keyed && p.atTerminal && p.started.Before(r.At.Add(-keyDelay)):
		return nil
	case r.Signal == syscall.SIGQUIT:
		return p.family.quit(p.cmd.Process)
	default:
		return p.Interrupt()
	}
}

// Interrupt asks the family to end, as Ctrl-C does.
func (p *Process) Interrupt() error { return p.family.interrupt(p.cmd.Process) }

// InterruptLeader is Interrupt for the command itself, which then ends what it started in
// its own way. On systems that cannot distinguish them it is the same as Interrupt.
func (p *Process) InterruptLeader() error { return p.family.interruptLeader(p.cmd.Process) }

// Trace makes a Go program print its goroutines and exit if the system has a signal for
// that, and otherwise ends it. What it started is left alone.
func (p *Process) Trace() error { return trace(p.cmd.Process) }

// Alive reports whether any process of the family still runs after the command itself has
// ended, if the system can report that.
func (p *Process) Alive() bool { return p.family.alive() }

// Left describes the processes of the family that still run after the command itself has ended,
// as far as the system shows them.
func (p *Process) Left() []string { return p.family.left() }

// Kill ends the family at once.
func (p *Process) Kill() error { return p.family.kill(p.cmd.Process) }

// Release frees what the system keeps for the family. Processes that the command left
// behind continue.
func (p *Process) Release() {
	p.noteReleased()
	p.family.release()
}
