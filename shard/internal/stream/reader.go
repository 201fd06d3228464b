package stream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// readSize is how much is read from a source at once, in bytes.
const readSize = 128 << 10

// maxInputLine is the longest line that is read, in bytes. A longer one probably means that
// the source has no lines.
const maxInputLine = 256 << 20

// Reader is the merged stream of several sources as an io.Reader. One goroutine per source
// reads it and merges its lines, one goroutine at a time.
type Reader struct {
	merged chan []byte
	free   chan []byte
	cur    []byte // the unread part of the last merged block
	last   []byte // that block, for reuse
	cancel context.CancelCauseFunc
	done   chan struct{} // closed when the merge has ended
	err    error         // valid when done is closed
	ended  chan struct{} // closed when all goroutines have ended

	mu    sync.Mutex
	merge *Merge
	over  bool // whether the merge has ended
}

// NewReader starts to merge the inputs, one for each source of merge. The reader ends
// when all inputs have ended, with the first error of any of them. Close must be called
// to release the goroutines. For that, each input must end or fail once it is not read
// any more; for the pipe of a process, the process must be stopped.
func NewReader(ctx context.Context, merge *Merge, inputs []io.Reader) *Reader {
	ctx, cancel := context.WithCancelCause(ctx)
	r := &Reader{
		merged: make(chan []byte, 4),
		free:   make(chan []byte, 8),
		cancel: cancel,
		done:   make(chan struct{}),
		ended:  make(chan struct{}),
		merge:  merge,
	}
	var reading sync.WaitGroup
	for i, input := range inputs {
		reading.Go(func() {
			if err := r.read(ctx, i, input); err != nil {
				cancel(err)
				// A process that is being stopped must not block on its output.
				_, _ = io.Copy(io.Discard, input)
			}
		})
	}
	// An error ends the stream at once, even if the inputs continue. The reader of the
	// stream must stop them.
	stop := context.AfterFunc(ctx, func() { r.finish(ctx) })
	go func() {
		reading.Wait()
		stop()
		r.finish(ctx)
		cancel(nil)
		close(r.ended)
	}()
	return r
}

// read reads an input and merges its lines.
func (r *Reader) read(ctx context.Context, source int, input io.Reader) error {
	buf := make([]byte, readSize)
	have := 0 // an unfinished line
	for {
		n, err := input.Read(buf[have:])
		lines := buf[:have+bytes.LastIndexByte(buf[have:have+n], '\n')+1]
		if len(lines) == have { // no newline
			lines = nil
		}
		rest := buf[len(lines) : have+n]
		end := errors.Is(err, io.EOF) || errors.Is(err, os.ErrClosed)
		if len(lines) > 0 || end {
			if err := r.add(ctx, source, lines, rest, end); err != nil || end {
				return err
			}
		}
		if err != nil {
			return fmt.Errorf("reading test output: %w", err)
		}
		if buf, err = forMore(buf, rest); err != nil {
			return err
		}
		have = len(rest)
	}
}

// forMore returns a buffer that begins with rest, an unfinished line at the end of buf, and has room
// for more. A long line is not kept.
func forMore(buf, rest []byte) ([]byte, error) {
	switch {
	case len(rest) > maxInputLine:
		return nil, fmt.Errorf("reading test output: a line has more than %d MB", maxInputLine>>20)
	case len(rest) == len(buf):
		return append(buf, make([]byte, len(buf))...), nil
	case len(buf) > readSize && len(rest) < readSize:
		buf = make([]byte, readSize)
	}
	copy(buf, rest)
	return buf, nil
}

// add merges whole lines of a source. At the end of the source, rest is its last line, complete
// or not.
func (r *Reader) add(ctx context.Context, source int, lines, rest []byte, end bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return context.Cause(ctx)
	}
	var out []byte
	select {
	case out = <-r.free:
	default:
	}
	var err error
	for len(lines) > 0 && err == nil {
		line, others, _ := bytes.Cut(lines, []byte{'\n'})
		lines = others
		out, err = r.merge.Line(out, source, line)
	}
	if end && err == nil {
		out, err = r.merge.End(out, source, rest)
	}
	if len(out) > 0 { // lines before a bad line are still shown
		select {
		case r.merged <- out:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return err
}

// finish ends the stream, with the error that ended ctx if there is one.
func (r *Reader) finish(ctx context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.over {
		r.over, r.err = true, context.Cause(ctx)
		close(r.merged)
		close(r.done)
	}
}

// Read implements io.Reader. Only one goroutine at a time may call it.
func (r *Reader) Read(p []byte) (int, error) {
	for len(r.cur) == 0 {
		if r.last != nil {
			select {
			case r.free <- r.last[:0]:
			default:
			}
			r.last = nil
		}
		out, ok := <-r.merged
		if !ok {
			if r.err != nil {
				return 0, r.err
			}
			return 0, io.EOF
		}
		r.cur, r.last = out, out
	}
	n := copy(p, r.cur)
	r.cur = r.cur[n:]
	return n, nil
}

// Done is closed when the merge has ended.
func (r *Reader) Done() <-chan struct{} { return r.done }

// Err returns the error that ended the stream, nil if the stream ended normally or was
// abandoned. It must be called after Close.
func (r *Reader) Err() error {
	if errors.Is(r.err, context.Canceled) {
		return nil
	}
	return r.err
}

// Abandon stops the merge when its output is no longer needed. The rest of the inputs is
// read and dropped.
func (r *Reader) Abandon() { r.cancel(nil) }

// Close stops the merge and waits for its goroutines.
func (r *Reader) Close() {
	r.cancel(nil)
	for range r.merged { // drop the rest
	}
	<-r.ended
}
