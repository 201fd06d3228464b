//go:build unix

package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// TraceName is the go command's name for the signal that Trace sends, empty if there is
// none.
const TraceName = "quit"

// family is a command and the processes that it started: see belongs.
type family struct {
	root    identity
	group   int    // the process group in which the root was started
	session int    // the session in which the root was started
	mark    string // the mark in its environment, empty if it has no mark of its own

	mu  sync.Mutex
	met map[identity]bool // processes that got a signal; they belong to the family also as orphans
}

func (f *family) start(cmd *exec.Cmd, where placement) error {
	if where.own || where.group != 0 {
		if cmd.SysProcAttr == nil {
			cmd.SysProcAttr = &syscall.SysProcAttr{}
		}
		cmd.SysProcAttr.Setpgid, cmd.SysProcAttr.Pgid = true, where.group
	}
	if where.mark {
		f.mark = newMark()
		cmd.Env = marked(cmd.Environ(), f.mark)
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	pid := cmd.Process.Pid
	f.root = identity{pid: pid, started: startTime(pid)}
	f.session = sessionOf(0)
	switch {
	case where.own:
		f.group = pid
	case where.group != 0:
		f.group = where.group
	default:
		f.group = unix.Getpgrp()
	}
	return nil
}

func (f *family) ownGroup() int {
	if f.group == f.root.pid {
		return f.group
	}
	return 0
}

func (f *family) interrupt(root *os.Process) error { return f.signal(root, syscall.SIGINT) }

func (f *family) quit(root *os.Process) error { return f.signal(root, syscall.SIGQUIT) }

func (f *family) interruptLeader(root *os.Process) error { return signal(root, os.Interrupt) }

// signal sends a signal once to all. Processes that are started because of it, for
// cleanup, do not get it.
func (f *family) signal(root *os.Process, sig syscall.Signal) error {
	members, err := f.members()
	if err != nil {
		f.signalGroup(sig)
	}
	for _, m := range members {
		f.send(m, sig)
	}
	return errors.Join(signal(root, sig), err)
}

// signalGroup is for systems that cannot list processes, for example without /proc. It
// sends the signal to the group that the root leads.
func (f *family) signalGroup(sig syscall.Signal) {
	if group := f.ownGroup(); group > 1 {
		_ = unix.Kill(-group, sig)
	}
}

// kill kills until there are no new processes, because a family may start more in between.
func (f *family) kill(root *os.Process) error {
	members, err := f.members()
	if err != nil {
		f.signalGroup(syscall.SIGKILL)
	}
	rootErr := signal(root, os.Kill)
	killed := map[identity]bool{}
	for again := true; again && err == nil; {
		again = false
		for _, m := range members {
			if !killed[m.identity] {
				killed[m.identity], again = true, true
				f.send(m, syscall.SIGKILL)
			}
		}
		if again {
			members, err = f.members()
		}
	}
	return errors.Join(rootErr, err)
}

// send sends a signal to a process of a snapshot. The process may have ended since, and
// another process may have its id.
func (f *family) send(m entry, sig os.Signal) {
	f.mu.Lock()
	if f.met == nil {
		f.met = map[identity]bool{}
	}
	f.met[m.identity] = true
	f.mu.Unlock()
	if m.identity == f.root {
		return // it belongs to the caller
	}
	p, err := os.FindProcess(m.pid) // a handle, if the system has them
	if err != nil {
		return
	}
	if startTime(m.pid) == m.started {
		_ = p.Signal(sig)
	}
	_ = p.Release()
}

func (f *family) alive() bool {
	members, _ := f.members()
	for _, m := range members {
		if !m.ended {
			return true
		}
	}
	return false
}

func (f *family) left() (left []string) {
	members, _ := f.members()
	for _, m := range members {
		if !m.ended && m.identity != f.root {
			left = append(left, fmt.Sprintf("%s (process %d)", nameOf(m.pid), m.pid))
		}
	}
	return left
}

// members returns the current processes of the family.
func (f *family) members() ([]entry, error) {
	all, err := snapshot()
	if err != nil {
		return nil, fmt.Errorf("finding what a command started: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.among(all), nil
}

func (f *family) release() {}

func trace(p *os.Process) error { return signal(p, syscall.SIGQUIT) }

func signal(p *os.Process, sig os.Signal) error {
	err := p.Signal(sig)
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// markStart is before the mark in an identity. A mark may contain anything.
const markStart = "mark "

func (f *family) identity(*os.Process) string {
	return fmt.Sprintf("%d %d %d %s%s", f.root.pid, f.root.started, f.session, markStart, f.mark)
}

// KillOther kills a process that another process has started, by its identity, with its family, at
// once. If it has already ended, it does nothing.
func KillOther(identity string) error {
	var f family
	numbers, mark, _ := strings.Cut(identity, " "+markStart)
	_, err := fmt.Sscan(numbers, &f.root.pid, &f.root.started, &f.session)
	if err != nil || f.root.pid <= 1 { // kill(2) gives 0 and -1 special meanings
		return fmt.Errorf("%q is not the identity of a process", identity)
	}
	f.mark = mark
	p, err := os.FindProcess(f.root.pid)
	if err != nil || startTime(f.root.pid) != f.root.started {
		return nil //nolint:nilerr // it has ended
	}
	return f.kill(p)
}
