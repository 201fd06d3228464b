package process

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// snapshot returns all processes.
func snapshot() ([]entry, error) {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	names, err := proc.Readdirnames(-1)
	_ = proc.Close()
	if err != nil {
		return nil, err
	}
	var all []entry
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			if e, ok := stat(pid); ok {
				all = append(all, e)
			}
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("/proc has no processes; mount it")
	}
	return all, nil
}

// stat reads /proc/PID/stat.
func stat(pid int) (e entry, ok bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return e, false // it has ended
	}
	// proc(5): pid (name) state ppid pgrp session … starttime, the 22nd. A name may
	// contain any character.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	const startTimeField = 22 - 3
	if len(fields) <= startTimeField {
		return e, false
	}
	e.pid, e.ended = pid, fields[0] == "Z" || fields[0] == "X"
	var errs [4]error
	e.parent, errs[0] = strconv.Atoi(fields[1])
	e.group, errs[1] = strconv.Atoi(fields[2])
	e.session, errs[2] = strconv.Atoi(fields[3])
	e.started, errs[3] = strconv.ParseUint(fields[startTimeField], 10, 64)
	e.mark = func() (string, bool) { return markOf(pid) }
	return e, errs == [4]error{}
}

// startTime returns when a process started, 0 if there is no such process.
func startTime(pid int) uint64 {
	e, _ := stat(pid)
	return e.started
}

// markOf returns the mark of a process, empty if its environment has none, and whether its
// environment is readable.
func markOf(pid int) (mark string, known bool) {
	// During execve a process has neither arguments nor an environment for a moment, which may be
	// long on a busy machine. It would not be recognized then.
	executed := false
	for range 1000 {
		env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		if err != nil {
			return "", false
		}
		for variable := range bytes.SplitSeq(env, []byte{0}) {
			if value, ok := bytes.CutPrefix(variable, []byte(markVariable+"=")); ok {
				return string(value), true
			}
		}
		if len(env) > 0 || executed {
			return "", true
		}
		args, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if e, ok := stat(pid); err != nil || !ok || e.ended {
			return "", true // it has ended
		}
		if executed = len(args) > 0; !executed {
			time.Sleep(time.Millisecond)
		}
	}
	return "", true
}

// nameOf returns the name of a process, as ps shows it.
func nameOf(pid int) string {
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return "a process"
	}
	return strings.TrimSpace(string(name))
}
