package report

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// hostileHTML would end every place that contains text.
const hostileHTML = "</pre></summary></details></title></style><script>alert(1)</script><img src=x onerror=alert(2)>" +
	"\" onmouseover=\"alert(3)\" x=' style='color:red' >--><!-- ]]> &lt;b&gt; {{.}} <!doctype html>\n" +
	"\x1b[31mred\x1b[0m \x1b]8;;http://x\x07link\x1b]8;;\x07 \x1b[2J\x1bP half\x00\x07\x08\x7f\r\n\u0085\u009b31m\u202e\ufeff\xff\xc3(\n"

func sampleHTML() Summary {
	s := sampleSummary()
	at := func(ms int) time.Time { return time.Unix(0, int64(ms)*1e6) }
	s.Started = time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))
	s.Failures = append(s.Failures, Failure{Test: Test{Package: "example.com/m/a", Name: "TestHTML"}, Place: hostileHTML, Output: hostileHTML})
	s.Shards.RunID = "run-1"
	s.Shards.Longest = Test{"example.com/m/a", "TestA", 1250 * time.Millisecond}
	s.Shards.Advice = &Advice{Longest: Unit{Package: "example.com/m/a", Time: time.Second}, Better: Ideal{"load", 2, 2 * time.Second}}
	s.Shards.Shards[0].Runs = []Run{
		{Package: "example.com/m/a", Started: at(0), Completed: at(1500), Failed: true},
		{Package: "example.com/m/" + hostileHTML, Started: at(1510), Completed: at(3000)},
		{Package: "example.com/m/short1", Started: at(3000), Completed: at(3001)},
		{Package: "example.com/m/short2", Started: at(3002), Completed: at(3003)},
		{Package: "example.com/m/a", Started: at(3100), Completed: at(4000), Rerun: true},
	}
	s.Packages = []PackageSummary{
		{Name: "example.com/m/a", Result: PackageFailed, Tests: 8, Failed: 4, Skipped: 1, Elapsed: 2 * time.Second},
		{Name: "example.com/m/b", Result: PackageFlaky, Tests: 4, Elapsed: time.Second},
		{Name: "example.com/m/c", Result: PackagePassed, Tests: 1},
		{Name: "example.com/m/d", Result: PackageEmpty},
		{Name: "example.com/m/e<script>", Result: PackageUnfinished},
	}
	return s
}

func writeHTML(t *testing.T, s Summary) string {
	t.Helper()
	var out bytes.Buffer
	if err := s.WriteHTML(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestHTML(t *testing.T) {
	page := writeHTML(t, sampleHTML())
	golden(t, "testdata/html.golden", []byte(page))
	checkHTML(t, page)
	page = writeHTML(t, Summary{Tests: 3, Passed: 3, OK: true, Elapsed: time.Second})
	golden(t, "testdata/html-passed.golden", []byte(page))
	checkHTML(t, page)
}

// The shown output is the written output without terminal sequences.
func TestHTMLShowsHostileOutputAsText(t *testing.T) {
	doc := checkHTML(t, writeHTML(t, Summary{Failures: []Failure{
		{Test: Test{Package: hostileHTML, Name: hostileHTML}, Place: hostileHTML, Output: "\n  first\n" + hostileHTML},
	}}))
	want := "\n  first\n" +
		"</pre></summary></details></title></style><script>alert(1)</script><img src=x onerror=alert(2)>" +
		"\" onmouseover=\"alert(3)\" x=' style='color:red' >--><!-- ]]> &lt;b&gt; {{.}} <!doctype html>\n" +
		"red link  half␀␇␈␡\n\ufffd\ufffd31m\ufffd\ufffd\ufffd\ufffd(\n"
	if got := texts(doc, "pre"); len(got) != 1 || got[0] != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Lists and output are cut, with a note, so that a browser can show the page.
func TestHTMLBounds(t *testing.T) {
	s := Summary{Shards: Shards{Shards: make([]Shard, 100)}}
	output := "first line\n" + strings.Repeat("x", 100<<10) + "\nlast line\n"
	for i := range mostHTMLRows + 7 {
		s.Failures = append(s.Failures, Failure{Test: Test{Package: "p", Name: fmt.Sprint("TestFail", i)}, Output: output})
		s.Packages = append(s.Packages, PackageSummary{Name: fmt.Sprint("example.com/", i), Result: PackagePassed})
		if i == 299 {
			output = "" // the later failures have no output
		}
	}
	for worker := range s.Shards.Shards {
		shard := &s.Shards.Shards[worker]
		for i := range 500 {
			started := time.Unix(int64(i), 0)
			shard.Runs = append(shard.Runs, Run{Package: "p", Started: started, Completed: started.Add(time.Second), Failed: i == 123})
		}
	}
	s.Packages[mostHTMLRows+3].Result = PackageFailed
	page := writeHTML(t, s)
	doc := checkHTML(t, page)
	if len(page) > 2*outputRoom {
		t.Errorf("the page has %d bytes, want at most %d", len(page), 2*outputRoom)
	}
	pres := texts(doc, "pre")
	sum := 0
	for _, text := range pres {
		sum += len(text)
		if len(text) > longestOutput {
			t.Errorf("%d bytes of output of a failure, want at most %d", len(text), longestOutput)
		}
	}
	if sum > outputRoom || sum < outputRoom-longestOutput {
		t.Errorf("%d bytes of output in total, want almost %d", sum, outputRoom)
	}
	if !strings.HasPrefix(pres[0], "first line\n") || !strings.Contains(pres[0], " bytes left out …\n") {
		t.Errorf("the output %q has no first line, or no note about what is left out", pres[0])
	}
	for want, times := range map[string]int{
		"… and 7 more": 2, "its output is left out, because a report shows only 16 MiB of output": 300 - outputRoom/longestOutput,
		`<tr><td class="name">example.com/5003</td><td class="failed">failed</td>`: 1,
		`<tr><td class="name">example.com/4998</td>`:                               1,
		`<tr><td class="name">example.com/4999</td>`:                               0,
		"TestFail4999": 1, "TestFail5000": 0,
	} {
		if got := strings.Count(page, want); got != times {
			t.Errorf("the page has %q %d times, want %d", want, got, times)
		}
	}
	bars, failed := strings.Count(page, "<i "), strings.Count(page, `<i class="failed"`)
	if bars > 2*mostBars || bars < mostBars/2 || failed != 100 {
		t.Errorf("%d bars, %d of them failed, want about %d bars and 100 failed", bars, failed, mostBars)
	}
}

func TestHTMLSaysWhatHasNoRoom(t *testing.T) {
	room := 1500 + 1 + 2 + shortestOutput - 1
	failure := func(output string) Failure { return Failure{Output: output} }
	cases := newHTMLCases([]Failure{
		failure(strings.Repeat("a", 1500)), failure(strings.Repeat("b", 2000)), failure("c"), failure(strings.Repeat("d", 500)), failure(""),
	}, &room)
	for i, want := range []htmlCase{{Text: strings.Repeat("a", 1500) + "\n"}, {LeftOut: true}, {Text: "c\n"}, {LeftOut: true}, {}} {
		if cases.Cases[i] != want {
			t.Errorf("failure %d: got %+v, want %+v", i, cases.Cases[i], want)
		}
	}
	s := Summary{}
	for range outputRoom/longestOutput + 2 {
		s.Failures = append(s.Failures, failure(strings.Repeat("line\n", longestOutput/5-10)))
	}
	doc := checkHTML(t, writeHTML(t, s))
	if left := len(texts(doc, "span.note")); left == 0 || left+len(texts(doc, "pre")) != len(s.Failures) {
		t.Errorf("%d of %d failures have a note that their output is left out", left, len(s.Failures))
	}
}

func TestHTMLReportsThatItCannotBeWritten(t *testing.T) {
	full := errors.New("no space")
	if err := sampleHTML().WriteHTML(failingWriter{full}); !errors.Is(err, full) {
		t.Errorf("got the error %v, want %v", err, full)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

var (
	barStyle   = regexp.MustCompile(`^left:[0-9]{1,3}(\.[0-9]{1,2})?%;width:[0-9]{1,3}(\.[0-9]{1,2})?%$`)
	plainValue = regexp.MustCompile(`^[a-z ]*$`)
)

// texts returns the texts of all elements that match a selector: a name, or name.class.
func texts(doc *html.Node, selector string) []string {
	name, class, _ := strings.Cut(selector, ".")
	var found []string
	for node := range doc.Descendants() {
		if node.Type != html.ElementNode || node.Data != name || class != "" && (len(node.Attr) == 0 || node.Attr[0].Val != class) {
			continue
		}
		var text strings.Builder
		for inner := range node.Descendants() {
			if inner.Type == html.TextNode {
				text.WriteString(inner.Data)
			}
		}
		found = append(found, text.String())
	}
	return found
}

// skeleton returns a page without its texts and titles.
func skeleton(doc *html.Node) string {
	var b strings.Builder
	for node := range doc.Descendants() {
		if node.Type == html.TextNode {
			continue
		}
		depth := 0
		for range node.Ancestors() {
			depth++
		}
		fmt.Fprintf(&b, "%*s%d %s", depth, "", node.Type, node.Data)
		for _, a := range node.Attr {
			if a.Key != "title" {
				fmt.Fprintf(&b, " %s=%q", a.Key, a.Val)
			} else {
				b.WriteString(" title")
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// The day and the time zone of the workers' times do not change a page. Here workers run across
// the ends of days and years, and during a clock change.
func TestHTMLOfAnyDay(t *testing.T) {
	want := writeHTML(t, sampleHTML())
	for zone, start := range map[string]string{
		"UTC": "2028-02-29T23:59:58Z", "Europe/Berlin": "2026-03-29T01:59:58+01:00", "America/New_York": "2026-11-01T01:59:58-04:00",
		"Asia/Kathmandu": "2026-12-31T23:59:58+05:45",
	} {
		location, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		begin, err := time.Parse(time.RFC3339, start)
		if err != nil {
			t.Fatal(err)
		}
		move := func(at *time.Time) {
			if !at.IsZero() {
				*at = begin.Add(at.Sub(time.Unix(0, 0))).In(location)
			}
		}
		s := sampleHTML()
		for i := range s.Shards.Shards {
			shard := &s.Shards.Shards[i]
			move(&shard.Started)
			move(&shard.Completed)
			for j := range shard.Runs {
				move(&shard.Runs[j].Started)
				move(&shard.Runs[j].Completed)
			}
		}
		if got := writeHTML(t, s); got != want {
			t.Errorf("%s %s: got\n%s", zone, start, got)
		}
	}
}
