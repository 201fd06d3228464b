package format

import (
	"bytes"
	"io"
	"strings"

	"gotest.tools/gotestsum/testjson"
)

// longBlock is how much text is written at once, in bytes.
const longBlock = 64 << 10

// extended shows more than a format does, such as failures when they happen.
type extended struct {
	Formatter
	out      *lineEnds
	prefixes *Prefixes // nil for none
	more     func(event testjson.TestEvent, exec *testjson.Execution) string
	running  Running
}

func newExtended(out io.Writer, name string, opts Options) (Formatter, error) {
	f := &extended{out: &lineEnds{out: out}, more: opts.More, running: Running{}}
	if opts.Workers != nil {
		f.prefixes = NewPrefixes(opts.Workers)
	}
	var err error
	f.Formatter, err = newFormatter(f.out, name, opts)
	return f, err
}

// Format implements Formatter.
func (f *extended) Format(event testjson.TestEvent, lines []byte, exec *testjson.Execution) error {
	worker := Worker(event)
	if worker == "" {
		worker = f.running.Of(event)
	}
	f.running.Note(event, worker)
	if err := f.Formatter.Format(event, lines, exec); err != nil {
		return err
	}
	text := f.more(event, exec)
	if text == "" {
		return nil
	}
	prefix := ""
	if f.prefixes != nil {
		prefix = f.prefixes.Of(worker)
	}
	var b bytes.Buffer
	if f.out.open {
		b.WriteByte('\n')
	}
	for line := range strings.Lines(text) {
		if line != "\n" { // a blank line is a separator
			b.WriteString(prefix)
		}
		b.WriteString(line)
		if b.Len() >= longBlock {
			if _, err := b.WriteTo(f.out); err != nil {
				return err
			}
		}
	}
	_, err := b.WriteTo(f.out)
	return err
}

// lineEnds notes whether the last line is unfinished.
type lineEnds struct {
	out  io.Writer
	open bool
}

func (l *lineEnds) Write(text []byte) (int, error) {
	if len(text) > 0 {
		l.open = text[len(text)-1] != '\n'
	}
	return l.out.Write(text)
}
