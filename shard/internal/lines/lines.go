// Package lines reads lines that may be longer than a buffer, up to a bound, and writes whole ones.
package lines

import (
	"bufio"
	"errors"
)

// ErrLong is the error of a Reader for a line that is longer than its limit.
var ErrLong = errors.New("the line is too long")

// kept is the largest buffer of a long line that is kept for reuse, in bytes. Otherwise a
// single long line would hold its memory to the end.
const kept = 1 << 20

// Reader reads lines. A line that fits into the buffer is not copied.
type Reader struct {
	in      *bufio.Reader
	longest int
	joined  []byte // the pieces of a line that does not fit into the buffer
}

// NewReader returns a reader of lines of at most longest bytes, including their newlines.
func NewReader(in *bufio.Reader, longest int) *Reader { return &Reader{in: in, longest: longest} }

// Next returns the next line with its newline, valid until the next call. With an error
// other than ErrLong, such as io.EOF at the end, it returns the part of the line that was
// read.
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
