package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// listTime is how long a list of all processes is waited for.
const listTime = 2 * time.Second

// signalTree sends a signal to a process and to all that it has started, which
// ps tells on every Unix. Where there is no ps the process alone gets it.
func signalTree(p *os.Process, sig os.Signal) error {
	// A system that answers no more may not keep the signal from the process itself.
	ctx, cancel := context.WithTimeout(context.Background(), listTime)
	defer cancel()
	list := exec.CommandContext(ctx, "ps", "-A", "-o", "pid=,ppid=")
	list.WaitDelay = listTime
	out, listErr := list.Output()
	children := map[int][]int{}
	for line := range bytes.Lines(out) {
		var pid, parent int
		if _, err := fmt.Sscan(string(line), &pid, &parent); err == nil {
			children[parent] = append(children[parent], pid)
		}
	}
	errs := []error{p.Signal(sig)}
	if listErr != nil && TraceName != "" {
		errs = append(errs, fmt.Errorf("finding what the command started: %w", listErr))
	}
	for queue := children[p.Pid]; len(queue) > 0; queue = queue[1:] {
		queue = append(queue, children[queue[0]]...)
		if child, err := os.FindProcess(queue[0]); err == nil {
			_ = child.Signal(sig) // it may have ended
		}
	}
	return errors.Join(errs...)
}
