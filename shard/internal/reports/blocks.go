package reports

import "io"

// blocks writes texts of whole lines in blocks. So a long text is not in memory, and a short
// one is one write. Errors are dropped, as elsewhere in the summary.
type blocks struct {
	out  io.Writer
	text []byte
	last byte // that was written
}

// longBlock is the size in bytes from which a block is written.
const longBlock = 64 << 10

func newBlocks(out io.Writer) *blocks { return &blocks{out: out} }

// Write implements io.Writer.
func (b *blocks) Write(text []byte) (int, error) { return b.WriteString(string(text)) }

// WriteString implements io.StringWriter.
func (b *blocks) WriteString(text string) (int, error) {
	if b.text = append(b.text, text...); len(b.text) >= longBlock {
		b.flush()
	}
	return len(text), nil
}

// endLine adds a newline if the last line has none.
func (b *blocks) endLine() {
	if n := len(b.text); n > 0 {
		b.last = b.text[n-1]
	}
	if b.last != '\n' {
		_, _ = b.WriteString("\n")
	}
}

// flush writes the rest.
func (b *blocks) flush() {
	if n := len(b.text); n > 0 {
		b.last = b.text[n-1]
		_, _ = b.out.Write(b.text)
		b.text = b.text[:0]
	}
}
