package stream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// chunked returns a reader of s in pieces of at most size bytes.
type chunked struct {
	s    string
	size func() int
}

func (c *chunked) Read(p []byte) (int, error) {
	if c.s == "" {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), max(1, c.size()))], c.s)
	c.s = c.s[n:]
	return n, nil
}

func sourceText(name string, tests int) string {
	var b strings.Builder
	b.WriteString(ev("start", name) + "\n")
	for i := range tests {
		test := fmt.Sprintf("Test=T%d", i)
		b.WriteString(ev("run", name, test) + "\n")
		b.WriteString(ev("output", name, test, "Output="+strings.Repeat("x", i%300)+"\n") + "\n")
		b.WriteString(ev("pass", name, test) + "\n")
	}
	b.WriteString(ev("pass", name, "Elapsed=1"))
	return b.String() // no newline at the end
}

// However a stream arrives, the lines of each source are complete and in order.
func TestReaderInAnyChunking(t *testing.T) {
	chunkings := map[string]func() int{
		"bulk":      func() int { return 1 << 20 },
		"byte":      func() int { return 1 },
		"two bytes": func() int { return 2 },
		"4096":      func() int { return 4096 },
		"random":    func() int { return rand.IntN(700) },
	}
	for name, size := range chunkings {
		for _, newline := range []string{"\n", "\r\n"} {
			t.Run(fmt.Sprintf("%s %q", name, newline), func(t *testing.T) {
				names := []string{"p", "q", "r"}
				var sources []Source
				var inputs []io.Reader
				for i, pkg := range names {
					sources = append(sources, Source{Name: fmt.Sprintf("s%d", i)})
					inputs = append(inputs, &chunked{s: strings.ReplaceAll(sourceText(pkg, 50), "\n", newline), size: size})
				}
				r := NewReader(context.Background(), NewMerge(sources), inputs)
				defer r.Close()
				out, err := io.ReadAll(r)
				if err != nil {
					t.Fatal(err)
				}
				for i, pkg := range names {
					m := NewMerge([]Source{{Name: fmt.Sprintf("s%d", i)}})
					var feeds []feed
					for line := range strings.Lines(sourceText(pkg, 50)) {
						feeds = append(feeds, feed{0, strings.TrimSuffix(line, "\n")})
					}
					want := strings.Split(strings.TrimSpace(mergeAll(t, m, feeds)), "\n")
					var got []string
					for line := range strings.Lines(string(out)) {
						if strings.Contains(line, fmt.Sprintf(`"Package":%q`, pkg)) {
							got = append(got, strings.TrimSuffix(line, "\n"))
						}
					}
					if !slices.Equal(got, want) {
						t.Errorf("%s: %d lines, want %d", pkg, len(got), len(want))
					}
				}
			})
		}
	}
}

func TestReaderEndsWithAnInputsError(t *testing.T) {
	broken := errors.New("broken")
	r := NewReader(context.Background(), NewMerge([]Source{{Name: "a"}, {Name: "b"}}), []io.Reader{
		strings.NewReader(sourceText("p", 3)),
		io.MultiReader(strings.NewReader(ev("start", "q")+"\n"), iotest.ErrReader(broken)),
	})
	defer r.Close()
	if _, err := io.ReadAll(r); !errors.Is(err, broken) {
		t.Fatalf("got %v", err)
	}
}

func TestReaderEndsWithALineThatIsNoEvent(t *testing.T) {
	r := NewReader(context.Background(), NewMerge([]Source{{Name: "a"}}), []io.Reader{
		strings.NewReader(ev("start", "p") + "\nnonsense\n" + ev("pass", "p")),
	})
	out, err := io.ReadAll(r)
	r.Close()
	var bad *NonJSONError
	if !errors.As(err, &bad) || !errors.As(r.Err(), &bad) || bad.Number != 2 {
		t.Fatalf("got %v and %v", err, r.Err())
	}
	checkLines(t, string(out), []string{ev("start", "p", "Worker=a")})
}

// A bad line ends the stream at once, even if another input continues.
func TestReaderDoesNotWaitForTheOthersAfterAnError(t *testing.T) {
	read, write := io.Pipe()
	r := NewReader(context.Background(), NewMerge([]Source{{Name: "a"}, {Name: "b"}}), []io.Reader{
		strings.NewReader("nonsense\n"), read,
	})
	var bad *NonJSONError
	if _, err := io.ReadAll(r); !errors.As(err, &bad) {
		t.Errorf("got %v", err)
	}
	if err := write.Close(); err != nil { // as its process does when it is stopped
		t.Fatal(err)
	}
	r.Close()
}

func TestReaderIsAbandoned(t *testing.T) {
	read, write := io.Pipe()
	r := NewReader(context.Background(), NewMerge([]Source{{Name: "a"}}), []io.Reader{read})
	r.Abandon()
	// r is not read, but the writer does not block.
	for range 1000 {
		if _, err := io.WriteString(write, ev("run", "p", "Test=T")+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	if err := write.Close(); err != nil {
		t.Fatal(err)
	}
	r.Close()
	if r.Err() != nil {
		t.Errorf("got %v", r.Err())
	}
}

// FuzzMerge passes any lines to two sources: nothing panics, every output line has at
// most maxLine bytes, and every package that started ends.
func FuzzMerge(f *testing.F) {
	f.Add(ev("start", "p")+"\n"+ev("pass", "p"), ev("start", "p")+"\n"+ev("fail", "p"))
	f.Add(ev("run", "p", "Test=BenchmarkX"), ev("output", "p", "Output=ok  \tp\t1.000s\n"))
	f.Add(`{"Worker":"x"}`, `{"Action":"pass","Package":"p","Elapsed":"1"}`)
	f.Fuzz(func(t *testing.T, a, b string) {
		m := NewMerge([]Source{{Name: "a", PassNonJSON: func([]byte) {}}, {Name: "b", PassNonJSON: func([]byte) {}}})
		var out []byte
		linesA, linesB := strings.Split(a, "\n"), strings.Split(b, "\n")
		for i := range max(len(linesA), len(linesB)) {
			for source, lines := range [][]string{linesA, linesB} {
				if i >= len(lines) {
					continue
				}
				next, err := m.Line(out, source, []byte(lines[i]))
				if err != nil {
					continue // a package's end that testjson does not accept as an event either
				}
				out = next
			}
		}
		for source := range 2 {
			var err error
			if out, err = m.End(out, source, nil); err != nil {
				t.Fatal(err)
			}
		}
		open, ends := map[string]bool{}, map[string]int{}
		for line := range strings.Lines(string(out)) {
			var h header
			err := parseHeader([]byte(strings.TrimSuffix(line, "\n")), &h)
			if err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			if len(h.test) > 0 || len(h.pkg) == 0 {
				continue
			}
			switch string(h.action) {
			case "start":
				open[string(h.pkg)] = true
			case "pass", "fail", "skip":
				delete(open, string(h.pkg))
				if ends[string(h.pkg)]++; ends[string(h.pkg)] > 3 { // skip, pass, fail
					t.Fatalf("%q ended again", h.pkg)
				}
			}
		}
		if len(open) > 0 {
			t.Fatalf("without an end: %v", open)
		}
	})
}

// BenchmarkReader merges the events of a million-event stream, dated on a day that exists
// in each month and on one that does not.
func BenchmarkReader(b *testing.B) {
	for _, day := range []string{"15", "30"} {
		b.Run("day "+day, func(b *testing.B) {
			begin := `{"Time":"2026-01-` + day + `T10:20:30.123456789+01:00",`
			text := strings.ReplaceAll("\n"+sourceText("example.com/some/package", 1000), "\n{", "\n"+begin)[1:]
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				r := NewReader(context.Background(), NewMerge([]Source{{Name: "a"}}), []io.Reader{strings.NewReader(text)})
				if _, err := io.Copy(io.Discard, r); err != nil {
					b.Fatal(err)
				}
				r.Close()
			}
		})
	}
}
