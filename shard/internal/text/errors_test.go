package text

import (
	"bytes"
	"fmt"
	"go/version"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
	"github.com/gotestshard/gotestshard/shard/internal/framing/framingtest"
)

// typedLines returns the lines of each test's output, each after its type, without
// framing lines.
type typedLines map[string][]string

func (l typedLines) add(test, kind, text string) {
	for line := range strings.Lines(text) {
		lines := l[test]
		if last := len(lines) - 1; last >= 0 && !strings.HasSuffix(lines[last], "\n") && strings.HasPrefix(lines[last], kind+"|") {
			lines[last] += line
		} else {
			l[test] = append(lines, kind+"|"+line)
		}
	}
}

// typedModel is what test2json of Go 1.27 makes of text, limited to types and escapes.
func typedModel(t *testing.T, text []byte) typedLines {
	lines := typedLines{}
	var name, kind string
	inError, escaped := false, false
	for len(text) > 0 {
		length, escape := 0, false
		for length < len(text) { // up to a newline or before a marker
			c := text[length]
			if c == framing.Marker && length > 0 && !escape {
				break
			}
			escape = c == 0x1b && !escape
			if length++; c == '\n' {
				break
			}
		}
		line := text[:length]
		text = text[length:]
		if body, ok := bytes.CutPrefix(line, []byte{framing.Marker}); ok {
			if f, ok := framing.Parse(body); ok {
				name = string(f.Name)
				continue
			}
			line = body
		}
		kind = map[bool]string{true: "error-continue"}[inError]
		var out []byte
		put := func() {
			lines.add(name, kind, string(out))
			out = nil
		}
		for i := 0; i < len(line); i++ {
			switch c := line[i]; {
			case escaped:
				escaped = false
				out = append(out, c)
			case c == 0x1b:
				escaped = true
			case c == 0x0f:
				put()
				kind, inError = "error", true
			case c == 0x0e:
				if i+1 < len(line) && line[i+1] == '\n' {
					out = append(out, '\n')
					i++
				}
				if len(out) == 0 {
					t.Errorf("an event without output, of %q", line)
				}
				put()
				kind, inError = "", false
			default:
				out = append(out, c)
			}
		}
		put()
	}
	return lines
}

// typedReal is what the go command makes of text.
func typedReal(t *testing.T, text []byte) typedLines {
	lines := typedLines{}
	for _, e := range framingtest.Convert(t, text) {
		if e.Action == "output" && e.OutputType != "frame" {
			lines.add(e.Test, e.OutputType, e.Output)
			if e.Output == "" {
				t.Errorf("an event without output of %s", e.Test)
			}
		}
	}
	return lines
}

// typedProcess is the text of a process with two parallel tests, and the type of each
// line. Lines of the other test interrupt multi-line errors.
func typedProcess(random *rand.Rand, tests []string) (text []byte, want typedLines) {
	want = typedLines{}
	current := ""
	update := func(form, test string) {
		text = fmt.Appendf(text, "\x16"+form, test)
		current = test
	}
	for _, test := range tests {
		update("=== RUN   %s\n", test)
	}
	printed := func(test, kind, begin, line, escaped, end string) {
		if current != test {
			update("=== NAME  %s\n", test)
		}
		text = append(text, begin+"    "+escaped+end+"\n"...)
		want.add(test, kind, "    "+line+"\n")
	}
	number := 0
	rest := map[string]int{} // how many lines of its error each test still has to print
	for steps := 30; steps > 0 || rest[tests[0]]+rest[tests[1]] > 0; steps-- {
		test := tests[random.IntN(len(tests))]
		number++
		line := fmt.Sprint("line ", number)
		escaped := line
		if random.IntN(4) == 0 {
			line += "\x1b\x0f[31mred\x0e\x16=== NAME  " + tests[0]
			escaped += "\x1b\x1b\x1b\x0f[31mred\x1b\x0e\x1b\x16=== NAME  " + tests[0]
		}
		end := map[bool]string{true: "\x0e"}[rest[test] == 1]
		switch {
		case rest[test] > 0:
			printed(test, "error-continue", "", line, escaped, end)
			rest[test]--
		case steps <= 0:
		case random.IntN(3) == 0:
			printed(test, "", "", line, escaped, "")
		case random.IntN(3) == 0: // like fmt.Print
			if rest[current] == 0 {
				text = append(text, "raw"...)
				want.add(current, "", "raw")
			}
		default:
			rest[test] = random.IntN(4)
			printed(test, "error", "\x0f", line, escaped, map[bool]string{true: "\x0e"}[rest[test] == 0])
		}
	}
	for _, test := range tests {
		update("--- FAIL: %s (0.00s)\n", test)
	}
	update("=== NAME  %s\n", "")
	return append(text, "\x16FAIL\n"...), want
}

// FuzzMergeErrors merges processes of Go 1.27 in random pieces. Each line of an error has
// the same type as under go test, and no other line has one.
func FuzzMergeErrors(f *testing.F) {
	for seed := range uint64(100) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { checkTypes(t, seed, typedModel) })
}

// TestMergeErrorsReal uses the go command's converter on the same texts.
func TestMergeErrorsReal(t *testing.T) {
	if version.Compare(runtime.Version(), "go1.27") < 0 {
		t.Log("this Go knows no types: the model of FuzzMergeErrors stands for it")
		return
	}
	for seed := range uint64(50) {
		checkTypes(t, seed, typedReal)
	}
}

func checkTypes(t *testing.T, seed uint64, convert func(*testing.T, []byte) typedLines) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 0))
	want := typedLines{}
	var out bytes.Buffer
	merge := NewMerge(&out)
	var processes []*Process
	var rest [][]byte
	for i := range 3 {
		printed, lines := typedProcess(random, []string{fmt.Sprintf("TestA%d", i), fmt.Sprintf("TestB%d", i)})
		for test := range lines {
			want[test+"@gw"] = lines[test]
		}
		rest = append(rest, printed)
		processes = append(processes, merge.Process(Options{Suffix: "@gw", Escapes: true}))
	}
	for open := len(rest); open > 0; {
		i := random.IntN(len(rest))
		switch {
		case rest[i] == nil:
		case len(rest[i]) == 0:
			processes[i].End()
			rest[i] = nil
			open--
		default:
			n := min(1+random.IntN(1<<random.IntN(10)), len(rest[i]))
			_, _ = processes[i].Write(rest[i][:n])
			rest[i] = rest[i][n:]
		}
	}
	if err := merge.Finish("FAIL", ""); err != nil {
		t.Fatal(err)
	}
	got := convert(t, out.Bytes())
	for test := range want {
		if !slices.Equal(got[test], want[test]) {
			t.Errorf("%s:\ngot  %q\nwant %q", test, got[test], want[test])
		}
		delete(got, test)
	}
	delete(got, "")
	if len(got) > 0 {
		t.Errorf("from nowhere: %q", got)
	}
	if t.Failed() {
		t.Logf("%q", out.String())
	}
}

// A process that ends in the middle of an error, or with an escape, does not affect the
// text of others.
func TestMergeEndsWhatAProcessLeftOpen(t *testing.T) {
	var out bytes.Buffer
	merge := NewMerge(&out)
	a, b := merge.Process(Options{Escapes: true}), merge.Process(Options{Escapes: true})
	_, _ = a.Write([]byte("\x16=== RUN   TestA\n\x0f    one\n        two\n        thr\x1b"))
	_, _ = b.Write([]byte("\x16=== RUN   TestB\nb\n"))
	a.End()
	_, _ = b.Write([]byte("more of b\n\x0f    wrong\x0e\n"))
	a.FailRunning("a note \x1b[1m")
	_, _ = b.Write([]byte("\x16--- FAIL: TestB (0.00s)\n\x16=== NAME  \n"))
	b.End()
	if err := merge.Finish("FAIL", "coverage: 1% of statements"); err != nil {
		t.Fatal(err)
	}
	got := typedModel(t, out.Bytes())
	wantA := []string{"error|    one\n", "error-continue|        two\n", "error-continue|        thr\x1b\n", "|a note \x1b[1m\n"}
	wantB := []string{"|b\n", "|more of b\n", "error|    wrong\n"}
	if !slices.Equal(got["TestA"], wantA) || !slices.Equal(got["TestB"], wantB) {
		t.Errorf("got %q of %q", got, out.String())
	}
}

// A line that a later Go prints for a test stays after its marker, in the test that it
// names, and changes nothing.
func TestMergeOfALaterGo(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"of a test that runs": {
			"\x16=== RUN   TestA\n\x16=== RUN   TestB\n\x16=== RETRY TestA 2\nof A\n\x16--- PASS: TestA (0.00s)\n",
			"\x16=== RUN   TestA@1\n\x16=== RUN   TestB@1\n\x16=== NAME  TestA@1\n\x16=== RETRY TestA@1 2\nof A\n\x16--- PASS: TestA@1 (0.00s)\n",
		},
		"after an end": {
			"\x16=== RUN   TestA\n\x16=== RUN   TestA/s\n\x16--- PASS: TestA/s (0.00s)\nlate\n\x16=== RETRY TestA\nof A\n",
			"\x16=== RUN   TestA@1\n\x16=== RUN   TestA@1/s\n\x16--- PASS: TestA@1/s (0.00s)\nlate\n\x16=== NAME  TestA@1\n\x16=== RETRY TestA@1\nof A\n",
		},
		"of none": {
			"\x16=== RUN   TestA\n\x16=== RETRY TestC\nof A\n", "\x16=== RUN   TestA@1\n=== RETRY TestC\nof A\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var out, passed bytes.Buffer
			merge := NewMerge(&out)
			p := merge.Process(Options{Suffix: "@1"})
			o := NewObserver(&passed, Options{})
			_, _ = p.Write([]byte(c.text))
			_, _ = o.Write([]byte(c.text))
			p.End()
			if out.String() != c.want {
				t.Errorf("got  %q\nwant %q", out.String(), c.want)
			}
			if passed.String() != c.text || !slices.Equal(p.Running(), o.Running()) {
				t.Errorf("whole it becomes %q, and %q run", passed.String(), o.Running())
			}
		})
	}
}
