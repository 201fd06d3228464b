package process

import "os"

// pipeEnd is the file: reading it waits without a poller.
type pipeEnd struct{ file *os.File }

func newPipeEnd(file *os.File) (pipeEnd, error) { return pipeEnd{file}, nil }
func (e pipeEnd) read(b []byte) (int, error)    { return e.file.Read(b) }
func (e pipeEnd) wake()                         { _ = e.file.Close() } // as before a read that waits
func (e pipeEnd) close() error                  { return nil }
