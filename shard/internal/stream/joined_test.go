package stream

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

// readJoined returns the lines of a joined stream and the lines that they were made of.
func readJoined(t *testing.T, in io.Reader) (lines []string, made string) {
	t.Helper()
	j := NewJoined(in, true)
	for {
		next, err := j.Next()
		if errors.Is(err, io.EOF) {
			return lines, made
		}
		if err != nil {
			t.Fatal(err)
		}
		line := strings.TrimSuffix(string(next.Text), "\n")
		lines = append(lines, line)
		if of := j.Lines(); of != nil {
			made += string(of) + "\n"
		} else {
			made += line + "\n"
		}
	}
}

func TestJoined(t *testing.T) {
	const time = `{"Time":"2026-01-02T03:04:05.123Z",`
	out := func(text string) string {
		return time + `"Action":"output","Package":"p","Test":"T","Output":"` + text + `"}`
	}
	for _, c := range []struct {
		name  string
		in    []string
		lines int
	}{
		{"lines of a test", []string{out(`a\n`), out(`b\n`), out(`\"c\\\\\"\n`), out(`\n`), out(`\tx\n`), out(`\u001b[1m\n`)}, 1},
		{"two tests", []string{out(`a\n`), strings.Replace(out(`a\n`), `"T"`, `"U"`, 1)}, 2},
		{"two packages", []string{out(`a\n`), strings.Replace(out(`a\n`), `"p"`, `"q"`, 1)}, 2},
		{"two workers", []string{strings.Replace(out(`a\n`), `"}`, `","Worker":"gw0"}`, 1), strings.Replace(out(`a\n`), `"}`, `","Worker":"gw1"}`, 1)}, 2},
		{"one worker", []string{strings.Replace(out(`a\n`), `"}`, `","Worker":"gw0"}`, 1), strings.Replace(out(`b\n`), `"}`, `","Worker":"gw0"}`, 1)}, 1},
		{"kinds of output", []string{strings.Replace(out(`a\n`), `"}`, `","OutputType":"error"}`, 1), strings.Replace(out(`b\n`), `"}`, `","OutputType":"error-continue"}`, 1)}, 2},
		{"a key that is not known", []string{strings.Replace(out(`a\n`), `"}`, `","Action":"pass"}`, 1), strings.Replace(out(`b\n`), `"}`, `","Action":"pass"}`, 1)}, 2},
		{"framing", []string{out(`=== RUN   T\n`), out(`a\n`), out(`    --- FAIL: T/x (0.00s)\n`), out(`b\n`), out(`=== PAUSE T\n`)}, 5},
		{"a note", []string{out(`a\n`), out(`b\n`), out(`    gotestshard: x\n`), out(`c\n`), out(`gotestshard: y\n`)}, 4},
		{"a panic", []string{out(`a\n`), out(`b\n`), out(`panic: x\n`), out(`c\n`), out(`d\n`)}, 3},
		{"a data race", []string{out(`a\n`), out(`WARNING: DATA RACE\n`), out(`c\n`)}, 3},
		{"letters as escapes", []string{out(`a\n`), out(`\u0070anic: x\n`), out(` \u003d== RUN   T\n`)}, 3},
		{"lines without an end", []string{out(`a`), out(`b`), out(`c\\n`), out(`d\n`)}, 4},
		{"output of a package", []string{`{"Action":"output","Package":"p","Output":"a\n"}`, `{"Action":"output","Package":"p","Output":"b\n"}`}, 2},
		{"without a time", []string{`{"Action":"output","Package":"p","Test":"T","Output":"a\n"}`, `{"Action":"output","Package":"p","Test":"T","Output":"b\n"}`}, 1},
		{"not a go test -json event", []string{"x", `{"`, `{"Time":"`, `{"Action":"output","Package":"p","Test":"T","Output":"a\n"`}, 4},
		{"as much as testjson can read", slicesRepeat(out(strings.Repeat("x", 998)+`\n`), 100), 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Join(c.in, "\n") + "\n"
			lines, made := readJoined(t, strings.NewReader(text))
			if made != text {
				t.Errorf("made of\n%s\nnot\n%s", made, text)
			}
			if len(lines) != c.lines {
				t.Errorf("%d lines, not %d:\n%s", len(lines), c.lines, strings.Join(lines, "\n"))
			}
		})
	}
}

func slicesRepeat(line string, n int) []string {
	return strings.Split(strings.Repeat(line+"\n", n-1)+line, "\n")
}

// seenEvent is what testjson reads of an event.
type seenEvent struct{ Time, Action, Package, Test, Output, Key, Value string }

// unjoined returns the events of lines, with consecutive output as one event.
func unjoined(lines []string) (events []seenEvent) {
	for _, line := range lines {
		var e seenEvent
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			e.Output = "not an event: " + line
		}
		e.Time = ""
		if last := len(events) - 1; last >= 0 && e.Action == "output" && e.Test != "" {
			before := events[last]
			if before.Action == "output" && before.Package == e.Package && before.Test == e.Test {
				events[last].Output += e.Output
				continue
			}
		}
		events = append(events, e)
	}
	return events
}

// With any input, in any pieces: nothing is lost, and the events are equivalent.
func FuzzJoined(f *testing.F) {
	for _, pattern := range []string{"testdata/*/*.out", "../../testdata/streams/recorded/*.out"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(text[:min(len(text), 32<<10)]), 7)
		}
	}
	line := `{"Time":"2026-01-02T03:04:05Z","Action":"output","Package":"p","Test":"T","Output":"%s\n"}` + "\n"
	f.Add(fmt.Sprintf(line, "a")+fmt.Sprintf(line, `\"`)+fmt.Sprintf(line, ` \u003d==`)+fmt.Sprintf(line, "é"), 3)
	f.Fuzz(func(t *testing.T, text string, size int) {
		for line := range strings.Lines(text) {
			if len(line) >= maxLine {
				t.Skip("ShortLines comes before")
			}
		}
		text = strings.TrimSuffix(strings.ReplaceAll(text, "\r", ""), "\n") + "\n"
		for name, in := range map[string]io.Reader{
			"at once": strings.NewReader(text), "bytes": iotest.OneByteReader(strings.NewReader(text)),
			"pieces": &pieces{text: []byte(text), size: 1 + size&0xfff}, "with the end": iotest.DataErrReader(strings.NewReader(text)),
		} {
			lines, made := readJoined(t, in)
			if made != text {
				t.Fatalf("%s: made of\n%q\nnot\n%q", name, made, text)
			}
			if got, want := unjoined(lines), unjoined(strings.Split(strings.TrimSuffix(text, "\n"), "\n")); !reflect.DeepEqual(got, want) {
				t.Fatalf("%s: got\n%q\nwant\n%q", name, got, want)
			}
		}
	})
}

// pieces reads a text in pieces of a size.
type pieces struct {
	text []byte
	size int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.text) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.text[:min(len(p.text), p.size)])
	p.text = p.text[n:]
	return n, nil
}

// Joining is cheap compared with decoding, and joined lines are decoded once.
func BenchmarkJoined(b *testing.B) {
	line := []byte(`{"Time":"2026-01-02T03:04:05.123456789Z","Action":"output","Package":"example.com/p","Test":"TestOfSomething","Output":"a line of output\n","Worker":"gw0"}` + "\n")
	text := bytes.Repeat(line, 10_000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		j := NewJoined(bytes.NewReader(text), true)
		for _, err := j.Next(); !errors.Is(err, io.EOF); _, err = j.Next() {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}
