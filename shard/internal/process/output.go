package process

import (
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// Output is the output of a process, from the reader's side.
type Output interface {
	// Ended is closed when it has been read to its end.
	Ended() <-chan struct{}
	// Idle is how long the reader has been waiting for the process. It is 0 while the
	// reader does something else, such as passing on what it has read.
	Idle() time.Duration
}

// WatchedReader reads one pipe of a process. It is an Output.
type WatchedReader struct {
	reader  io.Reader
	waiting atomic.Int64 // start time of the current Read, in Unix nanoseconds, or 0
	end     sync.Once
	ended   chan struct{}
}

// Watch returns a WatchedReader of reader.
func Watch(reader io.Reader) *WatchedReader {
	return &WatchedReader{reader: reader, ended: make(chan struct{})}
}

// Read implements io.Reader.
func (r *WatchedReader) Read(p []byte) (int, error) {
	r.waiting.Store(time.Now().UnixNano())
	n, err := r.reader.Read(p)
	r.waiting.Store(0)
	if err != nil {
		r.end.Do(func() { close(r.ended) })
	}
	return n, err
}

// Ended implements Output.
func (r *WatchedReader) Ended() <-chan struct{} { return r.ended }

// Idle implements Output.
func (r *WatchedReader) Idle() time.Duration {
	since := r.waiting.Load()
	if since == 0 {
		return 0
	}
	return time.Since(time.Unix(0, since))
}

// Both is the Output of a process with separate pipes for standard output and error.
func Both(a, b Output) Output {
	both := &bothOutputs{a: a, b: b, ended: make(chan struct{})}
	go func() {
		<-a.Ended()
		<-b.Ended()
		close(both.ended)
	}()
	return both
}

type bothOutputs struct {
	a, b  Output
	ended chan struct{}
}

func (o *bothOutputs) Ended() <-chan struct{} { return o.ended }

func (o *bothOutputs) Idle() time.Duration {
	idle := time.Duration(-1)
	for _, output := range []Output{o.a, o.b} {
		select {
		case <-output.Ended():
		default:
			if d := output.Idle(); idle < 0 || d < idle {
				idle = d
			}
		}
	}
	return max(idle, 0)
}
