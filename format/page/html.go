package page

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"io"
	"strings"
	"sync"
)

// assets are the parts of the page. They are read on first use, because a hook never needs
// them.
//
//go:embed assets
var assets embed.FS

// The order of the parts of the script and the style.
var (
	scripts = []string{"dom", "model", "output", "filter", "tree", "test", "timeline", "bars", "tables", "start"}
	styles  = []string{"page", "tests", "timeline", "print"}
)

// join returns the parts of a script or style as one.
func join(names []string, extension string) string {
	var b strings.Builder
	for _, name := range names {
		text, err := assets.ReadFile("assets/" + name + extension)
		if err != nil {
			panic(err) // a test writes a page
		}
		b.Write(text)
	}
	return b.String()
}

// shell is what all pages have in common.
type shell struct {
	page          *template.Template
	Script        template.JS
	Style         template.CSS
	Policy, Title string
	// Fallback is shown as long as the script does not run.
	Fallback fallback
	Data     template.JS
}

type fallback struct {
	OK       bool
	Sentence string
	Failures []fallbackTest
	More     int
}

type fallbackTest struct{ Package, Test, Message string }

// mostFallback is how many failures are listed without the script.
const mostFallback = 200

var newShell = sync.OnceValue(func() shell {
	text, err := assets.ReadFile("assets/page.gohtml")
	if err != nil {
		panic(err)
	}
	s := shell{page: template.Must(template.New("page").Parse(string(text)))}
	// One function, so that the parts share names that the page does not see. The parts are from
	// this module and need no escaping.
	s.Script = template.JS("\"use strict\";\n(() => {\n" + join(scripts, ".js") + "})();\n")
	s.Style = template.CSS(join(styles, ".css"))
	s.Policy = "default-src 'none'; script-src " + hash(string(s.Script)) + "; style-src " + hash(string(s.Style)) +
		"; base-uri 'none'; form-action 'none'"
	return s
})

// hash returns the source expression of a Content-Security-Policy that allows a text.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// WriteHTML writes the run as one page for the browser: no other file, no network. Its
// Content-Security-Policy allows only its own script and style. The script gets names and
// output as JSON in which every character that HTML treats specially is escaped, and shows
// them only as text.
func (r Run) WriteHTML(out io.Writer) error {
	d := newBuilder(r).data()
	var text bytes.Buffer
	if err := json.NewEncoder(&text).Encode(d); err != nil { // escapes <, >, &, U+2028 and U+2029
		return err
	}
	s := newShell()
	// Encode has escaped the data for HTML.
	s.Data, s.Title, s.Fallback = template.JS(text.String()), d.Sentence, newFallback(d)
	buffered := bufio.NewWriterSize(out, 64<<10)
	return cmp.Or(s.page.Execute(buffered, s), buffered.Flush()) // both may be about the same
}

func newFallback(d data) fallback {
	f := fallback{OK: d.OK, Sentence: d.Sentence}
	add := func(pkg, test string, failure *failure) {
		if failure == nil {
			return
		}
		if len(f.Failures) == mostFallback {
			f.More++
			return
		}
		f.Failures = append(f.Failures, fallbackTest{pkg, test, failure.Message})
	}
	for _, pkg := range d.Packages {
		add(pkg.Name, "", pkg.Failure)
		var path []string // the names of the parents
		for _, test := range pkg.Tests {
			path = append(path[:test.Depth], test.Name)
			if test.failed() {
				add(pkg.Name, strings.Join(path, "/"), test.Failure)
			}
		}
	}
	return f
}
