package early

import (
	"errors"
	"io"
	"strconv"
)

// The hook and the coordinator use one connection per test binary. The hook sends one
// request. The coordinator answers with frames: a byte for the kind, the length of the payload
// as four bytes big endian, and the payload. The last frame is FrameExit.
const (
	FrameOutput  = 'o' // output of the test process, if the hook has not handed over its own
	FrameStarted = 'p' // the identity of a started test process
	FrameEnded   = 'e' // the identity of an ended test process
	FrameExit    = 'x' // the exit code for the hook, in decimal
)

// MaxRequest is the longest request in bytes. It contains a command line and an
// environment, which the systems limit to 2 MiB.
const MaxRequest = 8 << 20

// MaxFrame is the longest payload in bytes.
const MaxFrame = 64 << 10

// The hook's own environment variables, which test processes do not get.
const (
	SocketVariable = "GOTESTSHARD_HOOK_SOCKET"
	TokenVariable  = "GOTESTSHARD_HOOK_TOKEN"
)

// HookWord is the first argument of this program when the go command starts it as its hook.
const HookWord = "hook"

// Request is what the go command started the hook to run.
type Request struct {
	Token   string
	Timeout string // the second argument of the hook
	Dir     string
	Command []string // the user's -exec words, the test binary, its arguments
	Env     []string
}

// Encode returns the request as it is sent: the length of the rest as four bytes big endian, and
// strings that each end with a zero byte, which no argument and no variable contains. They may
// contain all other bytes, not only UTF-8.
func (r Request) Encode() []byte {
	text := make([]byte, 4, 16<<10)
	for _, s := range []string{r.Token, r.Timeout, r.Dir, strconv.Itoa(len(r.Command))} {
		text = append(append(text, s...), 0)
	}
	for _, list := range [][]string{r.Command, r.Env} {
		for _, s := range list {
			text = append(append(text, s...), 0)
		}
	}
	putLength(text, len(text)-4)
	return text
}

// ReadRequest reads one request.
func ReadRequest(in io.Reader) (Request, error) {
	var head [4]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return Request{}, failed("reading a hook's request", err)
	}
	size, ok := length(head[:], MaxRequest)
	if !ok {
		return Request{}, errors.New("reading a hook's request: it has more than " + strconv.Itoa(MaxRequest) + " bytes")
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(in, text); err != nil {
		return Request{}, failed("reading a hook's request", err)
	}
	var all []string
	for begin, i := 0, 0; i < len(text); i++ {
		if text[i] == 0 {
			all, begin = append(all, string(text[begin:i])), i+1
		}
	}
	if len(all) < 4 || text[len(text)-1] != 0 {
		return Request{}, errors.New("reading a hook's request: it is cut off")
	}
	words, err := strconv.Atoi(all[3])
	if rest := all[4:]; err == nil && words >= 0 && words <= len(rest) {
		return Request{Token: all[0], Timeout: all[1], Dir: all[2], Command: rest[:words:words], Env: rest[words:]}, nil
	}
	return Request{}, errors.New("reading a hook's request: it has not the " + strconv.Quote(all[3]) + " words that it announces")
}

// ReadFrame reads one frame, into buf if that has room.
func ReadFrame(in io.Reader, buf []byte) (kind byte, payload []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return 0, buf, err
	}
	size, ok := length(head[1:], MaxFrame)
	if !ok {
		return 0, buf, errors.New("a frame has more than " + strconv.Itoa(MaxFrame) + " bytes")
	}
	if size > cap(buf) {
		buf = make([]byte, size)
	}
	_, err = io.ReadFull(in, buf[:size])
	return head[0], buf[:size], err
}

func putLength(to []byte, n int) {
	to[0], to[1], to[2], to[3] = byte(n>>24), byte(n>>16), byte(n>>8), byte(n)
}

// length returns the length in from. ok is false if it is more than most.
func length(from []byte, most uint32) (n int, ok bool) {
	size := uint32(from[0])<<24 | uint32(from[1])<<16 | uint32(from[2])<<8 | uint32(from[3])
	return int(size), size <= most
}
