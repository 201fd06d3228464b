package report

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// With any test output and names, the page has the same elements and attributes as with
// simple ones.
func FuzzHTML(f *testing.F) {
	f.Add(hostileName, hostileOutput)
	f.Add(hostileHTML, hostileHTML)
	f.Add("javascript:alert(1)", "<plaintext>")
	f.Add("x;background:url(http://x)", "</PRE\n><svg/onload=x>")
	f.Add("", "\n\n\t")
	f.Add("\x1b]", "\x1b\x1b[\x1b[31mm")
	f.Fuzz(func(t *testing.T, name, output string) {
		if len(output) > longestOutput/8 {
			return // the page is cut
		}
		page := writeHTML(t, fuzzed(name, output))
		doc := checkHTML(t, page)
		word, text := name, output
		if shortName(name) != "" {
			word = "word"
		}
		if strings.TrimSpace(output) != "" {
			text = "word"
		}
		if got, want := skeleton(doc), skeleton(checkHTML(t, writeHTML(t, fuzzed(word, text)))); got != want {
			t.Errorf("the page has other elements:\n%s\nwant:\n%s", got, want)
		}
		for _, got := range texts(doc, "pre") {
			if want := visible(output); got != want {
				t.Errorf("the page shows the output %q, want %q", got, want)
			}
		}
		for _, got := range texts(doc, "td.name") {
			if got != shortName(name) {
				t.Errorf("the page shows the name %q, want %q", got, shortName(name))
			}
		}
	})
}

func fuzzed(name, output string) Summary {
	test := Test{Package: name, Name: name, Elapsed: time.Second}
	failure := Failure{Test: test, Place: name, Output: output}
	at := func(second int) time.Time { return time.Unix(int64(second), 0) }
	return Summary{
		Failures: []Failure{failure, {Test: test}}, Flaky: []Failure{failure}, Output: output, Slowest: []Test{test},
		Shards: Shards{RunID: name, Longest: test, Advice: &Advice{Longest: Unit{Package: name, Name: name}, Better: Ideal{Mode: name}}, Shards: []Shard{
			{Worker: name, Runs: []Run{{Package: name, Started: at(0), Completed: at(2)}, {Package: name, Started: at(2), Completed: at(3), Failed: true}}},
			{Worker: name, Started: at(0), Completed: at(4)},
		}},
		Coverage: map[string]string{name: name},
		Packages: []PackageSummary{{Name: name, Result: PackageFailed}, {Name: name, Result: PackagePassed}},
	}
}

// checkHTML parses a page as a browser does. It fails if the page could load or run
// something, or has an invisible character.
func checkHTML(t *testing.T, page string) *html.Node {
	t.Helper()
	if !utf8.ValidString(page) {
		t.Error("the page is not valid UTF-8")
	}
	if i := strings.IndexFunc(page, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) && r != '\t' }); i >= 0 {
		t.Errorf("the page has a control character: %q", page[i:min(len(page), i+20)])
	}
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for node := range doc.Descendants() {
		if node.Type == html.CommentNode {
			t.Errorf("the page has a comment: %q", node.Data)
		}
		if node.Type != html.ElementNode {
			continue
		}
		count[node.Data]++
		switch node.Data {
		case "html", "head", "body", "meta", "title", "style", "header", "main", "section", "h1", "h2", "p", "ul", "li", "b", "i", "span", "div",
			"details", "summary", "pre", "table", "thead", "tbody", "tr", "th", "td":
		default:
			t.Errorf("the page has the element %s", node.Data)
		}
		for _, a := range node.Attr {
			ok := false
			switch a.Key {
			case "class", "open", "lang":
				ok = plainValue.MatchString(a.Val)
			case "style":
				ok = node.Data == "i" && barStyle.MatchString(a.Val)
			case "title":
				ok = node.Data == "i"
			case "charset", "http-equiv", "name", "content":
				ok = node.Data == "meta"
			}
			if !ok {
				t.Errorf("the element %s has the attribute %s=%q", node.Data, a.Key, a.Val)
			}
		}
	}
	for name, n := range map[string]int{"html": 1, "head": 1, "title": 1, "style": 1, "body": 1, "meta": 5, "h1": 1, "main": 1} {
		if count[name] != n {
			t.Errorf("the page has the element %s %d times, want %d", name, count[name], n)
		}
	}
	if css := texts(doc, "style")[0]; !strings.Contains(htmlText, css) || strings.Contains(css, "url(") || strings.Contains(css, "@import") {
		t.Error("the style is not that of html.gohtml, or loads a file")
	}
	if !strings.Contains(page, `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`) {
		t.Error("the page has no Content-Security-Policy")
	}
	return doc
}
