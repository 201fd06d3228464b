package report

import (
	"bytes"
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

const hostileName = "Test/a|b`c`<script>&amp;*_~[x](http://y)\\#!@\n\r\x00\x1b[31m\u202e"

const hostileOutput = "    a_test.go:3: no\n```\n````text\n</details>\n<script>\n# heading\n\x1b[31mred\x1b[0m\x00\r\n| a |\n\u202e\xff\n"

func sampleSummary() Summary {
	at := func(second int) time.Time { return time.Unix(int64(second), 0) }
	return Summary{
		Tests: 12, Passed: 6, Failed: 4, FlakyTests: 1, Skipped: 1, Errors: 1, Elapsed: 4200 * time.Millisecond,
		Failures: []Failure{
			{Test: Test{Package: "example.com/m/a", Name: "TestA/sub_one", Elapsed: 1250 * time.Millisecond}, Place: "a/a_test.go:3", Link: "https://forge/a?b&c#L3", Message: "got 1 <b>", Worker: "gw1", Rerun: "go test -run '^TestA$/^sub_one$' ./a", Output: "    a_test.go:3: got 1\n"},
			{Test: Test{Package: "example.com/m/a", Name: hostileName}, Message: hostileName, Rerun: hostileName, Worker: hostileName, Output: hostileOutput},
			{Test: Test{Package: "example.com/m/broken"}, Output: ""},
			{Test: Test{Package: "example.com/m/" + strings.Repeat("long/", 100), Name: hostileName}},
		},
		Flaky:       []Failure{{Test: Test{Package: "example.com/m/b", Name: "TestFlaky" + hostileName}, Place: "b/b_test.go:7", Link: "https://forge/b(1)_test.go#L7", Message: "still | there", Output: "x"}},
		Quarantined: []Failure{{Test: Test{Package: "example.com/m/b", Name: "TestKnown" + hostileName}, Message: "refused " + hostileName, Output: "until 2027-01-31: the port | is taken"}},
		Output:      "./a.go:3:4: undefined: x ```` <b>\n",
		Shards: Shards{Wall: 5 * time.Second, Shards: []Shard{
			{Worker: "gw0", Tests: 10, Failed: 4, Flaky: 1, Busy: 3 * time.Second, Started: at(0), Completed: at(4), Packages: make([]Package, 3)},
			{Worker: "a|b", Tests: 2, Skipped: 1, Busy: time.Second, Started: at(1), Completed: at(2), Packages: make([]Package, 1)},
		}},
		Slowest:  []Test{{"example.com/m/a", "TestA", 1250 * time.Millisecond}, {"example.com/m/b", hostileName, time.Second}},
		Coverage: map[string]string{"example.com/m/b": "0.0% of statements in ./...", "example.com/m/a": "87.5% of statements"},
	}
}

func TestMarkdown(t *testing.T) {
	var out bytes.Buffer
	if err := sampleSummary().WriteMarkdown(&out, StepSummaryLimit); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/markdown.golden", out.Bytes())
	checkMarkdown(t, out.String())
	out.Reset()
	if err := (Summary{Tests: 3, Passed: 3, OK: true, Elapsed: time.Second, LeftOut: 2}).WriteMarkdown(&out, StepSummaryLimit); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/markdown-passed.golden", out.Bytes())
}

// With each limit, the text is not longer than the limit, and all its blocks are complete.
func TestMarkdownIsCutAtTheEndsOfItsParts(t *testing.T) {
	m := sampleSummary()
	for i := range 60 {
		m.Failures = append(m.Failures, Failure{
			Test:   Test{Package: "p", Name: fmt.Sprintf("TestMany%d", i)},
			Output: strings.Repeat("```\n", i*20) + strings.Repeat("a line of output\n", i*50),
		})
	}
	whole, ok := m.text(1 << 30)
	if !ok || strings.Contains(whole, "This summary was cut to its limit") {
		t.Fatal("the summary is cut, although it is within the limit")
	}
	checkMarkdown(t, whole)
	for limit := 0; limit < len(whole)+1000; limit += max(1, limit/5) {
		var out bytes.Buffer
		err := m.WriteMarkdown(&out, limit)
		if err != nil {
			if out.Len() > 0 || limit > 1000 || !strings.Contains(err.Error(), "does not fit into the remaining") {
				t.Fatalf("limit %d: got %d bytes and the error %v", limit, out.Len(), err)
			}
			continue
		}
		if out.Len() > limit {
			t.Errorf("%d bytes, want at most %d", out.Len(), limit)
		}
		checkMarkdown(t, out.String())
		if lost := len(whole) - out.Len(); lost > 5000 && !strings.Contains(out.String(), "bytes left out …") && !strings.Contains(out.String(), "_This summary was cut to its limit of ") {
			t.Errorf("limit %d: the summary has no note that it is cut", limit)
		}
	}
	if err := m.WriteMarkdown(&bytes.Buffer{}, -5); err == nil {
		t.Error("got no error with a negative limit")
	}
}

// The output of a failure has at most 64 KiB, and long names are shortened.
func TestMarkdownBounds(t *testing.T) {
	m := Summary{Failures: []Failure{{Test: Test{Name: strings.Repeat("é", 10_000)}, Output: "first line\n" + strings.Repeat("x", 1<<20) + "\nlast line\n"}}}
	for i := range 1000 {
		m.Slowest = append(m.Slowest, Test{Name: fmt.Sprint(i)})
	}
	text, ok := m.text(StepSummaryLimit)
	if !ok || len(text) > 100<<10 {
		t.Fatalf("%d bytes, want at most %d", len(text), 100<<10)
	}
	for _, want := range []string{"first line\n", "\nlast line\n", " bytes left out …\n", "… and 800 more\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("the summary does not contain %q", want)
		}
	}
	checkMarkdown(t, text)
}

var (
	openingFence = regexp.MustCompile("^(`{3,})(?:text|sh)$")
	tableRow     = regexp.MustCompile(`^\|.*\|$`)
	blockMarks   = regexp.MustCompile("^(?: {0,3}(?:[#>]|```|~~~|[-+*] |\\d+[.)] |<(?:[a-z!/?]))|\t| {4})")
)

// The links to the place of a failure, in a title and in a table.
var (
	placeLink = regexp.MustCompile(`^(.*?)<a href="[^"<>]*">([^<>]*)</a>`)
	cellLink  = regexp.MustCompile(`\| \[((?:\\.|[^\]\\])*)\]\(<[^<>]*>\) \|`)
)

// checkMarkdown parses the text by CommonMark's rules for blocks. It may contain only the
// intended blocks: headings, tables with the right number of cells, folded blocks that are
// closed, and fences that end in the right place.
func checkMarkdown(t *testing.T, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Error("the summary is not valid UTF-8")
	}
	fence, folded, cells := "", 0, 0
	for number, line := range strings.Split(text, "\n") {
		fail := func(what string) { t.Helper(); t.Fatalf("line %d %s: %q", number+1, what, line) }
		if fence != "" {
			run := strings.Repeat("`", len(line)-len(strings.TrimLeft(line, "`")))
			if strings.TrimSpace(line) == run && len(run) >= len(fence) {
				fence = ""
			}
			continue
		}
		if strings.ContainsAny(line, "\r\x00\x1b\u202e") {
			fail("has a control character")
		}
		switch match := openingFence.FindStringSubmatch(line); {
		case match != nil:
			fence = match[1]
		case strings.HasPrefix(line, "<details><summary>"):
			folded++
			title := strings.TrimSuffix(strings.TrimPrefix(line, "<details><summary>"), "</summary>")
			title = placeLink.ReplaceAllString(title, "$1$2")
			if strings.ContainsAny(title, "<>") || html.EscapeString(html.UnescapeString(title)) != title {
				fail("has HTML in a title")
			}
		case line == "</details>":
			folded--
		case strings.HasPrefix(line, "## "), strings.HasPrefix(line, "### "):
		case strings.HasPrefix(line, "_This summary was cut to its limit of ") && strings.HasSuffix(line, "._"):
		case tableRow.MatchString(line):
			n := len(regexp.MustCompile(`(?:\\.|[^|\\])+`).FindAllString(line, -1))
			if cells == 0 {
				cells = n
			}
			if n != cells {
				fail(fmt.Sprintf("is a row of %d cells in a table with %d columns", n, cells))
			}
			checkInline(t, cellLink.ReplaceAllString(line, "| $1 |"))
			continue
		case blockMarks.MatchString(line):
			fail("begins a block")
		default:
			checkInline(t, line)
		}
		cells = 0
		if folded < 0 || folded > 1 {
			fail("begins or ends a folded block in the wrong place")
		}
	}
	if fence != "" || folded != 0 {
		t.Errorf("the summary ends inside a block: the fence %q, %d folded blocks", fence, folded)
	}
}

// checkInline fails if a line contains anything other than text.
func checkInline(t *testing.T, line string) {
	t.Helper()
	plain := regexp.MustCompile(`\\[[:punct:]]|&(?:lt|gt|amp);`).ReplaceAllString(line, "")
	if strings.ContainsAny(plain, "\\`*_~[]<>&!#$@") {
		t.Errorf("%q has markup: %q", line, plain)
	}
}

func FuzzMarkdown(f *testing.F) {
	f.Add(hostileName, hostileOutput, 4000)
	f.Add("www.example.com", "`````", 900)
	f.Add("- list", "\t\n", 1500)
	f.Add("", strings.Repeat("`\n", 2000), 3000)
	f.Fuzz(func(t *testing.T, name, output string, limit int) {
		test := Test{Package: name, Name: name, Elapsed: time.Second}
		failure := Failure{Test: test, Place: name, Output: output}
		m := Summary{
			Failures: []Failure{failure, {Test: test}, {Place: name}, failure}, Flaky: []Failure{failure}, Output: output,
			Shards: Shards{Shards: []Shard{{Worker: name}, {Worker: "gw1"}}}, Slowest: []Test{test}, Coverage: map[string]string{name: name},
		}
		var out bytes.Buffer
		if err := m.WriteMarkdown(&out, limit); err == nil {
			if out.Len() > limit {
				t.Errorf("%d bytes, want at most %d", out.Len(), limit)
			}
			checkMarkdown(t, out.String())
		}
	})
}
