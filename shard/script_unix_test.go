//go:build unix

package shard

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// signalledMain runs a program, waits until a file has as many lines as the second argument
// has words, sends signals one after another and exits with the program's code:
//
//	signalled FILE COUNT SIGNALS PROGRAM ARGS...
//
// Signals are INT, TERM, HUP, KILL and QUIT, joined by commas. With the prefix "group:", they
// go to the whole process group, like Ctrl-C.
func signalledMain() {
	file, count, signals, command := os.Args[1], os.Args[2], os.Args[3], os.Args[4:]
	signals, group := strings.CutPrefix(signals, "group:")
	// Otherwise the program would also ignore signals that are ignored here, as under nohup.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	check(cmd.Start())
	waitForLines(file, count)
	names := map[string]syscall.Signal{
		"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP,
		"KILL": syscall.SIGKILL, "QUIT": syscall.SIGQUIT,
	}
	for i, name := range strings.Split(signals, ",") {
		if i > 0 {
			waitForLines(file+".signalled", "1") // the test process has received the first signal
		}
		pid := cmd.Process.Pid
		if group {
			pid = -pid
		}
		check(syscall.Kill(pid, names[name]))
	}
	_ = cmd.Wait()
	if status := cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signaled() {
		os.Exit(128 + int(status.Signal()))
	}
	os.Exit(cmd.ProcessState.ExitCode())
}

func waitForLines(file, count string) {
	for deadline := time.Now().Add(5 * time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		content, _ := os.ReadFile(file)
		if fmt.Sprint(strings.Count(string(content), "\n")) == count {
			return
		}
	}
	fmt.Fprintf(os.Stderr, "%s did not get %s lines\n", file, count)
	os.Exit(99)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(99)
	}
}
