package shard

import (
	"io"
	"sync"
)

// spool is a pipe that takes all that is written to it at once, so that a test
// process never waits for whoever reads its output. What memory has no room for is in a
// temporary file meanwhile. close must be called to end it; one reader and one writer
// may use it at the same time.
type spool struct {
	mu     sync.Mutex
	more   *sync.Cond
	data   []byte // what is read next
	file   tempFile
	read   int64 // of file
	closed bool
}

const (
	spoolInMemory = 1 << 20  // how much a spool has in memory, in bytes
	spoolRead     = 64 << 10 // how much of its file is read at once
)

func newSpool() *spool {
	s := &spool{file: tempFile{what: "the output of tests that run again"}}
	s.more = sync.NewCond(&s.mu)
	return s
}

func (s *spool) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.read < s.file.size || len(s.data)+len(p) > spoolInMemory {
		s.file.add(p)
	} else {
		s.data = append(s.data, p...)
	}
	s.more.Signal()
	return len(p), s.file.failure()
}

func (s *spool) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.data) == 0 && s.read == s.file.size && !s.closed {
		s.more.Wait()
	}
	if len(s.data) == 0 && s.read < s.file.size {
		part := tempPart{s.read, min(spoolRead, s.file.size-s.read)}
		s.data = s.file.read(s.data[:0], part)
		if s.read += part.length; s.read == s.file.size {
			s.file.clear()
			s.read = 0
		}
	}
	if len(s.data) == 0 {
		if err := s.file.close(); err != nil {
			return 0, err
		}
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
