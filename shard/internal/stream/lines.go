package stream

import (
	"bufio"
	"bytes"
	"io"
	"math"

	"github.com/gotestshard/gotestshard/shard/internal/lines"
)

// maxScan is the longest line that testjson reads, with its newline, in bytes.
const maxScan = 64 << 10

// ShortLines returns a go test -json stream without the lines that testjson
// cannot read: the output of a line over 64 KiB becomes that of several. All
// other lines stay as they are, byte for byte.
func ShortLines(in io.Reader) io.Reader {
	return newLineReader(in, func(line []byte) []byte {
		return writeLong(nil, bytes.TrimRight(line, "\r\n"), nil)
	})
}

// CutLines returns text in which no line is longer than testjson can read.
func CutLines(in io.Reader) io.Reader {
	return newLineReader(in, func(line []byte) []byte {
		var pieces []byte
		for len(line) > maxLine {
			pieces = append(append(pieces, line[:maxLine]...), '\n')
			line = line[maxLine:]
		}
		return append(pieces, line...)
	})
}

// lineReader reads whole lines, and has long ones rewritten.
type lineReader struct {
	in   *lines.Reader
	long func(line []byte) []byte
	rest []byte // what of the current line is still to be read
	err  error
}

func newLineReader(in io.Reader, long func(line []byte) []byte) *lineReader {
	return &lineReader{in: lines.NewReader(bufio.NewReaderSize(in, maxScan), math.MaxInt), long: long}
}

func (r *lineReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.rest, r.err = r.in.Next()
		if len(bytes.TrimSuffix(r.rest, []byte{'\n'})) >= maxScan {
			r.rest = r.long(r.rest)
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
