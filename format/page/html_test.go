package page

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// hostile would end every place that contains text.
const hostile = "</script></style></title></main><script>alert(1)</script><img src=x onerror=alert(2)>" +
	"\" onmouseover=\"alert(3)\" x=' style='color:red' >--><!-- <!doctype html> ]]> &lt;b&gt; {{.}} ${x}\n" +
	"\x1b[31mred\x1b[0m \x1b]8;;http://x\x07link\x1b]8;;\x07 \x1b[2J\x1bP half\x00\x07\x08\x7f\r\n\u0085\u2028\u2029\u009b31m\u202e\ufeff\xff\xc3(\n"

// filled is the sample with one text everywhere.
func filled(text string) Run {
	r := sample()
	fill(reflect.ValueOf(&r).Elem(), text)
	r.Coverage = map[string]string{text: text}
	r.LeftOut = map[string]int{text: 1}
	return r
}

func pageOf(t *testing.T, r Run) string {
	t.Helper()
	return string(written(t, func(out *bytes.Buffer) error { return r.WriteHTML(out) }))
}

// With any names and output, the page and the picture have the same elements and attributes as
// with simple ones.
func FuzzEscaping(f *testing.F) {
	f.Add(hostile)
	f.Add("javascript:alert(1)")
	f.Add("https://example.com/\"onclick=alert(1)")
	f.Add("\x1b]\x1b\x1b[\x1b[31mm")
	f.Add("x;background:url(http://x)")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.TrimSpace(text) == "" {
			return
		}
		r := filled(text)
		doc := check(t, pageOf(t, r))
		if got, want := skeleton(doc), skeleton(check(t, pageOf(t, filled("word")))); got != want {
			t.Errorf("the page has other elements:\n%s\nwant:\n%s", got, want)
		}
		var d data
		if err := json.Unmarshal([]byte(textOf(doc, "data")), &d); err != nil {
			t.Fatal(err)
		}
		if len(d.Packages) > 0 && d.Packages[0].Name != oneLine(text) {
			t.Errorf("the name %q became %q", text, d.Packages[0].Name)
		}
		if err := errors.Join(r.WriteSVG(new(bytes.Buffer)), r.WriteTrace(new(bytes.Buffer))); err != nil {
			t.Error(err)
		}
		picture := string(written(t, func(out *bytes.Buffer) error { return r.WriteSVG(out) }))
		if strings.Count(picture, "<") != strings.Count(string(written(t, func(out *bytes.Buffer) error { return filled("word").WriteSVG(out) })), "<") {
			t.Errorf("the picture has other elements:\n%s", picture)
		}
	})
}

// check parses a page as a browser does. It fails if the page could load anything, could run
// anything but its own script, or has an invisible character.
func check(t *testing.T, page string) *html.Node {
	t.Helper()
	if !utf8.ValidString(page) {
		t.Error("the page is not valid UTF-8")
	}
	if i := strings.IndexFunc(page, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }); i >= 0 {
		t.Errorf("the page has a control character: %q", page[max(0, i-20):min(len(page), i+20)])
	}
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	policy := ""
	var scripts, styles []string
	for node := range doc.Descendants() {
		if node.Type == html.CommentNode {
			t.Errorf("the page has a comment: %q", node.Data)
		}
		for _, a := range node.Attr {
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "style", a.Key == "src", a.Key == "href":
				t.Errorf("the element %s has the attribute %s=%q", node.Data, a.Key, a.Val)
			case strings.HasPrefix(a.Val, "default-src"):
				policy = a.Val
			}
		}
		switch {
		case node.Data == "script" && len(node.Attr) == 0:
			scripts = append(scripts, node.FirstChild.Data)
		case node.Data == "style":
			styles = append(styles, node.FirstChild.Data)
		}
	}
	if len(scripts) != 1 || len(styles) != 1 {
		t.Fatalf("the page has %d scripts and %d styles", len(scripts), len(styles))
	}
	want := fmt.Sprintf("default-src 'none'; script-src %s; style-src %s; base-uri 'none'; form-action 'none'", hash(scripts[0]), hash(styles[0]))
	if policy != want {
		t.Errorf("the Content-Security-Policy is %q, want %q", policy, want)
	}
	if text := textOf(doc, "data"); strings.ContainsAny(text, "<>&\u2028\u2029") {
		t.Error("the data has characters that are not escaped")
	}
	for _, bad := range []string{"innerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "fetch(", "XMLHttpRequest", "import("} {
		if strings.Contains(scripts[0], bad) {
			t.Errorf("the script has %s", bad)
		}
	}
	if strings.Contains(styles[0], "url(") || strings.Contains(styles[0], "@import") {
		t.Error("the style loads a file")
	}
	return doc
}

// textOf returns the text of the element with an id.
func textOf(doc *html.Node, id string) string {
	for node := range doc.Descendants() {
		for _, a := range node.Attr {
			if a.Key == "id" && a.Val == id {
				return node.FirstChild.Data
			}
		}
	}
	return ""
}

// skeleton returns the elements and attributes of a page without its texts.
func skeleton(doc *html.Node) string {
	var b strings.Builder
	for node := range doc.Descendants() {
		if node.Type == html.ElementNode {
			fmt.Fprintln(&b, node.Data, node.Attr)
		}
	}
	return b.String()
}

// Without the script, the page has the outcome and the failures.
func TestFallback(t *testing.T) {
	text := pageOf(t, sample())
	for _, want := range []string{
		`<h1 class="failed">Of 13 tests, 2 failed, 1 flaky, 1 skipped in 4.0s (build 1.0s, tests 3.0s).</h1>`,
		"<li><b>example.com/m/a TestA/sub</b> a_test.go:3: got 1</li>\n<li><b>example.com/m/c</b></li>",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page has no %q", want)
		}
	}
}

// Output is cut, with a note, so that a browser can show the page.
func TestBounds(t *testing.T) {
	r := sample()
	r.Failures = nil
	for i := range 200 {
		name := Name{"example.com/m/a", fmt.Sprint("TestFail", i)}
		r.Results = append(r.Results, Result{Name: name, Outcome: Failed})
		failure := sample().Failures[0]
		failure.Name, failure.Output = name.Test, "first line\n"+strings.Repeat("x", 100<<10)+"\nlast line\n"
		r.Failures = append(r.Failures, failure)
	}
	text := pageOf(t, r)
	if len(text) > 15<<20 {
		t.Errorf("the page has %d bytes", len(text))
	}
	var d data
	if err := json.Unmarshal([]byte(textOf(check(t, text), "data")), &d); err != nil {
		t.Fatal(err)
	}
	sum, left := 0, 0
	for _, test := range d.Packages[0].Tests {
		if test.Failure == nil {
			continue
		}
		sum += len(test.Failure.Output)
		if test.Failure.LeftOut {
			left++
		} else if test.Outcome == string(Failed) && !strings.Contains(test.Failure.Output, " bytes left out …\n") {
			t.Errorf("%s: nothing is left out of its output", test.Name)
		}
	}
	if sum > outputRoom || sum < outputRoom-(1<<18) || left == 0 {
		t.Errorf("%d bytes of output, want almost %d; that of %d tests is left out", sum, outputRoom, left)
	}
}

func TestVisible(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "\n\n": "", "a\r\nb": "a\nb\n", "\x1b[31mred\x1b[0m\x1b[2J\x1b]8;;x\x07\n": "\x1b[31mred\x1b[0m\n", "\x00\x1b\x85\u202e": "␀␛\ufffd\ufffd\n",
		"\x1b[38;5;208mo\x1b[m\n\n": "\x1b[38;5;208mo\x1b[m\n",
	} {
		if got := visible(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestErrorsOfWriting(t *testing.T) {
	full := errors.New("no space")
	r := sample()
	for range 2000 { // more than a buffer
		r.Results = append(r.Results, r.Results[0])
		r.Shards.Shards[0].Runs = append(r.Shards.Shards[0].Runs, r.Shards.Shards[0].Runs[0])
	}
	for _, err := range []error{r.WriteHTML(failingWriter{full}), r.WriteTrace(failingWriter{full}), r.WriteSVG(failingWriter{full})} {
		if !errors.Is(err, full) {
			t.Errorf("got the error %v, want %v", err, full)
		}
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }
