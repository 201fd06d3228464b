package observe

import (
	"bytes"
	"io"
	"sync/atomic"
	"time"

	"golang.org/x/term"
	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format"
	"github.com/gotestshard/gotestshard/format/ci"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// Shown records which failures the format showed with their output, and how many rows of the
// terminal were written since. It also records when each package had its last event.
type Shown struct {
	// Interrupted returns when a signal interrupted the tests of a package, zero for never.
	// It may be nil.
	Interrupted func(pkg string) time.Time

	out           io.Writer // counts what the format writes
	how           format.Shows
	atOnce        bool // whether failures are shown in addition to what the format shows
	width, height int  // of the terminal, 0 for none
	rows          atomic.Int64
	at            map[outputKey]int64 // the rows that were written before the end of the failure
	last          map[string]time.Time
}

func newShown(opts option.Options, stdout io.Writer) *Shown {
	s := &Shown{how: format.ShowsFailures(opts.Format), at: map[outputKey]int64{}, last: map[string]time.Time{}}
	if opts.FailuresNow && format.CanShowAtOnce(opts.Format) {
		s.atOnce = !s.how.Tests
		s.how = format.Shows{Tests: true, Packages: true}
	}
	if opts.Stdout != nil {
		if width, height, err := term.GetSize(int(opts.Stdout.Fd())); err == nil && width > 0 {
			s.width, s.height = width, height
		}
	}
	s.out = stdout
	if s.height > 0 {
		s.out = rowCounter{s, stdout}
	}
	return s
}

// limit returns how much of the output of one test is shown. A log that is not read on a
// screen is not cut.
func (s *Shown) limit(opts option.Options) format.Limit {
	screen := s.height > 0 || opts.CI != ci.None && opts.CI != ""
	if !screen || !opts.OwnSummary() || opts.Merge != nil { // gotestshard last shows all of it
		return format.Limit{}
	}
	return format.ScreenLimit
}

// rowCounter counts the rows that it writes.
type rowCounter struct {
	shown *Shown
	io.Writer
}

func (r rowCounter) Write(text []byte) (int, error) {
	for line := range bytes.Lines(text) {
		r.shown.addLine(string(line))
	}
	return r.Writer.Write(text)
}

// addLine counts the rows of a line. Wide and invisible characters make the count higher, so
// that nothing counts as visible that is not.
func (s *Shown) addLine(line string) {
	if s.width > 0 {
		s.rows.Add(1 + int64(len(line)/s.width))
	}
}

// add records an event that the format has shown.
func (s *Shown) add(event testjson.TestEvent, exec *testjson.Execution) {
	if !event.Time.IsZero() {
		s.last[event.Package] = event.Time
	}
	if event.Action != testjson.ActionFail {
		return
	}
	pkg := exec.Package(event.Package)
	switch {
	case event.Test == "" && s.how.Packages:
		s.at[outputKey{event.Package, 0}] = s.rows.Load()
	case event.Test != "" && s.how.Tests:
		s.at[outputKey{event.Package, pkg.LastFailedByName(event.Test).ID}] = s.rows.Load()
	}
}

// Has reports whether the output of a failure was shown when it failed, and is still on the
// screen if there is one. A log without a screen keeps everything.
func (s *Shown) Has(tc testjson.TestCase, exec *testjson.Execution) bool {
	at, ok := s.at[outputKey{tc.Package, tc.ID}]
	switch {
	case !ok || s.height > 0 && s.rows.Load()-at >= int64(s.height):
		return false
	case tc.Test == "": // testjson moves the panic of a timeout from a test to its package
		return s.how.Streams || len(exec.Package(tc.Package).Failed) == 0
	}
	// Output that go test assigned to a passed subtest is not shown with the failure.
	return len(OwnLines(exec, tc)) == len(exec.OutputLines(tc))
}

// Width returns the width of the terminal, 0 for none.
func (s *Shown) Width() int { return s.width }
