package text

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
	"github.com/gotestshard/gotestshard/shard/internal/framing/framingtest"
)

// observed passes text to an observer in random pieces, or without random in pieces that
// end before each marker, and returns its output.
func observed(text []byte, random *rand.Rand, escapes bool) []byte {
	var out bytes.Buffer
	o := NewObserver(&out, Options{Now: func() time.Time { return time.Time{} }, Escapes: escapes})
	for rest := text; len(rest) > 0; {
		n := len(rest)
		if random != nil {
			n = min(1+random.IntN(1<<random.IntN(15)), n)
		} else if at := bytes.IndexByte(rest[1:], framing.Marker); at >= 0 {
			n = 1 + at
		}
		_, _ = o.Write(rest[:n])
		rest = rest[n:]
	}
	o.End()
	return out.Bytes()
}

// TestObserverShowsEachMarkerToTest2json uses the go command's converter on the text of a
// process that is passed on whole: every test has its end. The process has three tests for
// each text that hides, because a converter for each would be most of the work.
func TestObserverShowsEachMarkerToTest2json(t *testing.T) {
	var whole bytes.Buffer
	names := map[string]string{} // of the texts, by test
	texts := framingtest.HidingTexts()
	for i, name := range slices.Sorted(maps.Keys(texts)) {
		text, a, b := texts[name], fmt.Sprint("TestA", i), fmt.Sprint("TestB", i)
		whole.WriteString("\x16=== RUN   " + a + "\n" + text + "\x16=== RUN   " + a + "/b\n" + text + "\x16--- PASS: " + a + "/b (0.01s)\n" + text +
			"\x16=== NAME  " + a + "\n" + text + "\x16--- FAIL: " + a + " (0.02s)\n\x16=== RUN   " + b + "\n" + text + "\x16--- SKIP: " + b + " (0.00s)\n\x16FAIL\n")
		names[a], names[a+"/b"], names[b] = name, name, name
	}
	events := framingtest.Model(whole.Bytes(), framing.MaxLine)
	for i := range events {
		events[i].Output = string([]rune(events[i].Output)) // as in JSON
	}
	want, _ := framingtest.Histories(events)
	for _, random := range []*rand.Rand{nil, rand.New(rand.NewPCG(0, 0)), rand.New(rand.NewPCG(1, 0))} {
		got, _ := framingtest.Histories(framingtest.Convert(t, observed(whole.Bytes(), random, false)))
		for test, name := range names {
			if !slices.Equal(got[test], want[test]) || want[test] == nil {
				t.Errorf("%s, %s:\n%s", name, test, framingtest.Difference(got[test], want[test]))
			}
		}
	}
}

// lineBuffer is the one of cmd/internal/test2json, whose events depend on how a text is
// split. It returns the lines that are parsed.
func lineBuffer(pieces [][]byte) (lines []string) {
	buf, mid := make([]byte, 0, framing.MaxLine), false
	for _, b := range pieces {
		for len(b) > 0 {
			m := copy(buf[len(buf):cap(buf)], b)
			buf, b = buf[:len(buf)+m], b[m:]
			i := 0
			for i < len(buf) {
				end, whole := 0, false
				for j, c := range buf[i:] {
					if c == '\n' {
						end, whole = j+1, true
						break
					}
					if c == framing.Marker && j > 0 {
						end, whole = j, true
						break
					}
				}
				if !whole {
					if tab := bytes.IndexByte(buf[i:], '\t'); !mid && tab >= 0 && isBenchmarkName(bytes.TrimRight(buf[i:i+tab], " ")) {
						mid = true
						i += tab + 1
					}
					break
				}
				if !mid {
					lines = append(lines, string(buf[i:i+end]))
				}
				mid = false
				i += end
			}
			if i == 0 && len(buf) == cap(buf) {
				buf = buf[:copy(buf, buf[wholeRunes(buf):])]
				mid = true
			} else {
				buf = buf[:copy(buf, buf[i:])]
			}
		}
	}
	return lines
}

// FuzzObserver passes on any text in random pieces. Only markers are added, and
// test2json, with any splitting of the text, parses each line after a marker that is
// short enough.
func FuzzObserver(f *testing.F) {
	for i, texts := range framingTexts {
		f.Add([]byte(strings.Join(texts[:], "")), uint64(i))
	}
	for _, text := range framingtest.HidingTexts() {
		f.Add([]byte("\x16=== RUN   TestA\n"+text+"\x16=== RUN   TestB\n"+text+"\x16\x16--- PASS: TestB (0.00s)\nBenchmark\t\x16"), uint64(1))
	}
	f.Fuzz(func(t *testing.T, text []byte, seed uint64) {
		if len(text) > 1<<20 {
			return
		}
		text = bytes.ReplaceAll(text, []byte{1}, []byte(strings.Repeat("lé€ng", 125)))
		random := rand.New(rand.NewPCG(seed, 0))
		escaped := observed(text, random, true)
		if unmarked := []byte{framing.Marker}; !bytes.Equal(bytes.ReplaceAll(escaped, unmarked, nil), bytes.ReplaceAll(text, unmarked, nil)) {
			t.Errorf("%.2000q became %.2000q", text, escaped)
		}
		out := observed(text, random, false)
		rest := text
		for _, c := range out {
			if len(rest) > 0 && c == rest[0] {
				rest = rest[1:]
			} else if c != framing.Marker {
				t.Fatalf("%.2000q became %.2000q", text, out)
			}
		}
		if len(rest) > 0 {
			t.Fatalf("%.2000q became %.2000q", text, out)
		}
		var want []string
		for rest := text; ; {
			at := bytes.IndexByte(rest, framing.Marker)
			if at < 0 {
				break
			}
			rest = rest[at+1:]
			if end, whole := lineEnd(rest, false); whole && end > 0 && !tooLong(end, rest[end-1] == '\n') {
				want = append(want, "\x16"+string(rest[:end]))
			}
		}
		for range 3 {
			var pieces [][]byte
			for rest := out; len(rest) > 0; {
				n := min(1+random.IntN(1<<random.IntN(15)), len(rest))
				pieces = append(pieces, rest[:n])
				rest = rest[n:]
			}
			lines := lineBuffer(pieces)
			for _, line := range want {
				at := slices.Index(lines, line)
				if at < 0 {
					t.Fatalf("%.100q is not seen in %.2000q of %.2000q", line, out, text)
				}
				lines = lines[at+1:]
			}
		}
	})
}
