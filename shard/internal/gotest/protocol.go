package gotest

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
)

// The hook and the coordinator use one connection per test binary. The hook sends one
// request, a line of JSON. The coordinator answers with frames: a byte for the kind, the
// length of the payload as four bytes big endian, and the payload. The last frame is
// frameExit.
const (
	frameOutput  = 'o' // output of the test process, if the hook has not handed over its own
	frameStarted = 'p' // the id of a started test process: four bytes
	frameEnded   = 'e' // the id of an ended test process: four bytes
	frameExit    = 'x' // the exit code for the hook: four bytes
)

// maxRequest is the longest request in bytes. It contains a command line and an
// environment, which the systems limit to 2 MiB.
const maxRequest = 8 << 20

// maxFrame is the longest payload in bytes.
const maxFrame = 64 << 10

// The hook's own environment variables, which test processes do not get.
const (
	socketVariable = "GOTESTSHARD_HOOK_SOCKET"
	tokenVariable  = "GOTESTSHARD_HOOK_TOKEN"
)

// hookWord is the first argument of this program when the go command starts it as its hook.
const hookWord = "hook"

// partSeparator is between the timeout and the digest of a part in the second argument of
// the hook.
const partSeparator = "+"

// request is what the go command started the hook to run.
type request struct {
	Token   string
	Timeout string     // as in the words of -exec, in the form of time.Duration
	Command rawStrings // the user's -exec words, the test binary, its arguments
	Dir     rawStrings // a single string
	Env     rawStrings // without the hook's own variables
}

// rawStrings are strings of any bytes. JSON strings must be UTF-8, but file names and
// environment variables need not be.
type rawStrings []string

func (s rawStrings) MarshalJSON() ([]byte, error) {
	raw := make([][]byte, len(s))
	for i := range s {
		raw[i] = []byte(s[i])
	}
	return json.Marshal(raw)
}

func (s *rawStrings) UnmarshalJSON(data []byte) error {
	var raw [][]byte
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	*s = make(rawStrings, len(raw))
	for i := range raw {
		(*s)[i] = string(raw[i])
	}
	return nil
}

func writeRequest(w io.Writer, r request) error {
	line, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encoding the hook's request: %w", err)
	}
	_, err = w.Write(append(line, '\n'))
	return err
}

func readRequest(r *bufio.Reader) (request, error) {
	limited := bufio.NewReader(io.LimitReader(r, maxRequest))
	line, err := limited.ReadBytes('\n')
	if err != nil {
		return request{}, fmt.Errorf("reading a hook's request: %w", err)
	}
	var req request
	if err := json.Unmarshal(line, &req); err != nil {
		return request{}, fmt.Errorf("reading a hook's request: %w", err)
	}
	return req, nil
}

// frames has the memory of frames, for reuse.
var frames = sync.Pool{New: func() any { return new([]byte) }}

func writeFrame(w io.Writer, kind byte, payload []byte) error {
	frame := frames.Get().(*[]byte)
	defer frames.Put(frame)
	*frame = append((*frame)[:0], kind)
	*frame = binary.BigEndian.AppendUint32(*frame, uint32(len(payload)))
	*frame = append(*frame, payload...)
	_, err := w.Write(*frame)
	return err
}

func writeNumberFrame(w io.Writer, kind byte, n int) error {
	return writeFrame(w, kind, binary.BigEndian.AppendUint32(nil, uint32(int32(n))))
}

// readFrame reads one frame into buf, which holds maxFrame bytes.
func readFrame(r io.Reader, buf []byte) (kind byte, payload []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	size := binary.BigEndian.Uint32(head[1:])
	if size > uint32(len(buf)) {
		return 0, nil, fmt.Errorf("a frame has %d bytes; the limit is %d", size, len(buf))
	}
	_, err = io.ReadFull(r, buf[:size])
	return head[0], buf[:size], err
}

func number(payload []byte) (int, error) {
	if len(payload) != 4 {
		return 0, fmt.Errorf("a number has %d bytes instead of 4", len(payload))
	}
	return int(int32(binary.BigEndian.Uint32(payload))), nil
}

// answer is the Hook at the other end of a connection. Each frame is one Write, which
// connections keep together.
type answer struct {
	conn   io.Writer
	output *os.File // of the hook, nil if frames have the output
}

func (a answer) Started(pid int) { _ = writeNumberFrame(a.conn, frameStarted, pid) }
func (a answer) Ended(pid int)   { _ = writeNumberFrame(a.conn, frameEnded, pid) }

func (a answer) Write(p []byte) (int, error) {
	if a.output != nil {
		return a.output.Write(p)
	}
	written := 0
	for len(p) > 0 {
		n := min(len(p), maxFrame)
		if err := writeFrame(a.conn, frameOutput, p[:n]); err != nil {
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
	_ = writeNumberFrame(a.conn, frameExit, code)
}

func (a answer) close() {
	if a.output != nil {
		_ = a.output.Close() // a second time does nothing
	}
}
