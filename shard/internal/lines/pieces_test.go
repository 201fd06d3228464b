package lines

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// Pieces are returned whole and in order, each before the next one is made, and then the
// error, repeatedly.
func TestPieces(t *testing.T) {
	broken := errors.New("broken")
	pieces := []string{"one ", "", "two ", "", "three"}
	buf := make([]byte, 10) // used again for each piece
	made := 0
	p := NewPieces(func() ([]byte, error) {
		if made == len(pieces) {
			return nil, broken
		}
		made++
		return buf[:copy(buf, pieces[made-1])], nil
	})
	first := make([]byte, 100)
	if n, err := p.Read(first); string(first[:n]) != "one " || err != nil || made != 1 {
		t.Errorf("the first is %q, %v after %d pieces", first[:n], err, made)
	}
	var rest strings.Builder
	if _, err := io.Copy(&rest, iotest.OneByteReader(p)); rest.String() != "two three" || !errors.Is(err, broken) {
		t.Errorf("the others are %q, %v", rest.String(), err)
	}
	if n, err := p.Read(first); n != 0 || !errors.Is(err, broken) {
		t.Errorf("after the end there are %d bytes, %v", n, err)
	}
}
