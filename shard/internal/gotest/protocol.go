package gotest

import (
	"encoding/binary"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/gotestshard/gotestshard/shard/internal/early"
)

// partSeparator is between the timeout and the digest of a part in the second argument of
// the hook.
const partSeparator = "+"

// frames has the memory of frames, for reuse.
var frames = sync.Pool{New: func() any { return new([]byte) }}

func writeFrame[T string | []byte](w io.Writer, kind byte, payload T) error {
	frame := frames.Get().(*[]byte)
	defer frames.Put(frame)
	*frame = append((*frame)[:0], kind)
	*frame = binary.BigEndian.AppendUint32(*frame, uint32(len(payload)))
	*frame = append(*frame, payload...)
	_, err := w.Write(*frame)
	return err
}

// answer is the Hook at the other end of a connection. Each frame is one Write, which
// connections keep together.
type answer struct {
	conn   io.Writer
	output *os.File // of the hook, nil if frames have the output
}

func (a answer) Started(identity string) { _ = writeFrame(a.conn, early.FrameStarted, identity) }
func (a answer) Ended(identity string)   { _ = writeFrame(a.conn, early.FrameEnded, identity) }

func (a answer) Write(p []byte) (int, error) {
	if a.output != nil {
		return a.output.Write(p)
	}
	written := 0
	for len(p) > 0 {
		n := min(len(p), early.MaxFrame)
		if err := writeFrame(a.conn, early.FrameOutput, p[:n]); err != nil {
			return written, err
		}
		written += n
		p = p[n:]
	}
	return written, nil
}

// exit ends the hook with a code. The output must be closed before, since the go command waits for
// its end.
func (a answer) exit(code int) {
	a.close()
	_ = writeFrame(a.conn, early.FrameExit, strconv.Itoa(code))
}

func (a answer) close() {
	if a.output != nil {
		_ = a.output.Close() // a second time does nothing
	}
}

// withoutHookVariables keeps a test that runs go test or gotestshard itself from connecting
// to this run's coordinator.
func withoutHookVariables(env []string) []string {
	return slices.DeleteFunc(env, func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return name == early.SocketVariable || name == early.TokenVariable
	})
}
