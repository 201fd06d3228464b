// Package lines reads lines that may be longer than a buffer, up to a bound.
package lines

import (
	"bufio"
	"errors"
)

// ErrLong is the error of a Reader at a line of more bytes than it may have.
var ErrLong = errors.New("the line is too long")

// kept is how large the memory of a long line may be, in bytes, to be used again: one
// such line among many would have it to the end.
const kept = 1 << 20

// Reader reads lines. One that the buffer has whole is not copied.
type Reader struct {
	in      *bufio.Reader
	longest int
	joined  []byte // the pieces of a line that the buffer does not have whole
}

// NewReader returns a reader of lines of at most so many bytes, with their newlines.
func NewReader(in *bufio.Reader, longest int) *Reader { return &Reader{in: in, longest: longest} }

// Next returns the next line with its newline, valid until the next call. With an error,
// such as io.EOF at the end, comes what was there of the line, but for ErrLong.
func (r *Reader) Next() ([]byte, error) {
	if r.joined = r.joined[:0]; cap(r.joined) > kept {
		r.joined = nil
	}
	for {
		piece, err := r.in.ReadSlice('\n')
		switch {
		case len(r.joined)+len(piece) > r.longest:
			return nil, ErrLong
		case err == nil && len(r.joined) == 0:
			return piece, nil
		}
		r.joined = append(r.joined, piece...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return r.joined, err
		}
	}
}
