package observe

import (
	"os"
	"strings"
	"testing"
)

// TestOutputSpool: in any order of writes, each test gets its own output back, and only a
// little of it is in memory.
func TestOutputSpool(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s := newOutputSpool()
	tests := make([]Output, 300)
	want := make([]strings.Builder, len(tests))
	line := strings.Repeat("x", 199) + "\n"
	for round := range 500 {
		for i := range tests {
			if round >= 10 && i%3 == 0 {
				continue // a test with little output
			}
			s.add(&tests[i], line[i%100:])
			want[i].WriteString(line[i%100:])
		}
		if s.bytes > allOutputInMemory+outputInMemory {
			t.Fatalf("%d bytes in memory", s.bytes)
		}
	}
	if s.spilled == 0 {
		t.Fatal("nothing went to the file")
	}
	for i := range tests {
		if got := s.text(&tests[i]); got != want[i].String() {
			t.Fatalf("test %d: %d bytes are not the %d that were added", i, len(got), want[i].Len())
		}
		from, to := want[i].Len()/3, want[i].Len()-7
		if got := string(s.span(&tests[i], int64(from), int64(to))); got != want[i].String()[from:to] {
			t.Fatalf("test %d: the %d bytes of a span are not the %d that were added", i, len(got), to-from)
		}
	}
	if info, err := s.file.File.Stat(); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("other users can access the file: %v, %v", info.Mode(), err)
	}
	for i := range tests {
		s.drop(&tests[i])
	}
	if info, err := s.file.File.Stat(); err != nil || info.Size() != 0 || s.bytes != 0 {
		t.Errorf("%d dropped bytes are left in the file and %d in memory: %v", info.Size(), s.bytes, err)
	}
	if err := s.file.Close(); err != nil {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(os.Getenv("TMPDIR")); len(entries) != 0 {
		t.Error("left behind", entries)
	}
}

// TestOutputSpoolJoinsParts: a long output of one test is one part of the file, even if it
// was added in many pieces.
func TestOutputSpoolJoinsParts(t *testing.T) {
	s := newOutputSpool()
	var o Output
	for range 10 * outputInMemory / 100 {
		s.add(&o, strings.Repeat("y", 100))
	}
	if len(o.parts) != 1 || s.bytes >= outputInMemory {
		t.Errorf("%d parts, %d bytes in memory", len(o.parts), s.bytes)
	}
	if err := s.file.Close(); err != nil {
		t.Error(err)
	}
}

// TestOutputSpoolWithoutRoom: if output cannot be stored, it is empty, and Close returns an
// error.
func TestOutputSpoolWithoutRoom(t *testing.T) {
	t.Setenv("TMPDIR", "/nowhere")
	n := newOutputs()
	var o Output
	n.spool.add(&o, strings.Repeat("y", 2*outputInMemory))
	if text := n.Text(&o); text != "" {
		t.Errorf("%d bytes", len(text))
	}
	if err := n.Close(); err == nil || !strings.HasPrefix(err.Error(), "keeping the output of tests in a temporary file: ") {
		t.Error(err)
	}
}
