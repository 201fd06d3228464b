package spool

import (
	"io"
	"sync"
)

// Pipe is a pipe that accepts everything that is written to it at once, so that a test
// process never waits for the reader of its output. Data that does not fit in memory goes
// to a temporary file in the meantime. Close must be called to end it. One reader and one
// writer may use it at the same time.
type Pipe struct {
	mu     sync.Mutex
	more   *sync.Cond
	data   []byte // the next data to read
	file   File
	read   int64 // position in the file
	closed bool
}

const (
	inMemory   = 1 << 20  // how much a Pipe keeps in memory, in bytes
	readAtOnce = 64 << 10 // how much is read from its file at once
)

// NewPipe returns an empty pipe.
func NewPipe() *Pipe {
	s := &Pipe{file: File{What: "the output of tests that run again"}}
	s.more = sync.NewCond(&s.mu)
	return s
}

// Write implements io.Writer. It never waits for a reader.
func (s *Pipe) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.read < s.file.size || len(s.data)+len(p) > inMemory {
		s.file.Add(p)
	} else {
		s.data = append(s.data, p...)
	}
	s.more.Signal()
	return len(p), s.file.failure()
}

// Read implements io.Reader. It waits for more until the pipe is closed.
func (s *Pipe) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.data) == 0 && s.read == s.file.size && !s.closed {
		s.more.Wait()
	}
	if len(s.data) == 0 && s.read < s.file.size {
		part := Part{s.read, min(readAtOnce, s.file.size-s.read)}
		s.data = s.file.Read(s.data[:0], part)
		if s.read += part.Length; s.read == s.file.size {
			s.file.Clear()
			s.read = 0
		}
	}
	if len(s.data) == 0 {
		if err := s.file.Close(); err != nil {
			return 0, err
		}
		return 0, io.EOF
	}
	n := copy(p, s.data)
	s.data = s.data[n:]
	return n, nil
}

// Close says that nothing more is written.
func (s *Pipe) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.more.Signal()
}
