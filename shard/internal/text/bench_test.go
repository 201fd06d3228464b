package text

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
)

// benchText is the text of a test process with some lines in each of its tests.
func benchText(process, tests, lines int) []byte {
	var text bytes.Buffer
	for i := range tests {
		fmt.Fprintf(&text, "\x16=== RUN   TestNumber%dOf%d\n", i, process)
		text.WriteString(strings.Repeat("    some_test.go:12: a line that a test has logged\n", lines))
		fmt.Fprintf(&text, "\x16--- PASS: TestNumber%dOf%d (0.01s)\n\x16=== NAME  \n", i, process)
	}
	return text.Bytes()
}

// BenchmarkMerge merges four processes with 250,000 lines each, in pieces of 32 KiB, as
// io.Copy does.
func BenchmarkMerge(b *testing.B) {
	var texts [][]byte
	var size int64
	for i := range 4 {
		texts = append(texts, benchText(i, 2500, 97))
		size += int64(len(texts[i]))
	}
	run := func(name string, open func() func() io.Writer) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				process := open()
				var group sync.WaitGroup
				for _, text := range texts {
					w := process()
					group.Go(func() {
						_, _ = io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{bytes.NewReader(text)}, make([]byte, 32<<10))
					})
				}
				group.Wait()
			}
		})
	}
	var mu sync.Mutex
	run("copy", func() func() io.Writer {
		return func() io.Writer { return &locked{&mu, &discard{}} }
	})
	run("merge", func() func() io.Writer {
		merge := NewMerge(&discard{})
		return func() io.Writer { return merge.Process(Options{}) }
	})
	run("observe", func() func() io.Writer {
		return func() io.Writer { return NewObserver(&discard{}, Options{}) }
	})
}

// discard copies its input, as a pipe does.
type discard struct{ buf [64 << 10]byte }

func (d *discard) Write(text []byte) (int, error) {
	for rest := text; len(rest) > 0; {
		rest = rest[copy(d.buf[:], rest):]
	}
	return len(text), nil
}

type locked struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l *locked) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(text)
}
