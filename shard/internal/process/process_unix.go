//go:build unix

package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// TraceName is what the go command calls the signal that Trace sends, empty
// where there is none.
const TraceName = "quit"

// group is a Unix process group; its id is that of the first process.
type group struct{ id int }

func (g *group) start(cmd *exec.Cmd) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	if err := cmd.Start(); err != nil {
		return err
	}
	g.id = cmd.Process.Pid
	return nil
}

func (g *group) interrupt(*os.Process) error { return g.signal(syscall.SIGINT) }

func (g *group) interruptLeader(p *os.Process) error { return signal(p, os.Interrupt) }

func (g *group) kill() error { return g.signal(syscall.SIGKILL) }

func (g *group) signal(sig syscall.Signal) error {
	err := syscall.Kill(-g.id, sig)
	if errors.Is(err, syscall.ESRCH) {
		return nil // the group has ended
	}
	if errors.Is(err, syscall.EPERM) {
		return nil // macOS says so of a group that has only zombies left
	}
	return err
}

func (g *group) release() {}

// HasTerminal reports whether this process belongs to a terminal, whose keys send
// signals to its processes and for which a program may ask for input.
func HasTerminal() bool {
	terminal, err := os.OpenFile("/dev/tty", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return false
	}
	_ = terminal.Close()
	return true
}

func trace(p *os.Process) error { return signal(p, syscall.SIGQUIT) }

func signal(p *os.Process, sig os.Signal) error {
	err := p.Signal(sig)
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// KillGroup kills the process group that the process pid leads.
func KillGroup(pid int) error {
	if pid <= 1 { // kill(2) has meanings for 0 and -1 that are far from this one
		return fmt.Errorf("no process group %d", pid)
	}
	return (&group{id: pid}).kill()
}
