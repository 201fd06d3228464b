package process

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

func TestPipe(t *testing.T) {
	read, write, err := NewPipe()
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Repeat("a line of a process\n", 3*pauseAfter/20) // more than a pipe has room for
	go func() {
		_, _ = io.WriteString(write, want) // the reader gets less after an error
		_ = write.Close()
	}()
	got, err := io.ReadAll(read)
	if string(got) != want || err != nil {
		t.Errorf("read %d of %d bytes, %v", len(got), len(want), err)
	}
	if n, err := read.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("after the end: %d, %v", n, err)
	}
	if err := read.Close(); err != nil {
		t.Error(err)
	}
	if n, err := read.Read(make([]byte, 1)); n != 0 || !errors.Is(err, os.ErrClosed) {
		t.Errorf("after Close: %d, %v", n, err)
	}
	if err := read.Close(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("second Close: %v", err)
	}
}

// A process that was left behind may hold the pipe open.
func TestClosingAPipeEndsARead(t *testing.T) {
	read, write, err := NewPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = write.Close() }()
	watched := Watch(read)
	ended := make(chan error, 1)
	go func() {
		_, err := watched.Read(make([]byte, 1))
		ended <- err
	}()
	for watched.Idle() == 0 {
		time.Sleep(time.Millisecond) // until it waits
	}
	if err := read.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
}

func TestPauses(t *testing.T) {
	for _, c := range []struct {
		name              string
		last, total, room int
		want              bool
	}{
		{"at first", 0, 0, 32 << 10, false},
		{"a process that prints little", 20, pauseAfter - 1, 32 << 10, false},
		{"a process that prints a line at a time", 20, pauseAfter, 32 << 10, true},
		{"one that prints fast", pauseBelow, pauseAfter, 32 << 10, false},
		{"as much as there was room for", 4 << 10, pauseAfter, 4 << 10, false},
		{"less than there was room for", 4<<10 - 1, pauseAfter, 4 << 10, true},
	} {
		if got := pauses(c.last, c.total, c.room); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
