package process

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// alive reports whether the group has a process that still runs. A process that
// has ended stays in its group until its parent has asked for its exit status,
// which for orphans in a container without an init process is never.
func (g *group) alive() bool {
	if syscall.Kill(-g.id, 0) != nil {
		return false
	}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(stats) == 0 {
		return true // there is no /proc to ask
	}
	for _, name := range stats {
		stat, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended in the meantime
		}
		// proc(5): pid (name) state ppid pgrp; a name may hold anything.
		var state string
		var parent, id int
		rest := stat[bytes.LastIndexByte(stat, ')')+1:]
		if _, err := fmt.Sscan(string(rest), &state, &parent, &id); err == nil && id == g.id && state != "Z" {
			return true
		}
	}
	return false
}
