package observe

import (
	"bytes"
	"io"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/term"
	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format"
	"github.com/gotestshard/gotestshard/format/ci"
	"github.com/gotestshard/gotestshard/shard/internal/live"
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
	width, height int  // of the terminal above a live area, 0 for none
	rows          atomic.Int64
	before        int64               // the rows that were written before the current event
	at            map[outputKey]int64 // the rows that were written before the failure
	last          map[string]time.Time
}

// newShown returns a record of what is shown on stdout. terminal is where that ends up, nil if it
// is not known, and workers is how many of them a live area shows.
func newShown(display option.Display, terminal *os.File, workers int, stdout io.Writer) *Shown {
	s := &Shown{how: format.ShowsFailures(display.Format), at: map[outputKey]int64{}, last: map[string]time.Time{}}
	if display.FailuresNow && format.CanShowAtOnce(display.Format) {
		s.atOnce = !s.how.Tests
		s.how = format.Shows{Tests: true, Packages: true}
	}
	if terminal != nil {
		if width, height, err := term.GetSize(int(terminal.Fd())); err == nil && width > 0 {
			s.width, s.height = width, height
			if display.Area {
				s.height -= live.AreaHeight(workers, len(display.Heading) > 0, height)
			}
		}
	}
	s.out = stdout
	if s.height > 0 {
		s.out = rowCounter{s, stdout}
	}
	return s
}

// limit returns how much of the output of one test is shown, if it may be cut. A log that is not
// read on a screen is not.
func (s *Shown) limit(cuts bool, provider ci.Provider) format.Limit {
	screen := s.height > 0 || provider != ci.None && provider != ""
	if !screen || !cuts {
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
		s.rows.Add(s.rowsOf(line))
	}
}

func (s *Shown) rowsOf(line string) int64 { return 1 + int64(len(line)/s.width) }

// begin must be called before an event is shown.
func (s *Shown) begin() { s.before = s.rows.Load() }

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
		s.at[outputKey{event.Package, 0}] = s.start(testjson.TestCase{Package: event.Package}, exec)
	case event.Test != "" && s.how.Tests:
		tc := pkg.LastFailedByName(event.Test)
		s.at[outputKey{event.Package, tc.ID}] = s.start(tc, exec)
	}
}

// start returns the rows that were written before a failure that was just shown. Its output
// may have been shown line by line before.
func (s *Shown) start(tc testjson.TestCase, exec *testjson.Execution) int64 {
	if s.height == 0 {
		return 0
	}
	rows := s.rows.Load()
	for _, line := range exec.OutputLines(tc) {
		rows -= s.rowsOf(line)
	}
	return min(rows, s.before)
}

// Has reports whether the output of a failure was shown when it failed, and all of it is still
// on the screen if there is one. A log without a screen keeps everything.
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
