package engine

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/gotestshard/gotestshard/shard/internal/lines"
)

// ErrLines joins the standard errors of several commands line by line. It knows the
// source of each line while that line is handled.
type ErrLines struct {
	*lines.Pieces
	lines   chan errLine
	done    chan struct{}
	current string // its source
}

type errLine struct {
	source string
	text   []byte // with its newline
}

// longestErrLine is the longest line in bytes that is not split, because testjson stops
// at 64 KiB.
const longestErrLine = 32 << 10

// NewErrLines returns the joined lines of so many commands. Close ends them.
func NewErrLines(sources int) *ErrLines {
	e := &ErrLines{lines: make(chan errLine, sources), done: make(chan struct{})}
	e.Pieces = lines.NewPieces(e.next)
	return e
}

// Add adds one line without its newline.
func (e *ErrLines) Add(source string, line []byte) {
	for first := true; first || len(line) > 0; first = false {
		n := min(len(line), longestErrLine)
		select {
		case e.lines <- errLine{source, append(bytes.Clone(line[:n]), '\n')}:
		case <-e.done:
			return
		}
		line = line[n:]
	}
}

// ReadLines adds the lines of in until it ends.
func (e *ErrLines) ReadLines(source string, in io.Reader) {
	short := bufio.NewReaderSize(in, longestErrLine)
	for {
		line, err := short.ReadSlice('\n')
		if len(line) > 0 {
			e.Add(source, bytes.TrimSuffix(line, []byte{'\n'}))
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}

// Close ends the stream. Nothing may be added afterwards.
func (e *ErrLines) Close() { close(e.done) }

// next returns one line. source is its source until the next call.
func (e *ErrLines) next() ([]byte, error) {
	line, ok := e.take()
	if !ok {
		return nil, io.EOF
	}
	e.current = line.source
	return line.text, nil
}

func (e *ErrLines) take() (errLine, bool) {
	select {
	case line := <-e.lines:
		return line, true
	default:
	}
	select {
	case line := <-e.lines:
		return line, true
	case <-e.done:
	}
	select { // lines added before the end
	case line := <-e.lines:
		return line, true
	default:
		return errLine{}, false
	}
}

func (e *ErrLines) source() string { return e.current }
