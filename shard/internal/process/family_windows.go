package process

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// TraceName is empty, because Windows has no signal that makes a Go program print its
// goroutines.
const TraceName = ""

// family is a job object. It contains everything that the first process starts, and ends
// it when the last handle to the job is closed, also if this process was killed.
type family struct{ job windows.Handle }

func (g *family) start(cmd *exec.Cmd, _ placement) error {
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
	// It gets its own group, so that a Ctrl-Break can be sent to it alone. It starts
	// suspended until it is in the job, because processes that it started before would
	// not be in it.
	cmd.SysProcAttr.CreationFlags |= windows.CREATE_NEW_PROCESS_GROUP | windows.CREATE_SUSPENDED
	if err := cmd.Start(); err != nil {
		g.closeJob()
		return err
	}
	pid := uint32(cmd.Process.Pid)
	err = g.assign(pid)
	if err != nil {
		err = fmt.Errorf("putting %s into a job object: %w", cmd.Path, err)
	} else if err = resume(pid); err != nil {
		err = fmt.Errorf("letting %s run: %w", cmd.Path, err)
	}
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		g.closeJob()
	}
	return err
}

// resume resumes a process that was started suspended. It has one thread, whose handle
// package syscall does not provide.
func resume(pid uint32) error {
	threads, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPTHREAD, 0)
	if err != nil {
		return fmt.Errorf("listing threads: %w", err)
	}
	defer func() { _ = windows.CloseHandle(threads) }()
	entry := windows.ThreadEntry32{Size: uint32(unsafe.Sizeof(windows.ThreadEntry32{}))}
	for err = windows.Thread32First(threads, &entry); err == nil; err = windows.Thread32Next(threads, &entry) {
		if entry.OwnerProcessID == pid {
			return resumeThread(entry.ThreadID)
		}
	}
	return fmt.Errorf("finding its thread: %w", err)
}

func resumeThread(id uint32) error {
	thread, err := windows.OpenThread(windows.THREAD_SUSPEND_RESUME, false, id)
	if err != nil {
		return fmt.Errorf("opening its thread: %w", err)
	}
	defer func() { _ = windows.CloseHandle(thread) }()
	if _, err := windows.ResumeThread(thread); err != nil {
		return fmt.Errorf("resuming its thread: %w", err)
	}
	return nil
}

func (g *family) ownGroup() int { return 0 }

func (g *family) setLimits(flags uint32) error {
	info := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{
		BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{LimitFlags: flags},
	}
	_, err := windows.SetInformationJobObject(g.job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)))
	return err
}

func (g *family) assign(pid uint32) error {
	process, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, pid)
	if err != nil {
		return err
	}
	defer func() { _ = windows.CloseHandle(process) }()
	return windows.AssignProcessToJobObject(g.job, process)
}

func (g *family) interrupt(p *os.Process) error {
	return windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(p.Pid))
}

func (g *family) quit(p *os.Process) error { return g.interrupt(p) }

func (g *family) interruptLeader(p *os.Process) error { return g.interrupt(p) }

func (g *family) kill(*os.Process) error {
	if g.job == 0 {
		return nil
	}
	return windows.TerminateJobObject(g.job, 1)
}

// alive returns false, so that the rest of a job is ended without waiting for it.
func (g *family) alive() bool { return false }

func (g *family) left() []string { return nil }

// release lets the processes that the first one left behind continue. It removes the
// limit that would end them when the job's handle is closed.
func (g *family) release() {
	if g.job != 0 {
		_ = g.setLimits(0)
		g.closeJob()
	}
}

func (g *family) closeJob() {
	_ = windows.CloseHandle(g.job)
	g.job = 0
}

// InForeground is for systems with process groups that share a terminal. On Windows each
// process has its own group.
func InForeground() bool { return false }

func trace(p *os.Process) error { return p.Kill() }

func (g *family) identity(root *os.Process) string { return strconv.Itoa(root.Pid) }

// KillOther ends a process that another process has started, by its identity. What it started is in
// a job object of the process that started it, and has ended with that process.
func KillOther(identity string) error {
	pid, err := strconv.Atoi(identity)
	if err != nil {
		return fmt.Errorf("%q is not the identity of a process", identity)
	}
	p, err := os.FindProcess(pid)
	if err != nil {
		return nil //nolint:nilerr // it has ended
	}
	return p.Kill()
}
