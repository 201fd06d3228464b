package spool

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// A Pipe returns what was written, in order, and keeps little of it in memory while it is
// not read.
func TestSpoolInFile(t *testing.T) {
	s := NewPipe()
	var want bytes.Buffer
	write := func(n int) {
		for range n {
			piece := bytes.Repeat([]byte{byte(want.Len() % 251)}, 997)
			want.Write(piece)
			if _, err := s.Write(piece); err != nil {
				t.Fatal(err)
			}
		}
	}
	var got bytes.Buffer
	read := func(n int64) {
		if _, err := io.CopyN(&got, s, n); err != nil {
			t.Fatal(err)
		}
	}
	write(10)
	read(5000)
	write(4000) // more than fits in memory
	if cap(s.data) > 2*inMemory || s.file.size == 0 {
		t.Errorf("%d bytes in memory, %d in the file", cap(s.data), s.file.size)
	}
	read(2_000_000)
	write(1000)
	read(int64(want.Len() - got.Len()))
	write(10) // the file is empty again
	if s.file.size != 0 {
		t.Errorf("%d bytes are in the file", s.file.size)
	}
	s.Close()
	if rest, err := io.ReadAll(s); err != nil || !bytes.Equal(append(got.Bytes(), rest...), want.Bytes()) {
		t.Errorf("%d and %d bytes are not the %d that were written: %v", got.Len(), len(rest), want.Len(), err)
	}
}

func TestSpool(t *testing.T) {
	s := NewPipe()
	for range 1000 { // without reading
		if _, err := io.WriteString(s, "0123456789"); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan string)
	go func() {
		all, err := io.ReadAll(s)
		if err != nil {
			t.Error(err)
		}
		done <- string(all)
	}()
	if _, err := io.WriteString(s, "end"); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if got := <-done; got != strings.Repeat("0123456789", 1000)+"end" {
		t.Errorf("got %d bytes", len(got))
	}
}
