package gotest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
	"github.com/gotestshard/gotestshard/shard/internal/process"
)

// Test2JSON returns the path of go tool test2json for the module in dir, which may use
// another toolchain. The go command builds it if necessary.
func Test2JSON(ctx context.Context, dir string) (string, error) {
	out, stderr, err := process.Ask(ctx, func() *exec.Cmd {
		command := exec.Command("go", "tool", "-n", "test2json")
		command.Dir = dir
		return command
	})
	if err != nil {
		if _, ok := errors.AsType[*exec.ExitError](err); ok {
			return "", fmt.Errorf("finding go tool test2json: %w: %s", err, bytes.TrimSpace(stderr))
		}
		return "", fmt.Errorf("finding go tool test2json: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// Converter runs test2json for a test process that the go command did not start. It turns
// what is written to it into events, and at the end adds what the go command would print.
type Converter struct {
	tool    *process.Process
	in      *os.File
	pkg     string
	started time.Time
	any     bool
	err     error  // the first error of writing to it
	tail    []byte // the end of what was written
}

// tailSize is the part of the output that is searched, at its end: the test binary prints
// its coverage and its warnings last.
const tailSize = 8 << 10

// StartConverter starts program for a process that tests pkg. Finish must be called to
// end it.
func StartConverter(program, pkg string, out io.Writer) (*Converter, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = read.Close() }()
	tool, err := process.Start(func() *exec.Cmd {
		cmd := exec.Command(program, "-t", "-p", pkg)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = read, out, out
		return cmd
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting test2json: %w", err), write.Close())
	}
	return &Converter{tool: tool, in: write, pkg: pkg, started: time.Now()}, nil
}

// Write implements io.Writer. Errors are returned by Finish, because a test process must
// not hang when its output is not read.
func (c *Converter) Write(p []byte) (int, error) {
	c.any = c.any || len(p) > 0
	c.tail = append(c.tail, p...)
	if over := len(c.tail) - tailSize; over > 0 {
		c.tail = append(c.tail[:0], c.tail[over:]...)
	}
	if c.err == nil {
		_, c.err = c.in.Write(p)
	}
	return len(p), nil
}

var coverageForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(coverageWord + `(.*)\n`) })

// Finish writes the last lines of a process that ended with code, in the go command's words
// (cmd/go/internal/test, runTestActor.Act), and waits until all events are written.
func (c *Converter) Finish(code int) error {
	took := fmt.Sprintf("%.3fs", time.Since(c.started).Seconds())
	var text strings.Builder
	switch {
	case code != 0 && !c.any:
		fmt.Fprintf(&text, exitStatus, code)
	case len(c.tail) > 0 && !bytes.HasSuffix(c.tail, []byte("\n")):
		text.WriteString("\n")
	}
	if code != 0 {
		fmt.Fprintf(&text, "%c%s%s\t%s\n", framing.Marker, ResultFail, c.pkg, took)
	} else {
		fmt.Fprintf(&text, "%s%s\t%s", ResultOK, c.pkg, took)
		if match := coverageForm().FindSubmatch(c.tail); match != nil {
			fmt.Fprintf(&text, "\t%s%s", coverageWord, match[1])
		}
		if bytes.Contains(c.tail, []byte(noTestsWarning)) {
			text.WriteString(noTestsNote)
		}
		text.WriteString("\n")
	}
	_, err := io.WriteString(c.in, text.String())
	err = errors.Join(c.err, err, c.in.Close(), c.tool.Wait())
	c.tool.Release()
	if err != nil {
		return fmt.Errorf("converting the output of %s to JSON: %w", c.pkg, err)
	}
	return nil
}
