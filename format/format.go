// Package format turns test events into text that a person or a CI log reads while the
// tests run. The formats come from gotest.tools/gotestsum/testjson. This package adds
// the prefix that names the worker of each line, the json format, and a dots-v2 with
// room for the prefix.
package format

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/plain"
)

// JSON is the format that prints the merged event stream itself.
const JSON = "json"

// Failures is the format that prints nothing while the tests run, and then the failures.
const Failures = "failures"

// Names are the formats that the help lists. New also accepts gotestsum's aliases and
// hidden formats.
var Names = []string{
	"dots", "dots-v2", "pkgname", "pkgname-and-test-fails", "testname", "testdox",
	"github-actions", "standard-quiet", "standard-verbose", Failures, JSON,
}

// Formatter shows the events of a run. Only one goroutine at a time may call its
// methods.
type Formatter interface {
	// Format shows event, which exec already includes. lines are the original lines of
	// the event, without the last newline. Unless ShowsEvents, these may be several
	// lines of a test's output.
	Format(event testjson.TestEvent, lines []byte, exec *testjson.Execution) error
	// Close shows what is still held back. The Formatter cannot be used afterwards.
	Close() error
}

// Options configure a Formatter.
type Options struct {
	testjson.FormatOptions
	// Workers are the ids that a prefix can have, in order; nil for no prefix.
	Workers []string
	// Width is that of the terminal that shows the format, 0 for none.
	Width int
	// Sections fold the output of tests in a CI's log; nil for none. In
	// pkgname-and-test-fails they fold the output of failed tests, in github-actions
	// that of all tests with output.
	Sections Sections
	// Silent reports whether a failed test gets no section, because it has nothing to show;
	// nil for none.
	Silent func(testjson.TestCase, *testjson.Execution) bool
	// Limit is how much of a test's output is shown, and Rest the words for where all of it
	// is. Formats that show the output while a test runs show all of it.
	Limit Limit
	Rest  string
	// Unended describes a failed test that has no end, instead of its duration; nil for
	// testjson's words.
	Unended func(testjson.TestCase, *testjson.Execution) string
	// More returns what to show after what the format shows of an event, empty for nothing;
	// nil for no event.
	More func(event testjson.TestEvent, exec *testjson.Execution) string
}

// Sections are folded parts of a CI's log.
type Sections interface {
	// Begin begins a section. It contains everything written until End.
	Begin(title string)
	End()
	// Attention makes the CI show the section unfolded.
	Attention()
}

// New returns the Formatter with that name, which writes to out. For an unknown name
// the error lists the known ones.
func New(out io.Writer, name string, opts Options) (Formatter, error) {
	if opts.More != nil {
		return newExtended(out, name, opts)
	}
	return newFormatter(out, name, opts)
}

func newFormatter(out io.Writer, name string, opts Options) (Formatter, error) {
	if name == JSON {
		return &jsonFormat{out: out}, nil
	}
	if name == Failures {
		name = "none"
	}
	if name == "dots-v2" && opts.Workers != nil && opts.Width > 0 {
		return newDotsV2(out, opts.Width, opts), nil
	}
	if !folds(name) {
		opts.Sections = nil
	}
	if shows := ShowsFailures(name); !shows.Tests || shows.Streams {
		opts.Limit = Limit{}
	}
	if opts.Workers == nil && opts.Sections == nil || name == "none" || name == "standard-json" {
		out := &eventOutput{limited: opts.Limit.writer(out, opts.Rest), unended: opts.Unended, first: isGitHub(name)}
		f := testjson.NewEventFormatter(out, name, opts.FormatOptions)
		if f == nil {
			return nil, ErrUnknown(name)
		}
		return unchanged{f, out}, nil
	}
	p := newPrefixer(out, opts.Workers)
	p.github = isGitHub(name)
	p.sections = opts.Sections
	p.unended = opts.Unended
	if p.sections != nil && !p.github { // which shows a test without output as a line
		p.silent = opts.Silent
	}
	p.dots = strings.HasPrefix(name, "dots")
	p.text = &eventOutput{limited: opts.Limit.writer(formatOutput{p}, opts.Rest), unended: opts.Unended, first: isGitHub(name)}
	p.wrapped = testjson.NewEventFormatter(p.text, name, opts.FormatOptions)
	if p.wrapped == nil {
		return nil, ErrUnknown(name)
	}
	return p, nil
}

// Shows is which failures a format shows with their output.
type Shows struct {
	Tests, Packages bool // failed tests, and packages that failed without a failed test
	// Streams is whether the output is shown while it is printed, and not when the test ends.
	Streams bool
}

// ShowsFailures returns which failures the format with that name shows with their output.
func ShowsFailures(name string) Shows {
	switch {
	case isGitHub(name), name == "pkgname-and-test-fails", name == "short-with-failures":
		return Shows{Tests: true}
	case name == "testname", name == "short-verbose":
		return Shows{Tests: true, Packages: true}
	case name == "standard-verbose", name == "standard-json", name == "debug":
		return Shows{Tests: true, Packages: true, Streams: true}
	case name == "standard-quiet":
		return Shows{Packages: true, Streams: true}
	}
	return Shows{}
}

// folds reports whether a format writes the output of tests as sections.
func folds(name string) bool {
	return isGitHub(name) || name == "pkgname-and-test-fails" || name == "short-with-failures"
}

// NamesTests reports whether the format with that name has a line for each test, without the
// output of the tests that passed.
func NamesTests(name string) bool {
	return !isGitHub(name) && slices.Contains([]string{"testname", "short-verbose", "testdox", "gotestdox"}, name)
}

// CanShowAtOnce reports whether failures can be shown between what the format with that name
// shows. testjson redraws the lines of dots-v2.
func CanShowAtOnce(name string) bool {
	return name != JSON && name != Failures && name != "standard-json" && name != "none" && name != "dots-v2"
}

// ErrUnknown is the error of a format that does not exist.
func ErrUnknown(name string) error {
	return fmt.Errorf("unknown format %s; %sthe formats are %s", name, plain.Suggest(name, Names), strings.Join(Names, ", "))
}

// isGitHub reports whether testjson uses its github-actions format for that name.
// testjson reads the environment variable itself, so the variable counts here, not the
// detected CI.
func isGitHub(name string) bool {
	switch name {
	case "github-actions", "github-action":
		return true
	case "testname", "short-verbose":
		return os.Getenv("GITHUB_ACTIONS") == "true" //nolint:processwide // testjson reads it, too
	}
	return false
}

// ShowsEvents reports whether a testjson format shows each event separately, so that
// events must not be joined.
func ShowsEvents(name string) bool { return name == "standard-json" || name == "debug" }

// unchanged is a testjson format as it is.
type unchanged struct {
	wrapped testjson.EventFormatter
	text    *eventOutput
}

func (p unchanged) Format(event testjson.TestEvent, _ []byte, exec *testjson.Execution) error {
	p.text.begin(event, exec)
	return errors.Join(p.wrapped.Format(event, exec), p.text.flush())
}

func (unchanged) Close() error { return nil }

// jsonFormat writes each event unchanged.
type jsonFormat struct {
	out io.Writer
	buf []byte
}

func (f *jsonFormat) Format(_ testjson.TestEvent, lines []byte, _ *testjson.Execution) error {
	if len(lines) == 0 {
		return nil // testjson added this event for a test that never ended
	}
	f.buf = append(append(f.buf[:0], lines...), '\n')
	_, err := f.out.Write(f.buf)
	return err
}

func (f *jsonFormat) Close() error { return nil }
