//go:build unix

package process

import "golang.org/x/sys/unix"

// identity names a process for good: an id alone is used again.
type identity struct {
	pid     int
	started uint64 // in the system's own unit
}

// entry is a process in a snapshot of all.
type entry struct {
	identity
	parent, group, session int
	ended                  bool // it has, and its parent has not asked how
	// mark reads the mark in its environment, and whether the system tells.
	mark func() (string, bool)
}

// among returns those of the family, parents before their children.
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

// leftBehind reports whether a process belongs to the family though the one that
// started it may have ended. One with a session of its own, as daemons have, was
// left behind on purpose. The others are known by their mark. A program that
// overwrites its environment, as some servers do to show their state in ps, has
// none: it belongs to the family that leads its group, when it began after the family's
// first process and has lost its parent. In a group of several families, such as that of
// the go command, nothing tells which test has started it.
func (f *family) leftBehind(e entry, sessions map[int]int) bool {
	switch {
	case e.started < f.root.started, e.pid == unix.Getpid(), e.session != f.session && e.session != f.root.pid:
		return false
	case f.mark == "" && f.ownGroup() == 0:
		return false // nothing tells its orphans from those of others
	}
	mark, known := "", true
	if f.mark != "" {
		mark, known = e.mark()
	}
	// Where this process is the first of a container, orphans look like its own children.
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
