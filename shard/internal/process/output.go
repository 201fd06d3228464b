package process

import (
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// Output is what a process prints, from the side of whoever reads it.
type Output interface {
	// Ended is closed when it was read to its end.
	Ended() <-chan struct{}
	// Idle is how long the reader has been waiting for the process, 0 while it
	// does something else, such as handing on what it has read.
	Idle() time.Duration
}

// WatchedReader reads one pipe of a process. It is an Output.
type WatchedReader struct {
	reader  io.Reader
	waiting atomic.Int64 // since when a Read waits, in Unix nanoseconds, or 0
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

// Both is the Output of a process whose standard output and error are two
// pipes.
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
