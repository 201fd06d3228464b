//go:build unix && !linux && !darwin

package process

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
)

// snapshot returns all processes.
func snapshot() ([]entry, error) {
	out, err := exec.Command("ps", "-A", "-o", "pid=,ppid=,pgid=,state=").Output()
	if err != nil {
		return nil, fmt.Errorf("listing processes with ps: %w", err)
	}
	var all []entry
	for line := range bytes.Lines(out) {
		var e entry
		var state string
		if _, err := fmt.Sscan(string(line), &e.pid, &e.parent, &e.group, &state); err == nil {
			e.session, e.ended = sessionOf(e.pid), strings.HasPrefix(state, "Z")
			e.mark = func() (string, bool) { return markOf(e.pid) }
			all = append(all, e)
		}
	}
	return all, nil
}

// startTime is for systems that report exactly when a process started.
func startTime(int) uint64 { return 0 }

// markOf is for systems that show the environment of a process.
func markOf(int) (mark string, known bool) { return "", false }

// nameOf is for systems that show the name of a process.
func nameOf(int) string { return "a process" }
