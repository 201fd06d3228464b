package queue

import "context"

// chunks writes the result of an attempt at a unit in chunks.
type chunks struct {
	n             *puller
	ctx           context.Context
	unit, attempt string
	number        int // of the next chunk
	held          []byte
	err           error // the queue could not be reached
}

// trace writes the empty first chunk, whose attempt names the node.
func (c *chunks) trace() error { return c.store(nil) }

// Write implements io.Writer.
func (c *chunks) Write(b []byte) (int, error) {
	written := 0
	for len(b) > 0 {
		some := min(len(b), c.n.chunk-len(c.held))
		c.held, b = append(c.held, b[:some]...), b[some:]
		if len(c.held) == c.n.chunk {
			if err := c.flush(); err != nil {
				return written, err
			}
		}
		written += some
	}
	return written, nil
}

// flush stores what is held.
func (c *chunks) flush() error {
	if c.err != nil || len(c.held) == 0 {
		return c.err
	}
	err := c.store(c.held)
	c.held = c.held[:0]
	return err
}

func (c *chunks) store(chunk []byte) error {
	c.err = c.n.retry(c.ctx, "store a result", func(ctx context.Context) error {
		return c.n.queue.Write(ctx, c.unit, c.attempt, c.number, chunk)
	})
	if c.err == nil {
		c.number++
	}
	return c.err
}
