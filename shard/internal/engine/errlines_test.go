package engine

import (
	"bufio"
	"io"
	"strings"
	"sync"
	"testing"
)

func TestErrLinesTellWhoseALineIs(t *testing.T) {
	e := NewErrLines(2)
	var writing sync.WaitGroup
	long := strings.Repeat("x", 100_000)
	for source, text := range map[string]string{"a": "a1\na2\n\nwithout an end", "b": "b1\r\n" + long + "\n"} {
		writing.Go(func() { e.ReadLines(source, fewBytes{strings.NewReader(text)}) })
	}
	go func() { writing.Wait(); e.Close() }()

	got := map[string][]string{}
	scanner := bufio.NewScanner(e)
	for scanner.Scan() {
		got[e.source()] = append(got[e.source()], scanner.Text())
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err) // a line that testjson could not read either
	}
	if a := strings.Join(got["a"], "|"); a != "a1|a2||without an end" {
		t.Errorf("a: %q", a)
	}
	if b := strings.Join(got["b"], ""); b != "b1"+long {
		t.Errorf("b: %d bytes", len(b))
	}
}

// fewBytes reads a few bytes at a time.
type fewBytes struct{ r io.Reader }

func (o fewBytes) Read(p []byte) (int, error) { return o.r.Read(p[:min(len(p), 7)]) }
