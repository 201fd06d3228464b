package history

import (
	"bytes"
	"testing"
	"time"
)

// A history that is not in a file gets the same text as one that is.
func TestMergedText(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var text []byte
	want := newHistory()
	for _, run := range []*Run{record("TestA 5", "complete"), record("TestB 7")} {
		again, err := run.Merged(text, now, mostBytes)
		if err != nil {
			t.Fatal(err)
		}
		if text, err = run.Merged(text, now, mostBytes); err != nil || !bytes.Equal(text, again) {
			t.Errorf("merged twice it is %s and %s, %v", again, text, err)
		}
		want.merge(run, today)
	}
	if !bytes.Equal(text, want.encode()) {
		t.Errorf("got %s\nwant %s", text, want.encode())
	}
	if short, err := record().Merged(text, now, 150); err != nil || len(short) > 150 {
		t.Errorf("%d bytes, %v", len(short), err)
	}
	if _, err := record().Merged([]byte("{}"), now, mostBytes); err == nil {
		t.Error("a foreign text is a history")
	}
}
