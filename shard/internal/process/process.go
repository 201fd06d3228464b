// Package process starts commands and ends them with all that they started:
// asked first, killed then. What differs between systems is here and nowhere else.
package process

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Process is a started command. Its family is the command and what it started.
type Process struct {
	cmd        *exec.Cmd
	family     family
	atTerminal bool // whether the keys of the terminal send their signals to it too
	started    time.Time
}

// Start starts cmd. In the foreground of a terminal it stays in the process group
// of this process: it may use the terminal, and the terminal's keys reach it.
// Elsewhere it gets a process group of its own, so that a signal for this
// process's group, as timeout(1) sends it, reaches this process alone, which
// passes it on in its own way. The environment of cmd gets a mark, by which what
// the command leaves behind is found.
//
// A binary that was just linked may be "text file busy" for a moment while another
// process forks (https://go.dev/issue/22315), so that error is tried again as
// cmd/go does.
func Start(newCommand func() *exec.Cmd) (*Process, error) {
	return start(newCommand, placement{own: !InForeground(), mark: true})
}

// StartUnmarked is Start without the mark: the environment stays as it is.
func StartUnmarked(newCommand func() *exec.Cmd) (*Process, error) {
	return start(newCommand, placement{own: !InForeground()})
}

// StartIn is Start in the process group that [Process.Group] returned, or, for 0,
// in the group of this process. The command never leads a group, as a test under
// go test does not.
func StartIn(group int, newCommand func() *exec.Cmd) (*Process, error) {
	return start(newCommand, placement{group: group, mark: true})
}

// placement is where in the system a command is started.
type placement struct {
	own   bool // in a process group of its own
	group int  // else in this one, 0 for ours
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
			where.group = 0 // the group has ended meanwhile
		case errors.Is(err, syscall.ETXTBSY) && try < tries:
			time.Sleep(10 * time.Millisecond)
		default:
			return nil, err
		}
	}
}

// Pid returns the id of the command's own process.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Group returns the process group that the command leads, 0 for none.
func (p *Process) Group() int { return p.family.ownGroup() }

// Wait waits for the command itself, not for what it started, and returns what
// exec.Cmd.Wait returns.
func (p *Process) Wait() error { return p.cmd.Wait() }

// Received is a signal that asks this process to end, and so all that it started.
type Received struct {
	Signal os.Signal
	// Keyed is whether it may come from a key of the terminal, which sends it to
	// everyone in the foreground.
	Keyed bool
	// At is when it came.
	At time.Time
}

// Receive describes a signal that has just come.
func Receive(sig os.Signal) Received {
	keyed := sig == os.Interrupt || sig == syscall.SIGQUIT
	return Received{Signal: sig, Keyed: keyed && InForeground(), At: time.Now()}
}

// keyDelay is more than a key's signal takes to get here: a process that was started
// later than that before it may have missed it.
const keyDelay = 100 * time.Millisecond

// Pass passes a signal on to the family, unless the terminal has sent it there: as
// SIGQUIT, which makes a Go program print its goroutines, or else as an interrupt.
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

// InterruptLeader is Interrupt for the command itself, which is to end what it
// started in its own time. Where the system cannot tell them apart it is Interrupt.
func (p *Process) InterruptLeader() error { return p.family.interruptLeader(p.cmd.Process) }

// Trace makes a Go program print its goroutines and exit, where the system has
// a signal for that, and ends it elsewhere. What it started is left alone.
func (p *Process) Trace() error { return trace(p.cmd.Process) }

// Alive reports whether anything of the family still runs, where the system can
// tell, after the command itself has ended.
func (p *Process) Alive() bool { return p.family.alive() }

// Kill ends the family at once.
func (p *Process) Kill() error { return p.family.kill(p.cmd.Process) }

// Release lets go of what the system keeps for the family. What the command
// started and left behind goes on.
func (p *Process) Release() {
	p.noteReleased()
	p.family.release()
}
