// Package process starts commands each in a group of its own and ends them
// with all that they started: asked first, killed then. What differs between
// systems is here and nowhere else.
package process

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Process is a started command. Its methods that end it do nothing once the
// whole group has ended.
type Process struct {
	cmd    *exec.Cmd
	group  group
	shared bool // there is no group
}

// Start starts cmd in a process group of its own. A binary that was just
// linked may be "text file busy" for a moment while another process forks
// (https://go.dev/issue/22315), so that error is tried again as cmd/go does.
func Start(newCommand func() *exec.Cmd) (*Process, error) { return start(newCommand, false) }

// StartShared starts cmd in this process's own group, so that it may use the
// terminal and its Ctrl-C reaches all of them. What the command starts is looked
// for then when it is to be ended.
func StartShared(newCommand func() *exec.Cmd) (*Process, error) { return start(newCommand, true) }

func start(newCommand func() *exec.Cmd, shared bool) (*Process, error) {
	const tries = 500
	for try := 1; ; try++ {
		cmd := newCommand()
		p := &Process{cmd: cmd, shared: shared}
		err := p.start()
		if err == nil {
			p.noteStarted()
			return p, nil
		}
		if !errors.Is(err, syscall.ETXTBSY) || try == tries {
			return nil, err
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (p *Process) start() error {
	if p.shared {
		return p.cmd.Start()
	}
	return p.group.start(p.cmd)
}

// Pid returns the id of the command's own process.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Wait waits for the command itself, not for what it started, and returns what
// exec.Cmd.Wait returns.
func (p *Process) Wait() error { return p.cmd.Wait() }

// Interrupt asks the command and all that it started to end, as Ctrl-C does.
func (p *Process) Interrupt() error {
	if p.shared {
		return signalTree(p.cmd.Process, os.Interrupt)
	}
	return p.group.interrupt(p.cmd.Process)
}

// InterruptAlone is Interrupt for a command that StartShared started, when what
// it started was told by the terminal.
func (p *Process) InterruptAlone() error {
	if p.shared {
		return p.cmd.Process.Signal(os.Interrupt)
	}
	return p.Interrupt()
}

// InterruptLeader is Interrupt for the command itself, which is to end what it
// started in its own time. Where the system cannot tell them apart it is Interrupt.
func (p *Process) InterruptLeader() error {
	if p.shared {
		return p.InterruptAlone()
	}
	return p.group.interruptLeader(p.cmd.Process)
}

// Trace makes a Go program print its goroutines and exit, where the system has
// a signal for that, and ends it elsewhere. What it started is left alone.
func (p *Process) Trace() error { return trace(p.cmd.Process) }

// Alive reports whether anything of the group still runs, where the system can
// tell, after the command itself has ended.
func (p *Process) Alive() bool { return !p.shared && p.group.alive() }

// Kill ends the command and all that it started at once.
func (p *Process) Kill() error {
	if p.shared {
		return signalTree(p.cmd.Process, os.Kill)
	}
	return p.group.kill()
}

// Release lets go of what the system keeps for the group. What the command
// started and left behind goes on.
func (p *Process) Release() {
	p.noteReleased()
	if !p.shared {
		p.group.release()
	}
}
