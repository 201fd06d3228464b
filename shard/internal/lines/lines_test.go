package lines

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReader(t *testing.T) {
	const buffer = 16 // the smallest size that bufio allows
	broken := errors.New("broken")
	long := func(n int) string { return strings.Repeat("x", n) }
	for _, c := range []struct {
		name string
		in   string
		err  error // after in, nil for the end
		want []string
		ends error
	}{
		{"nothing", "", nil, []string{""}, io.EOF},
		{"short lines", "a\n\nb\r\n", nil, []string{"a\n", "\n", "b\r\n", ""}, io.EOF},
		{"no newline at the end", "a\nb", nil, []string{"a\n", "b"}, io.EOF},
		{"as long as the buffer", long(buffer-1) + "\na\n", nil, []string{long(buffer-1) + "\n", "a\n", ""}, io.EOF},
		{"longer", long(buffer) + "\n" + long(3*buffer) + "\na\n", nil, []string{long(buffer) + "\n", long(3*buffer) + "\n", "a\n", ""}, io.EOF},
		{"as long as the buffer, at the end", long(buffer), nil, []string{long(buffer)}, io.EOF},
		{"as long as may be", long(99) + "\na\n", nil, []string{long(99) + "\n", "a\n", ""}, io.EOF},
		{"too long", "a\n" + long(100) + "\na\n", nil, []string{"a\n", ""}, ErrLong},
		{"too long, at the end", long(101), nil, []string{""}, ErrLong},
		{"an error between two lines", "a\n", broken, []string{"a\n", ""}, broken},
		{"an error within a line", "a\n" + long(2*buffer), broken, []string{"a\n", long(2 * buffer)}, broken},
	} {
		t.Run(c.name, func(t *testing.T) {
			var in io.Reader = strings.NewReader(c.in)
			if c.err != nil {
				in = io.MultiReader(in, iotest.ErrReader(c.err))
			}
			r := NewReader(bufio.NewReaderSize(iotest.HalfReader(in), buffer), 100)
			for i, want := range c.want {
				line, err := r.Next()
				if string(line) != want {
					t.Errorf("line %d: %q, want %q", i, line, want)
				}
				if last := i == len(c.want)-1; last && !errors.Is(err, c.ends) || !last && err != nil {
					t.Errorf("line %d: %v", i, err)
				}
			}
		})
	}
}

// The memory of a long line is freed while short lines follow.
func TestReaderKeepsLittle(t *testing.T) {
	r := NewReader(bufio.NewReaderSize(strings.NewReader(strings.Repeat("x", 4*kept)+"\na\n"), 64<<10), 8*kept)
	for range 2 {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	}
	if held := cap(r.joined); held > kept {
		t.Errorf("%d bytes are held", held)
	}
}
