//go:build unix

package process

import "golang.org/x/sys/unix"

// identity identifies a process permanently, because an id alone may be reused.
type identity struct {
	pid     int
	started uint64 // in the system's own unit
}

// entry is a process in a snapshot of all processes.
type entry struct {
	identity
	parent, group, session int
	ended                  bool // it has ended, and its parent has not collected its status
	// mark returns the mark in its environment, and whether that is known.
	mark func() (string, bool)
}

// among returns the processes of the family, parents before their children.
func (f *family) among(all []entry) []entry {
	var members []entry
	in := map[int]bool{}
	add := func(e entry) {
		in[e.pid] = true
		members = append(members, e)
	}
	sessions := map[int]int{}
	for _, e := range all {
		sessions[e.pid] = e.session
	}
	for _, e := range all {
		if e.identity == f.root || f.met[e.identity] || f.leftBehind(e, sessions) {
			add(e)
		}
	}
	for next := 0; next < len(members); next++ {
		parent := members[next].pid
		for _, e := range all {
			if e.parent == parent && !in[e.pid] {
				add(e)
			}
		}
	}
	return members
}

// leftBehind reports whether a process belongs to the family although its parent may have
// ended. A process with its own session, such as a daemon, was left behind on purpose and
// does not belong to it. Other processes are recognized by their mark. A program that
// overwrites its environment, as some servers do to show their state in ps, has no mark.
// It belongs to the family that leads its group if it started after the family's first
// process and has lost its parent. In a group of several families, such as that of the go
// command, its family cannot be determined.
func (f *family) leftBehind(e entry, sessions map[int]int) bool {
	switch {
	case e.started < f.root.started, e.pid == unix.Getpid(), e.session != f.session && e.session != f.root.pid:
		return false
	case f.mark == "" && f.ownGroup() == 0:
		return false // its orphans cannot be distinguished from those of others
	}
	mark, known := "", true
	if f.mark != "" {
		mark, known = e.mark()
	}
	// If this process is the first one of a container, orphans look like its own children.
	orphan := e.parent == 1 && unix.Getpid() != 1 || sessions[e.parent] != e.session
	if mark == "" {
		return known && orphan && e.group == f.root.pid
	}
	return carries(mark, f.mark)
}

func sessionOf(pid int) int {
	session, err := unix.Getsid(pid)
	if err != nil {
		return 0
	}
	return session
}
