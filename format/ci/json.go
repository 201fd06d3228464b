package ci

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// NewJSON returns a writer for a stream of JSON. The stream may go to a job's log, so
// text in the middle of a line that a CI would take for a command is written in another
// of JSON's forms of the same character.
func NewJSON(out io.Writer) io.Writer { return jsonStream{out} }

type jsonStream struct{ out io.Writer }

// Write implements io.Writer for whole lines.
func (s jsonStream) Write(p []byte) (int, error) {
	text := p
	if bytes.IndexByte(p, '#') >= 0 {
		text = nil
		for i, c := range p {
			// Outside a string there is no #. A single # is left alone, unless the next
			// byte could make it look like ##.
			if c == '#' && i+1 < len(p) && (p[i+1] == '#' || p[i+1] >= 0x80) {
				text = append(text, `\u0023`...)
			} else {
				text = append(text, c)
			}
		}
	}
	if _, err := s.out.Write(text); err != nil {
		return 0, err
	}
	return len(p), nil
}

// NewEvents returns a stream of go test -json without commands in lines that begin
// with FAIL. testjson prints those lines straight to standard error, past any Log.
func NewEvents(provider Provider, in io.Reader) io.Reader {
	return &events{provider: provider, in: bufio.NewReaderSize(in, 64<<10)}
}

type events struct {
	provider Provider
	in       *bufio.Reader
	rest     []byte // the unread rest of the current piece
	middle   bool   // whether rest is not the start of a line
	fail     bool   // whether the line begins with FAIL
	err      error
}

// Read implements io.Reader. It returns as many lines as have arrived, because the output of a
// test takes little memory only if its lines are read together.
func (e *events) Read(p []byte) (n int, err error) {
	for n == 0 || e.hasLine() {
		for len(e.rest) == 0 {
			if e.err != nil && !errors.Is(e.err, bufio.ErrBufferFull) {
				return n, e.err
			}
			e.fill()
		}
		read := copy(p[n:], e.rest)
		e.rest = e.rest[read:]
		if n += read; n == len(p) {
			break
		}
	}
	return n, nil
}

// hasLine reports whether another line has arrived.
func (e *events) hasLine() bool {
	arrived, _ := e.in.Peek(e.in.Buffered())
	return bytes.IndexByte(arrived, '\n') >= 0
}

// fill reads the next piece.
func (e *events) fill() {
	e.rest, e.err = e.in.ReadSlice('\n')
	if !e.middle {
		e.fail = bytes.HasPrefix(e.rest, []byte("FAIL"))
	}
	text, ended := bytes.CutSuffix(e.rest, []byte("\n"))
	e.middle = !ended
	if e.fail {
		line := neutral(e.provider, string(text))
		if ended {
			line += "\n"
		}
		e.rest = []byte(line)
	}
}
