package process

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// TraceName is empty: Windows has no signal that makes a Go program print its
// goroutines.
const TraceName = ""

// group is a job object, which holds all that the first process starts, and
// ends it when the last handle to the job goes, also when that is because this
// process was killed.
type group struct{ job windows.Handle }

func (g *group) start(cmd *exec.Cmd) error {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return fmt.Errorf("creating a job object: %w", err)
	}
	g.job = job
	if err := g.setLimits(windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE); err != nil {
		g.closeJob()
		return fmt.Errorf("setting up a job object: %w", err)
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	// A group of its own, so that a Ctrl-Break can be sent to it alone.
	cmd.SysProcAttr.CreationFlags |= windows.CREATE_NEW_PROCESS_GROUP
	if err := cmd.Start(); err != nil {
		g.closeJob()
		return err
	}
	if err := g.assign(cmd.Process.Pid); err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		g.closeJob()
		return fmt.Errorf("putting %s into a job object: %w", cmd.Path, err)
	}
	return nil
}

func (g *group) setLimits(flags uint32) error {
	info := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{
		BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{LimitFlags: flags},
	}
	_, err := windows.SetInformationJobObject(g.job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)))
	return err
}

func (g *group) assign(pid int) error {
	process, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, uint32(pid))
	if err != nil {
		return err
	}
	defer func() { _ = windows.CloseHandle(process) }()
	return windows.AssignProcessToJobObject(g.job, process)
}

func (g *group) interrupt(p *os.Process) error {
	return windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(p.Pid))
}

func (g *group) interruptLeader(p *os.Process) error { return g.interrupt(p) }

func (g *group) kill() error {
	if g.job == 0 {
		return nil
	}
	return windows.TerminateJobObject(g.job, 1)
}

// alive says no, so that the rest of a job is ended without waiting for it.
func (g *group) alive() bool { return false }

// release lets what the first process left behind go on: the limit that ends
// it with the job's handle is taken off first.
func (g *group) release() {
	if g.job != 0 {
		_ = g.setLimits(0)
		g.closeJob()
	}
}

func (g *group) closeJob() {
	_ = windows.CloseHandle(g.job)
	g.job = 0
}

// HasTerminal reports whether this process belongs to a console.
func HasTerminal() bool {
	var mode uint32
	return windows.GetConsoleMode(windows.Handle(os.Stdin.Fd()), &mode) == nil
}

func trace(p *os.Process) error { return p.Kill() }

// KillGroup ends the process pid. What it started is in a job object of the
// process that started it, and has ended with that process.
func KillGroup(pid int) error {
	p, err := os.FindProcess(pid)
	if err != nil {
		return nil // it has ended
	}
	return p.Kill()
}
