// Package format turns test events into the text that a person or a CI log
// reads while the tests run. The formats are gotest.tools/gotestsum/testjson's;
// what is added here is the prefix that says which worker a line is from, the
// json format, and a dots-v2 that has room for the prefix.
package format

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
	"gotest.tools/gotestsum/testjson"
)

// JSON is the format that is the merged event stream itself.
const JSON = "json"

// Names are the formats that New knows, as the help lists them. The aliases
// and hidden formats of gotestsum are known too.
var Names = []string{
	"dots", "dots-v2", "pkgname", "pkgname-and-test-fails", "testname", "testdox",
	"github-actions", "standard-quiet", "standard-verbose", JSON,
}

// Formatter shows the events of a run. Its methods must not be called by two
// goroutines at once.
type Formatter interface {
	// Format shows event, which exec includes already. The lines are those that it
	// was made of, as they came, without the last newline; it may be several of a
	// test's output, unless ShowsEvents.
	Format(event testjson.TestEvent, lines []byte, exec *testjson.Execution) error
	// Close shows what is still held back. The Formatter must not be used after.
	Close() error
}

// Options are what a Formatter can be told.
type Options struct {
	testjson.FormatOptions
	// Workers are the ids that a prefix can have, in their order; nil is no
	// prefix.
	Workers []string
	// Sections fold the output of tests in a CI's log, nil for none: in
	// pkgname-and-test-fails that of failed tests, in github-actions that of all
	// that have some.
	Sections Sections
}

// Sections are what a CI's log can fold.
type Sections interface {
	// Begin begins a section, which has all that is written until End.
	Begin(title string)
	End()
	// Attention says that the section is to be open.
	Attention()
}

// New returns the Formatter of the format of that name, which writes to out.
// The error of an unknown name lists the names.
func New(out io.Writer, name string, opts Options) (Formatter, error) {
	if name == JSON {
		return &jsonFormat{out: out}, nil
	}
	if name == "dots-v2" && opts.Workers != nil {
		if width, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil && width > 0 {
			return newDotsV2(out, width, opts), nil
		}
	}
	if !folds(name) {
		opts.Sections = nil
	}
	if opts.Workers == nil && opts.Sections == nil || name == "none" || name == "standard-json" {
		f := testjson.NewEventFormatter(out, name, opts.FormatOptions)
		if f == nil {
			return nil, ErrUnknown(name)
		}
		return plain{f}, nil
	}
	p := newPrefixer(out, opts.Workers)
	p.github = isGitHub(name)
	p.sections = opts.Sections
	p.dots = strings.HasPrefix(name, "dots")
	p.wrapped = testjson.NewEventFormatter(formatOutput{p}, name, opts.FormatOptions)
	if p.wrapped == nil {
		return nil, ErrUnknown(name)
	}
	return p, nil
}

// folds reports whether a format writes the output of tests as sections.
func folds(name string) bool {
	return isGitHub(name) || name == "pkgname-and-test-fails" || name == "short-with-failures"
}

// ErrUnknown is the error of a format that does not exist.
func ErrUnknown(name string) error {
	return fmt.Errorf("unknown format %s; the formats are %s", name, strings.Join(Names, ", "))
}

// isGitHub reports whether testjson gives that name its github-actions format. testjson asks
// for the variable itself, so what it says counts here and not which CI was found.
func isGitHub(name string) bool {
	switch name {
	case "github-actions", "github-action":
		return true
	case "testname", "short-verbose":
		return os.Getenv("GITHUB_ACTIONS") == "true"
	}
	return false
}

// ShowsEvents reports whether a format of testjson shows each event by itself, so that
// no two may be joined.
func ShowsEvents(name string) bool { return name == "standard-json" || name == "debug" }

// plain is one of testjson's formats as it is.
type plain struct{ wrapped testjson.EventFormatter }

func (p plain) Format(event testjson.TestEvent, _ []byte, exec *testjson.Execution) error {
	return p.wrapped.Format(event, exec)
}

func (plain) Close() error { return nil }

// jsonFormat writes each event as it came.
type jsonFormat struct {
	out io.Writer
	buf []byte
}

func (f *jsonFormat) Format(_ testjson.TestEvent, lines []byte, _ *testjson.Execution) error {
	if len(lines) == 0 {
		return nil // testjson made it up for a test that never ended
	}
	f.buf = append(append(f.buf[:0], lines...), '\n')
	_, err := f.out.Write(f.buf)
	return err
}

func (f *jsonFormat) Close() error { return nil }
