package stream

import (
	"bufio"
	"bytes"
	"io"
	"math"

	"github.com/gotestshard/gotestshard/shard/internal/lines"
)

// maxScan is the longest line that testjson can read, with its newline, in bytes.
const maxScan = 64 << 10

// ShortLines returns a go test -json stream without lines that are too long for testjson:
// the output of a line over 64 KiB is split over several lines. All other lines are
// unchanged.
func ShortLines(in io.Reader) io.Reader {
	return newLineReader(in, func(line []byte) []byte {
		return writeLong(nil, bytes.TrimRight(line, "\r\n"), nil)
	})
}

// CutLines returns text with long lines cut, so that testjson can read all of them.
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

// newLineReader returns a reader of whole lines, which rewrites long ones.
func newLineReader(in io.Reader, long func(line []byte) []byte) io.Reader {
	reader := lines.NewReader(bufio.NewReaderSize(in, maxScan), math.MaxInt)
	var end error
	return lines.NewPieces(func() ([]byte, error) {
		if end != nil {
			return nil, end
		}
		var line []byte
		if line, end = reader.Next(); len(bytes.TrimSuffix(line, []byte{'\n'})) >= maxScan {
			line = long(line)
		}
		return line, nil
	})
}
