package stream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sync/errgroup"
)

// readSize is how much is read from a source at once, in bytes.
const readSize = 128 << 10

// maxInputLine is the longest line that is read, in bytes. A longer one probably means that
// the source has no lines.
const maxInputLine = 256 << 20

// block is a part of a source's stream that ends with a newline, or the end of the stream.
type block struct {
	source int
	data   []byte
	end    bool
}

// Reader is the merged stream of several sources as an io.Reader. One goroutine per source
// reads it; one goroutine owns the Merge.
type Reader struct {
	merged chan []byte
	free   chan []byte
	cur    []byte // the unread part of the last merged block
	last   []byte // that block, for reuse
	cancel context.CancelFunc
	done   chan struct{} // closed when the merge has ended
	err    error         // valid when done is closed
	ended  chan struct{} // closed when all goroutines have ended
}

// NewReader starts to merge the inputs, one for each source of merge. The reader ends
// when all inputs have ended, with the first error of any of them. Close must be called
// to release the goroutines. For that, each input must end or fail once it is not read
// any more; for the pipe of a process, the process must be stopped.
func NewReader(ctx context.Context, merge *Merge, inputs []io.Reader) *Reader {
	ctx, cancel := context.WithCancel(ctx)
	r := &Reader{
		merged: make(chan []byte, 4),
		free:   make(chan []byte, 8),
		cancel: cancel,
		done:   make(chan struct{}),
		ended:  make(chan struct{}),
	}
	blocks := make(chan block, len(inputs))
	merged := make(chan []byte, cap(r.free)) // the memory of blocks, for reuse
	group, ctx := errgroup.WithContext(ctx)
	for i, input := range inputs {
		group.Go(func() error { return readBlocks(ctx, i, input, blocks, merged) })
	}
	go func() {
		r.err = r.merge(ctx, merge, blocks, merged, len(inputs))
		// An error ends the stream at once, even if the inputs continue. The reader of the
		// stream must stop them.
		close(r.merged)
		close(r.done)
		cancel()
		_ = group.Wait() // merge has returned its error
		close(r.ended)
	}()
	return r
}

// readBlocks cuts an input into blocks of whole lines. It reuses the memory of those that
// were merged, so that a long stream is not all garbage.
func readBlocks(ctx context.Context, source int, input io.Reader, blocks chan<- block, merged <-chan []byte) error {
	send := func(b block) error {
		select {
		case blocks <- b:
			return nil
		case <-ctx.Done():
			// A process that is being stopped must not block on its output.
			_, _ = io.Copy(io.Discard, input)
			return ctx.Err()
		}
	}
	var partial []byte // an unfinished line
	buf := make([]byte, readSize)
	for {
		n, err := input.Read(buf)
		if end := bytes.LastIndexByte(buf[:n], '\n') + 1; end > 0 {
			var lines []byte
			select {
			case lines = <-merged:
			default:
			}
			lines = append(append(lines, partial...), buf[:end]...)
			partial = append(partial[:0], buf[end:n]...)
			if err := send(block{source: source, data: lines}); err != nil {
				return err
			}
		} else {
			partial = append(partial, buf[:n]...)
		}
		if len(partial) > maxInputLine {
			return fmt.Errorf("reading test output: a line has more than %d MB", maxInputLine>>20)
		}
		switch {
		case err == io.EOF, errors.Is(err, os.ErrClosed):
			return send(block{source: source, data: partial, end: true})
		case err != nil:
			return fmt.Errorf("reading test output: %w", err)
		}
	}
}

// merge owns m. It passes the lines of all blocks to it, in the order of their arrival, and
// their memory to merged.
func (r *Reader) merge(ctx context.Context, m *Merge, blocks <-chan block, merged chan<- []byte, open int) error {
	for open > 0 {
		var b block
		select {
		case b = <-blocks:
		case <-ctx.Done():
			return context.Cause(ctx) // a reader's own error
		}
		var out []byte
		select {
		case out = <-r.free:
		default:
		}
		var err error
		data := b.data
		for len(data) > 0 && err == nil {
			line, rest, whole := bytes.Cut(data, []byte{'\n'})
			if !whole {
				break // the last line of a source, complete or not
			}
			data = rest
			out, err = m.Line(out, b.source, line)
		}
		if b.end && err == nil {
			open--
			out, err = m.End(out, b.source, data)
		}
		if cap(b.data) <= 2*readSize { // a long line is not kept
			select {
			case merged <- b.data[:0]:
			default:
			}
		}
		sent := r.send(ctx, out) // lines before a bad line are still shown
		switch {
		case err != nil:
			return err
		case !sent:
			return context.Cause(ctx)
		}
	}
	return nil
}

func (r *Reader) send(ctx context.Context, out []byte) bool {
	if len(out) == 0 {
		return true
	}
	select {
	case r.merged <- out:
		return true
	case <-ctx.Done():
		return false
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
func (r *Reader) Abandon() { r.cancel() }

// Close stops the merge and waits for its goroutines.
func (r *Reader) Close() {
	r.cancel()
	for range r.merged { // drop the rest
	}
	<-r.ended
}
