package result

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Data is in the file a second after it was written, even if the node is killed.
func TestNothingStaysInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		w, err := NewWriter(&out, Header{Part: 1, Parts: 1})
		if err != nil {
			t.Fatal(err)
		}
		events := func() (n int) {
			if err := records(bytes.NewReader(out.Bytes()), func(Record) { n++ }); !errors.Is(err, ErrCut) {
				t.Error(err)
			}
			return n
		}
		if n := events(); n != 0 {
			t.Errorf("%d events", n)
		}
		for want := 1; want <= 3; want++ {
			if err := w.Event([]byte(`{"Action":"run"}`)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(flushAfter)
			synctest.Wait()
			if n := events(); n != want {
				t.Errorf("%d events, want %d", n, want)
			}
		}
		w.Abandon()
		if err := w.Event([]byte(`{"Action":"run"}`)); err == nil {
			t.Error("it was written to after its end")
		}
	})
}

// The first write error is also the error of all later calls.
func TestErrorsOfWriting(t *testing.T) {
	full := errors.New("the disk is full")
	w, err := NewWriter(&limited{left: 300, err: full}, Header{Part: 1, Parts: 1})
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; err == nil && i < 1_000_000; i++ {
		err = w.Event(fmt.Appendf(nil, `{"Action":"output","Output":"%d"}`, i*i))
	}
	if !errors.Is(err, full) || !errors.Is(w.End(End{}), full) || !errors.Is(w.Stderr("x"), full) {
		t.Error(err)
	}
	w, err = NewWriter(io.Discard, Header{Part: 1, Parts: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Event(make([]byte, longestLine)); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Error(err)
	}
	if err := w.Coverage(strings.NewReader(strings.Repeat("x", 10_000))); err == nil {
		t.Error("a profile without lines was written")
	}
}

type limited struct {
	left int
	err  error
}

func (l *limited) Write(p []byte) (int, error) {
	if l.left -= len(p); l.left < 0 {
		return 0, l.err
	}
	return len(p), nil
}
