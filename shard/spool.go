package shard

import (
	"io"
	"sync"
)

// spool is a pipe that takes all that is written to it at once, so that a test
// process never waits for whoever reads its output. close must be called to end
// it; one reader and one writer may use it at the same time.
type spool struct {
	mu     sync.Mutex
	more   *sync.Cond
	data   []byte
	closed bool
}

func newSpool() *spool {
	s := &spool{}
	s.more = sync.NewCond(&s.mu)
	return s
}

func (s *spool) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data = append(s.data, p...)
	s.more.Signal()
	return len(p), nil
}

func (s *spool) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.data) == 0 && !s.closed {
		s.more.Wait()
	}
	if len(s.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.data)
	s.data = s.data[n:]
	return n, nil
}

func (s *spool) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.more.Signal()
}
