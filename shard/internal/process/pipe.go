package process

import (
	"io"
	"os"
	"sync"
	"time"
)

// A process that prints a line at a time wakes its reader for each line, and that costs more than the
// line: changes of threads, and what is done for each block that was read. So a read waits a moment
// after a small one, and then there are more lines. A process that prints little is not delayed. One
// that prints fast is not slowed down either: a pipe has room for 64 KB, which is as much in a pause
// as the go command can convert. Pauses of 3 ms made a run with 50 MB take almost twice as long.
const (
	pause      = time.Millisecond
	pauseBelow = 16 << 10 // bytes, more than a small read returns
	pauseAfter = 64 << 10 // bytes that are read before there are pauses
)

// Pipe is the reading end of a pipe for the output of a process. Only one goroutine at a time may call
// Read. Close ends a Read that is waiting, which returns os.ErrClosed.
type Pipe struct {
	reading sync.Mutex
	end     pipeEnd
	last    int // bytes that the last Read returned
	total   int // bytes that have been read
	closed  bool
}

// NewPipe returns a pipe, and its writing end for the process.
func NewPipe() (*Pipe, *os.File, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	end, err := newPipeEnd(read)
	if err != nil {
		_, _ = read.Close(), write.Close()
		return nil, nil, err
	}
	return &Pipe{end: end}, write, nil
}

// Read implements io.Reader.
func (p *Pipe) Read(b []byte) (n int, err error) {
	p.reading.Lock()
	defer p.reading.Unlock()
	if p.closed {
		return 0, os.ErrClosed
	}
	if pauses(p.last, p.total, len(b)) {
		time.Sleep(pause)
	}
	p.last, err = p.end.read(b)
	p.total += p.last
	return p.last, err
}

// pauses reports whether there is a pause before a read into room bytes.
func pauses(last, total, room int) bool { return total >= pauseAfter && last < min(pauseBelow, room) }

// Close implements io.Closer.
func (p *Pipe) Close() error {
	p.end.wake()
	p.reading.Lock()
	defer p.reading.Unlock()
	if p.closed {
		return os.ErrClosed
	}
	p.closed = true
	return p.end.close()
}

var _ io.ReadCloser = (*Pipe)(nil)
