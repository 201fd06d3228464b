// Package framingtest helps to test input and output of test2json. It runs the go
// command's own converter, has a model of it, and compares their results for a text.
package framingtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
)

// Event is an event of test2json.
type Event struct{ Action, Test, Output, OutputType, Key, Value, Path string }

// test2json returns the path of the go command's own converter.
var test2json = sync.OnceValues(func() (string, error) {
	path, err := exec.Command("go", "tool", "-n", "test2json").Output() // also builds it
	return strings.TrimSpace(string(path)), err
})

// JSON returns what the go command makes of text, with arguments of go tool test2json.
func JSON(t *testing.T, text []byte, args ...string) []byte {
	t.Helper()
	path, err := test2json()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.Stdin = bytes.NewReader(text)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Convert returns the result of JSON as events.
func Convert(t *testing.T, text []byte) []Event {
	t.Helper()
	var events []Event
	for decoder := json.NewDecoder(bytes.NewReader(JSON(t, text))); ; {
		var e Event
		if err := decoder.Decode(&e); err == io.EOF {
			return events
		} else if err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
}

var (
	modelUpdate = regexp.MustCompile(`(?s)^=== (RUN  |PAUSE|CONT |NAME |PASS |FAIL |SKIP |ATTR |ARTIFACTS) (.*)$`)
	modelReport = regexp.MustCompile(`(?s)^--- (PASS|FAIL|SKIP|BENCH): (.*)$`)
)

// Model returns what test2json would make of text if its buffers had no limits of their
// own, for framing lines of up to limit bytes that begin with a marker and have no
// indentation.
func Model(text []byte, limit int) []Event {
	var events []Event
	var name, ended, result string
	end := func() {
		if result != "" {
			events = append(events, Event{Action: result, Test: ended})
		}
		result, name = "", ""
	}
	output := func(text string) { events = append(events, Event{Action: "output", Test: name, Output: text}) }
	for len(text) > 0 {
		length := lineLength(text)
		line := string(text[:length])
		last := len(text) == length && line[length-1] != '\n'
		text = text[length:]
		full := length
		if line[length-1] != '\n' {
			full++ // the marker that ends it is in the buffer too
		}
		body, marked := strings.CutPrefix(line, "\x16")
		if !marked || full > limit || last {
			output(body)
			continue
		}
		trim := strings.TrimSuffix(strings.TrimSuffix(body, "\n"), "\r")
		whole := strings.TrimSuffix(body, "\n") + "\n"
		if trim == "=== NAME" {
			body = "=== NAME  \n"
		}
		if match := modelUpdate.FindStringSubmatch(body); match != nil {
			end()
			e := update(match[1], match[2])
			name = e.Test
			switch e.Action {
			case "name":
			case "pause":
				output(whole)
				events = append(events, e)
			default:
				events = append(events, e)
				output(whole)
			}
		} else if match := modelReport.FindStringSubmatch(body); match != nil {
			end()
			name, _, _ = strings.Cut(strings.TrimSpace(match[2]), " (")
			ended, result = name, strings.ToLower(match[1])
			output(whole)
		} else if trim == "PASS" || trim == "FAIL" {
			end()
		} else if strings.HasPrefix(trim, "FAIL\t") {
			end()
			output(whole)
		} else {
			output(body)
		}
	}
	end()
	return events
}

// lineLength is the length of the first line of text, up to its newline or a marker.
func lineLength(text []byte) int {
	length := len(text)
	if at := bytes.IndexByte(text, '\n'); at >= 0 {
		length = at + 1
	}
	if at := bytes.IndexByte(text[1:length], framing.Marker); at >= 0 {
		length = at + 1
	}
	return length
}

// update is the event of a framing line such as "=== RUN   TestX".
func update(word, what string) Event {
	e := Event{Action: strings.ToLower(strings.TrimSpace(word)), Test: strings.TrimSpace(what)}
	switch e.Action {
	case "attr":
		var rest string
		e.Test, rest, _ = strings.Cut(e.Test, " ")
		e.Key, e.Value, _ = strings.Cut(rest, " ")
	case "artifacts":
		e.Test, e.Path, _ = strings.Cut(e.Test, " ")
	}
	return e
}

// Histories returns what happened to each test, in order, as words and quoted output, and
// the lines printed at the level of the package, in that order.
func Histories(events []Event) (tests map[string][]string, pkg []string) {
	tests = map[string][]string{}
	text := map[string][]byte{}
	put := func(test string) {
		if len(text[test]) > 0 {
			tests[test] = append(tests[test], fmt.Sprintf("%q", text[test]))
			text[test] = text[test][:0]
		}
	}
	for _, e := range events {
		e.Output = strings.ReplaceAll(e.Output, "\x16", "")
		switch {
		case e.Action == "start" || e.Test == "" && e.Action != "output":
		case e.Test == "":
			pkg = slices.AppendSeq(pkg, strings.Lines(e.Output))
		case e.Action == "output":
			text[e.Test] = append(text[e.Test], e.Output...)
		default:
			put(e.Test)
			if e.Key+e.Path != "" {
				e.Action = fmt.Sprintf("%s %q %q %q", e.Action, e.Key, e.Value, e.Path)
			}
			tests[e.Test] = append(tests[e.Test], e.Action)
		}
	}
	for test := range text {
		put(test)
	}
	return tests, pkg
}

// Difference shows where two histories begin to differ.
func Difference(got, want []string) string {
	a, b := strings.Join(got, " "), strings.Join(want, " ")
	at := 0
	for at < min(len(a), len(b)) && a[at] == b[at] {
		at++
	}
	from := max(0, at-100)
	return fmt.Sprintf("got  …%.300s\nwant …%.300s", a[from:], b[from:])
}

// HidingTexts returns texts after which test2json takes a framing line for output, or
// almost does.
func HidingTexts() map[string]string {
	texts := map[string]string{
		"benchmark": "BenchmarkX\t", "benchmark and 4096": "BenchmarkX \t" + strings.Repeat("x", framing.MaxLine), "no benchmark": "Benchmarks\t",
		"lines": strings.Repeat("line\n", 1000) + strings.Repeat("x", framing.MaxLine), "marker": strings.Repeat("x", 5000) + "\x16" + strings.Repeat("x", framing.MaxLine-1),
		"invalid": strings.Repeat("x", framing.MaxLine-2) + "\xe2\x82", "invalid too": strings.Repeat("x", framing.MaxLine-1) + "\x80",
	}
	for _, length := range []int{framing.MaxLine - 1, framing.MaxLine, framing.MaxLine + 1, 2 * framing.MaxLine, 9 * framing.MaxLine} {
		for _, end := range []string{"x", "é", "€", "😀"} {
			texts[fmt.Sprint(length, end)] = strings.Repeat("x", length-len(end)) + end
		}
		texts[fmt.Sprint(length, "all é")] = strings.Repeat("é", length/2)
		texts[fmt.Sprint(length, "all €")] = strings.Repeat("€", length/3) + "xx"[:length%3]
	}
	return texts
}
