package shard

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/gotestshard/gotestshard/format/report"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/process"
	"github.com/gotestshard/gotestshard/shard/internal/stream"
)

// namedEngine is the commands of --shard, side by side.
type namedEngine struct {
	opts     option.Options
	stop     *process.Stop
	commands []*namedCommand
	merge    *stream.Merge
	merged   *stream.Reader
	errs     *errLines
	running  errgroup.Group
}

// namedCommand is one of them.
type namedCommand struct {
	name               string
	process            *process.Process
	out, err           *os.File
	watchedOut         *process.WatchedReader
	watchedErr         *process.WatchedReader
	started, completed time.Time
	end                process.End
}

func startNamed(opts option.Options, stderr io.Writer) (engine, error) {
	e := &namedEngine{opts: opts, stop: process.NewStop(opts.GracePeriod), errs: newErrLines(len(opts.Shards))}
	for _, shard := range opts.Shards { // before any of them runs
		if _, err := exec.LookPath(shard.Command[0]); err != nil {
			return nil, fmt.Errorf("shard %s cannot start: %w; is the command in --shard right?", shard.Name, err)
		}
	}
	for i, shard := range opts.Shards {
		debugf(opts, stderr, "exec: %s", shard.Command)
		command, err := e.startCommand(i, shard)
		if err != nil {
			e.stop.Kill()
			e.startReading()
			drain(e)
			return nil, fmt.Errorf("shard %s cannot start: %w; is the command in --shard right?", shard.Name, err)
		}
		e.commands = append(e.commands, command)
	}
	e.startReading()
	return e, nil
}

func (e *namedEngine) startCommand(index int, shard option.Shard) (*namedCommand, error) {
	env := append(withoutIdentity(os.Environ(), e.opts.WorkerEnv), identity(e.opts, shard.Name, index, len(e.opts.Shards))...)
	c := &namedCommand{name: shard.Name, started: time.Now()}
	var err error
	if c.process, c.out, c.err, err = startWithPipes(shard.Command, env); err != nil {
		return nil, err
	}
	c.watchedOut, c.watchedErr = process.Watch(c.out), process.Watch(c.err)
	return c, nil
}

// startReading reads all that the started commands say until they have ended.
func (e *namedEngine) startReading() {
	var sources []stream.Source
	var inputs []io.Reader
	for _, c := range e.commands {
		source := stream.Source{Name: c.name}
		if e.opts.IgnoreNonJSONOutputLines {
			source.PassNonJSON = func(line []byte) { e.errs.add(c.name, line) }
		}
		sources = append(sources, source)
		inputs = append(inputs, c.watchedOut)
		e.running.Go(func() error { e.errs.read(c.name, c.watchedErr); return nil })
		e.running.Go(func() error { c.supervise(e.stop); return nil })
	}
	e.merge = stream.NewMerge(sources)
	e.merged = stream.NewReader(context.Background(), e.merge, inputs)
	go func() {
		_ = e.running.Wait() // its functions return nil
		<-e.merged.Done()    // which may pass lines on to errs
		e.errs.close()
	}()
}

// supervise waits for the command and lets go of it. Closing the pipes ends
// whoever still reads them.
func (c *namedCommand) supervise(stop *process.Stop) {
	c.end = stop.Supervise(context.Background(), c.process, process.Both(c.watchedOut, c.watchedErr), process.Limits{})
	c.completed = time.Now()
	c.process.Release()
	_, _ = c.out.Close(), c.err.Close()
}

func (e *namedEngine) stdout() io.Reader  { return e.merged }
func (e *namedEngine) stderr() io.Reader  { return e.errs }
func (e *namedEngine) errSource() string  { return e.errs.source() }
func (e *namedEngine) interrupt()         { e.stop.Interrupt() }
func (e *namedEngine) kill()              { e.stop.Kill() }
func (e *namedEngine) cleanUp() error     { return nil }
func (e *namedEngine) abandon()           { e.kill(); e.merged.Abandon() }
func (e *namedEngine) streamError() error { return e.merged.Err() }

// wait returns the highest exit code of all commands, and names those that
// failed though none of their tests did.
func (e *namedEngine) wait() error {
	_ = e.running.Wait()
	e.merged.Close()
	var worst codedError
	var reasons []string
	for i, c := range e.commands {
		code := exitCode(commandError(c.end.Err))
		worst.code = max(worst.code, code)
		failed := func(pkg stream.Package) bool { return pkg.Result == "fail" }
		if code != 0 && !e.stop.Asked() && !slices.ContainsFunc(e.merge.Packages(i), failed) {
			reasons = append(reasons, fmt.Sprintf("shard %s: its command failed, though none of its tests did: %v", c.name, c.end.Err))
		}
	}
	if worst.code == 0 {
		return nil
	}
	worst.reason = strings.Join(reasons, "; ")
	return worst
}

func (e *namedEngine) shards() []report.Shard {
	var shards []report.Shard
	for i, c := range e.commands {
		shard := report.Shard{
			Worker: c.name, Started: c.started, Completed: c.completed, Busy: c.completed.Sub(c.started),
		}
		for _, pkg := range e.merge.Packages(i) {
			if pkg.Result == "skip" {
				continue // it has no tests, so nothing ran
			}
			shard.Packages = append(shard.Packages, report.Package{
				Name: pkg.Name, Elapsed: pkg.Elapsed, Failed: pkg.Result == "fail",
			})
		}
		shards = append(shards, shard)
	}
	return shards
}

// errLines joins the standard errors of several commands line by line, and
// tells of each line whose it is while that line is handled.
type errLines struct {
	lines   chan errLine
	done    chan struct{}
	pending []byte // what of the current line is still to be read
	current string // its source
}

type errLine struct {
	source string
	text   []byte // with its newline
}

// longestErrLine is how long a line may be in bytes before it is cut in two:
// testjson ends a scan at 64 KiB.
const longestErrLine = 32 << 10

func newErrLines(sources int) *errLines {
	return &errLines{lines: make(chan errLine, sources), done: make(chan struct{})}
}

// add adds one line without its newline.
func (e *errLines) add(source string, line []byte) {
	for first := true; first || len(line) > 0; first = false {
		n := min(len(line), longestErrLine)
		select {
		case e.lines <- errLine{source, append(bytes.Clone(line[:n]), '\n')}:
		case <-e.done:
			return
		}
		line = line[n:]
	}
}

// read adds the lines of in until it ends.
func (e *errLines) read(source string, in io.Reader) {
	var partial []byte
	buf := make([]byte, longestErrLine)
	for {
		n, err := in.Read(buf)
		data := append(partial, buf[:n]...)
		for {
			line, rest, ok := bytes.Cut(data, []byte{'\n'})
			if !ok && len(data) < longestErrLine {
				break
			}
			e.add(source, line)
			data = rest
		}
		partial = bytes.Clone(data)
		if err != nil {
			if len(partial) > 0 {
				e.add(source, partial)
			}
			return
		}
	}
}

// close ends the stream; nothing may be added any more.
func (e *errLines) close() { close(e.done) }

// Read implements io.Reader. It returns one line at a time, so that whoever
// handles each line before reading on is told its source by source.
func (e *errLines) Read(p []byte) (int, error) {
	for len(e.pending) == 0 {
		line, ok := e.next()
		if !ok {
			return 0, io.EOF
		}
		e.pending, e.current = line.text, line.source
	}
	n := copy(p, e.pending)
	e.pending = e.pending[n:]
	return n, nil
}

func (e *errLines) next() (errLine, bool) {
	select {
	case line := <-e.lines:
		return line, true
	default:
	}
	select {
	case line := <-e.lines:
		return line, true
	case <-e.done:
	}
	select { // what was added before the end
	case line := <-e.lines:
		return line, true
	default:
		return errLine{}, false
	}
}

func (e *errLines) source() string { return e.current }
