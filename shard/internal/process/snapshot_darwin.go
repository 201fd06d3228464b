package process

import (
	"bytes"

	"golang.org/x/sys/unix"
)

// zombie is SZOMB of sys/proc.h.
const zombie = 5

// snapshot returns all processes.
func snapshot() ([]entry, error) {
	found, err := unix.SysctlKinfoProcSlice("kern.proc.all")
	if err != nil {
		return nil, err
	}
	var all []entry
	for i := range found {
		pid := int(found[i].Proc.P_pid)
		all = append(all, entry{
			identity: identityOf(&found[i]), parent: int(found[i].Eproc.Ppid),
			group: int(found[i].Eproc.Pgid), session: sessionOf(pid), ended: found[i].Proc.P_stat == zombie,
			mark: func() (string, bool) { return markOf(pid) },
		})
	}
	return all, nil
}

func identityOf(p *unix.KinfoProc) identity {
	start := p.Proc.P_starttime
	return identity{pid: int(p.Proc.P_pid), started: uint64(start.Sec)*1e6 + uint64(start.Usec)}
}

// startTime returns when a process started, 0 if there is no such process.
func startTime(pid int) uint64 {
	p, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return 0
	}
	return identityOf(p).started
}

// markOf returns the mark of a process. It is not known if the system does not show the
// program's environment.
func markOf(pid int) (mark string, known bool) {
	// The arguments, followed by the environment.
	text, err := unix.SysctlRaw("kern.procargs2", pid)
	if err != nil {
		return "", false
	}
	_, rest, known := bytes.Cut(text, []byte("\x00"+markVariable+"="))
	value, _, _ := bytes.Cut(rest, []byte{0})
	return string(value), known
}

// nameOf returns the name of a process, as ps shows it.
func nameOf(pid int) string {
	p, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return "a process"
	}
	name, _, _ := bytes.Cut(p.Proc.P_comm[:], []byte{0})
	return string(name)
}
