package process

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"time"
)

// askDelay is how long the output of an ended command may stay open, because a process
// that it started may have it open.
const askDelay = time.Second

// Ask runs a command that only prints information, and returns its output. If ctx ends, the
// command and all that it started are killed at once, and the error is the cause of ctx.
func Ask(ctx context.Context, newCommand func() *exec.Cmd) (stdout, stderr []byte, err error) {
	if ctx.Err() != nil {
		return nil, nil, context.Cause(ctx)
	}
	var out, errs bytes.Buffer
	p, err := Start(func() *exec.Cmd {
		cmd := newCommand()
		cmd.Stdout, cmd.Stderr = &out, &errs
		cmd.WaitDelay = askDelay
		return cmd
	})
	if err != nil {
		return nil, nil, err
	}
	defer p.Release()
	killed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(killed)
		_ = p.Kill()
	})
	err = p.Wait()
	if !stop() {
		<-killed
		return out.Bytes(), errs.Bytes(), context.Cause(ctx)
	}
	if errors.Is(err, exec.ErrWaitDelay) { // the command succeeded and its output is complete
		err = nil
	}
	return out.Bytes(), errs.Bytes(), err
}
