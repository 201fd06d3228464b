package process

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// startScript starts a shell script and reads the ids that it prints, one per line. It
// waits for its end if the script ends by itself.
func startScript(t *testing.T, script string, ids int, ends bool) (p *Process, pids []int) {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = read.Close() }()
	p, err = StartIn(0, func() *exec.Cmd {
		cmd := exec.Command("sh", "-c", script)
		cmd.Stdout = write
		return cmd
	})
	_ = write.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Release)
	lines := bufio.NewScanner(read)
	for range ids {
		var pid int
		if lines.Scan(); lines.Err() != nil {
			t.Fatal(lines.Err())
		}
		if _, err := fmt.Sscan(lines.Text(), &pid); err != nil {
			t.Fatalf("%q: %v", lines.Text(), err)
		}
		pids = append(pids, pid)
	}
	if ends {
		_ = p.Wait()
	}
	return p, pids
}

// runs reports whether a process runs and is not a zombie.
func runs(pid int) bool {
	e, ok := stat(pid)
	return ok && !e.ended
}

func TestKillEndsTheFamily(t *testing.T) {
	for name, test := range map[string]struct {
		script string
		ends   bool
		left   bool
	}{
		"children in groups of their own": {script: "set -m; sleep 3600 & echo $!; sh -c 'sleep 3600 & echo $!; wait' & wait"},
		"orphans":                         {script: "sleep 3600 >/dev/null & echo $!; (sleep 3600 >/dev/null & echo $!); exit 1", ends: true},
		// They print their ids themselves, if their environment is empty.
		"orphans without an environment belong to no family": {
			script: "one() { exec env -i sh -c 'echo $$; exec sleep 3600 >/dev/null'; }; one & (one &); exit 1", ends: true, left: true,
		},
		"not a daemon": {script: "setsid sleep 3600 >/dev/null & echo $!; (setsid sleep 3600 >/dev/null & echo $!); sleep 0.1; exit 1", ends: true, left: true},
	} {
		t.Run(name, func(t *testing.T) {
			p, pids := startScript(t, test.script, 2, test.ends)
			t.Cleanup(func() {
				for _, pid := range pids {
					if other, err := os.FindProcess(pid); err == nil {
						_ = other.Kill()
					}
				}
			})
			if !p.Alive() && !test.left {
				t.Error("nothing is alive")
			}
			if err := p.Kill(); err != nil {
				t.Error(err)
			}
			if !test.ends {
				_ = p.Wait()
			}
			for p.Alive() { // the system takes a moment
			}
			for _, pid := range pids {
				if runs(pid) != test.left {
					t.Errorf("%d runs: %v", pid, runs(pid))
				}
			}
		})
	}
}

// Processes that another test process has left behind on purpose continue.
func TestKillLeavesOthersAlone(t *testing.T) {
	_, theirs := startScript(t, "sleep 3600 >/dev/null & echo $!", 1, true)
	p, _ := startScript(t, "sleep 3600 >/dev/null & echo $!; exit 1", 1, true)
	if err := p.Kill(); err != nil {
		t.Error(err)
	}
	for p.Alive() {
	}
	if !runs(theirs[0]) {
		t.Error("it was killed with another")
	}
	if err := unix.Kill(theirs[0], unix.SIGKILL); err != nil {
		t.Error(err)
	}
	for runs(theirs[0]) {
	}
}

func TestKillOther(t *testing.T) {
	p, children := startScript(t, "sleep 3600 >/dev/null & echo $!; wait", 1, false)
	later := family{root: p.family.root, mark: p.family.mark, session: p.family.session}
	later.root.started++
	if err := KillOther(later.identity(nil)); err != nil || !runs(p.Pid()) || !runs(children[0]) {
		t.Errorf("a process that has the id later was killed, or %v", err)
	}
	if err := KillOther(p.Identity()); err != nil {
		t.Error(err)
	}
	_ = p.Wait()
	for runs(children[0]) {
	}
	if err := KillOther(p.Identity()); err != nil {
		t.Errorf("it had ended: %v", err)
	}
}

// A signal from the terminal is not sent again, except to a process that started too late
// to get it.
func TestPass(t *testing.T) {
	for name, test := range map[string]struct {
		received Received
		want     string
	}{
		"an interrupt":            {Received{Signal: os.Interrupt}, "signal: interrupt"},
		"another signal":          {Received{Signal: unix.SIGTERM}, "signal: interrupt"},
		"SIGQUIT":                 {Received{Signal: unix.SIGQUIT}, "signal: quit"},
		"one of its own":          {Receive(Own{Sent: unix.SIGQUIT}), "signal: quit"},
		"a key":                   {Received{Signal: os.Interrupt, Keyed: true, At: time.Now().Add(time.Hour)}, "signal: killed"},
		"a key before it started": {Received{Signal: os.Interrupt, Keyed: true}, "signal: interrupt"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := StartIn(0, func() *exec.Cmd { return exec.Command("sleep", "3600") })
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Pass(test.received); err != nil {
				t.Error(err)
			}
			if test.received.Signal != unix.SIGQUIT {
				_ = p.Kill() // the interrupt before it, if any, has ended the process
			}
			if err := p.Wait(); fmt.Sprint(err) != test.want {
				t.Errorf("it ended with %v, want %s", err, test.want)
			}
		})
	}
}

func TestTestsDoNotLeadGroups(t *testing.T) {
	leader, err := Start(func() *exec.Cmd { return exec.Command("sleep", "3600") })
	if err != nil {
		t.Fatal(err)
	}
	start := func(group int) string {
		var out strings.Builder
		p, err := StartIn(group, func() *exec.Cmd {
			cmd := exec.Command("sh", "-c", "cut -d' ' -f5 /proc/$$/stat; setsid true")
			cmd.Stdout, cmd.Stderr = &out, &out
			return cmd
		})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Release()
		if err := p.Wait(); err != nil {
			t.Error(err)
		}
		return strings.TrimSpace(out.String())
	}
	ours := fmt.Sprint(unix.Getpgrp())
	if got := start(0); got != ours {
		t.Errorf("in group %s, want ours, %s", got, ours)
	}
	if leader.Group() != 0 { // no terminal is in the foreground
		if got := start(leader.Group()); got != fmt.Sprint(leader.Group()) {
			t.Errorf("in group %s, want %d", got, leader.Group())
		}
	}
	_ = leader.Kill()
	_ = leader.Wait()
	if got := start(leader.Pid()); got != ours {
		t.Errorf("in group %s, want ours, %s", got, ours)
	}
}
