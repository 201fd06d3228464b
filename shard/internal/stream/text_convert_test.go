package stream

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// converted is an event of test2json.
type converted struct{ Action, Test, Output, OutputType, Key, Value, Path string }

// test2json returns the path of the go command's own converter.
var test2json = sync.OnceValues(func() (string, error) {
	if out, err := exec.Command("go", "tool", "test2json", "true").CombinedOutput(); err != nil { // builds it
		return "", fmt.Errorf("go tool test2json: %w: %s", err, out)
	}
	path, err := exec.Command("go", "tool", "-n", "test2json").Output()
	return strings.TrimSpace(string(path)), err
})

// convertReal is what the go command makes of text.
func convertReal(t *testing.T, text []byte) []converted {
	t.Helper()
	path, err := test2json()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path)
	cmd.Stdin = bytes.NewReader(text)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var events []converted
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var e converted
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

// convertModel is what test2json would make of text if its buffers had no
// limits of their own, for framing lines up to limit bytes that begin with a
// marker and no indentation.
func convertModel(text []byte, limit int) []converted {
	var events []converted
	var name, ended, result string
	end := func() {
		if result != "" {
			events = append(events, converted{Action: result, Test: ended})
		}
		result, name = "", ""
	}
	output := func(text string) { events = append(events, converted{Action: "output", Test: name, Output: text}) }
	for len(text) > 0 {
		length := len(text)
		if at := bytes.IndexByte(text, '\n'); at >= 0 {
			length = at + 1
		}
		if at := bytes.IndexByte(text[1:length], marker); at >= 0 {
			length = at + 1
		}
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
			e := converted{Action: strings.ToLower(strings.TrimSpace(match[1])), Test: strings.TrimSpace(match[2])}
			switch e.Action {
			case "attr":
				var rest string
				e.Test, rest, _ = strings.Cut(e.Test, " ")
				e.Key, e.Value, _ = strings.Cut(rest, " ")
			case "artifacts":
				e.Test, e.Path, _ = strings.Cut(e.Test, " ")
			}
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

// histories returns what happened to each test, in its order, as words and
// quoted output; and what was printed at the level of the package, line by line
// in that order.
func histories(events []converted) (tests map[string][]string, pkg []string) {
	tests = map[string][]string{}
	text := map[string]string{}
	put := func(test string) {
		if text[test] != "" {
			tests[test] = append(tests[test], fmt.Sprintf("%q", text[test]))
			delete(text, test)
		}
	}
	for _, e := range events {
		e.Output = strings.ReplaceAll(e.Output, "\x16", "")
		switch {
		case e.Action == "start" || e.Test == "" && e.Action != "output":
		case e.Test == "":
			pkg = slices.AppendSeq(pkg, strings.Lines(e.Output))
		case e.Action == "output":
			text[e.Test] += e.Output
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

// failOpen appends to histories the ends that FailRunning gives tests without
// one.
func failOpen(tests map[string][]string) {
	ended := func(name string) bool {
		return slices.ContainsFunc(tests[name], func(what string) bool { return what == "pass" || what == "fail" || what == "skip" })
	}
	state := func(name string) string { // run, pause, cont, end or none
		if ended(name) {
			return "end"
		}
		for _, what := range slices.Backward(tests[name]) {
			if what == "run" || what == "pause" || what == "cont" {
				return what
			}
		}
		return "none"
	}
	again := func(root string) bool {
		for name := range tests {
			if (name == root || strings.HasPrefix(name, root+"/")) && state(name) != "pause" {
				return false
			}
		}
		return true
	}
	waiting := map[string]bool{}
	for name := range tests {
		waiting[rootOf(name)] = again(rootOf(name))
	}
	for name := range tests {
		if s := state(name); s == "end" || s == "none" || waiting[rootOf(name)] {
			continue
		}
		end := fmt.Sprintf("--- FAIL: %s (0.00s)\n", name)
		if last := len(tests[name]) - 1; strings.HasPrefix(tests[name][last], `"`) {
			tests[name][last] = strings.TrimSuffix(tests[name][last], `"`) + strings.TrimPrefix(fmt.Sprintf("%q", end), `"`)
		} else {
			tests[name] = append(tests[name], fmt.Sprintf("%q", end))
		}
		tests[name] = append(tests[name], "fail")
	}
}

// merged feeds texts to a merge in random pieces and returns what it writes. An
// observer that is fed the same must see the same. With fail, what has no end is
// failed.
func merged(t *testing.T, texts [][]byte, suffixes []string, random *rand.Rand, fail bool) []byte {
	t.Helper()
	var out bytes.Buffer
	text := NewText(&out)
	processes := make([]*TextProcess, len(texts))
	observers := make([]*Observer, len(texts))
	clock := func() time.Time { return time.Unix(0, 0) }
	rest := slices.Clone(texts)
	var passed bytes.Buffer
	for i := range texts {
		processes[i] = text.Process(TextProcessOptions{Suffix: suffixes[i], Now: clock})
		observers[i] = NewObserver(&passed, TextProcessOptions{Now: clock})
	}
	open := len(texts)
	for open > 0 {
		i := random.IntN(len(texts))
		if processes[i] == nil {
			continue
		}
		p, o := processes[i], observers[i]
		if len(rest[i]) == 0 {
			p.End()
			if !slices.Equal(p.Running(), o.Running()) || !slices.Equal(p.Paused(), o.Paused()) ||
				!slices.Equal(p.Started(), o.Started()) || !maps.Equal(p.Ended(), o.Ended()) || p.Verdict() != o.Verdict() {
				t.Errorf("process %d: an observer sees another run", i)
			}
			if fail {
				p.FailRunning("")
				if len(p.Running()) > 0 {
					t.Errorf("process %d: %q run after FailRunning", i, p.Running())
				}
			}
			processes[i] = nil
			open--
			continue
		}
		n := min(1+random.IntN(1<<random.IntN(14)), len(rest[i]))
		for _, w := range []io.Writer{p, o} {
			if written, err := w.Write(rest[i][:n]); written != n || err != nil {
				t.Fatalf("Write: %d, %v", written, err)
			}
		}
		rest[i] = rest[i][n:]
		if held := len(p.pending) + len(p.held); held > 128<<10 {
			t.Errorf("process %d: %d bytes are held", i, held)
		}
	}
	if err := text.Finish("PASS", ""); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// checkTests compares what happened to the tests of merged texts with what
// happened to those of each text alone.
func checkTests(t *testing.T, got map[string][]string, alone []map[string][]string, suffixes []string) {
	t.Helper()
	for i, tests := range alone {
		for name, want := range tests {
			root := rootOf(name)
			full := root + suffixes[i] + name[len(root):]
			have := slices.Clone(got[full])
			for j := range have {
				if suffixes[i] != "" {
					have[j] = strings.ReplaceAll(have[j], suffixes[i], "")
				}
			}
			if !slices.Equal(have, want) {
				t.Errorf("%.100s:\n%s", full, difference(have, want))
			}
			delete(got, full)
		}
	}
	for name, history := range got {
		t.Errorf("%.100s comes from nowhere: %.1000q", name, history)
	}
}

// difference shows where two histories part.
func difference(got, want []string) string {
	a, b := strings.Join(got, " "), strings.Join(want, " ")
	at := 0
	for at < min(len(a), len(b)) && a[at] == b[at] {
		at++
	}
	from := max(0, at-100)
	return fmt.Sprintf("got  …%.300s\nwant …%.300s", a[from:], b[from:])
}
