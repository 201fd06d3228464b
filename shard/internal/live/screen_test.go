package live

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"
)

// fakeWidth is the width of a fakeTerminal.
const fakeWidth = 20

// fakeTerminal is a terminal that understands what a screen writes. It wraps no lines. In the mode
// noWrap, the cursor stays on the last cell of a line.
type fakeTerminal struct {
	t      *testing.T
	mu     sync.Mutex
	lines  [][]rune // of the whole session, without escapes
	row    int
	column int
	noWrap bool
	frames int
	text   []byte // all that was written
	err    error
}

func (f *fakeTerminal) Write(text []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return 0, f.err
	}
	f.frames++
	f.text = append(f.text, text...)
	for rest := string(text); rest != ""; {
		if cut, ok := strings.CutPrefix(rest, "\x1b["); ok {
			end := strings.IndexFunc(cut, func(r rune) bool { return r >= '@' && r <= '~' })
			f.control(cut[:end+1])
			rest = cut[end+1:]
			continue
		}
		r, size := utf8.DecodeRuneInString(rest)
		f.print(r)
		rest = rest[size:]
	}
	return len(text), nil
}

func (f *fakeTerminal) control(sequence string) {
	up := 0
	switch {
	case sequence == "J":
		f.lines = f.lines[:min(len(f.lines), f.row+1)]
		f.eraseLine()
	case sequence == "K":
		f.eraseLine()
	case sequence == "C":
		f.column++
	case sequence == noWrap[2:], sequence == wrap[2:]:
		f.noWrap = sequence == noWrap[2:]
	case sequence[0] == '?', sequence[len(sequence)-1] == 'm':
	case strings.HasSuffix(sequence, "A"):
		if _, err := fmt.Sscanf(sequence, "%dA", &up); err != nil {
			f.t.Errorf("%q", sequence)
		}
		f.row -= up
	default:
		f.t.Errorf("unexpected %q", sequence)
	}
}

func (f *fakeTerminal) eraseLine() {
	if f.row < len(f.lines) {
		f.lines[f.row] = f.lines[f.row][:min(len(f.lines[f.row]), f.column)]
	}
}

func (f *fakeTerminal) print(c rune) {
	switch c {
	case '\r':
		f.column = 0
	case '\n': // the terminal's driver adds a return
		f.row, f.column = f.row+1, 0
	default:
		for len(f.lines) <= f.row {
			f.lines = append(f.lines, nil)
		}
		line := f.lines[f.row]
		for len(line) <= f.column {
			line = append(line, ' ')
		}
		line[f.column] = c
		f.lines[f.row] = line
		f.column++
		if f.noWrap {
			f.column = min(f.column, fakeWidth-1)
		}
	}
}

// shows returns what is visible.
func (f *fakeTerminal) shows() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var b strings.Builder
	for _, line := range f.lines {
		b.WriteString(string(line) + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

// onScreen runs a test with a screen, its two streams and the number in its area.
func onScreen(t *testing.T, f func(s *screen, terminal *fakeTerminal, out, errs io.Writer, number *atomic.Int64)) {
	synctest.Test(t, func(t *testing.T) {
		terminal := &fakeTerminal{t: t}
		var n atomic.Int64
		s := newScreen(terminal, func() (int, int, bool) { return fakeWidth, 24, true }, func(int, int) []string {
			return []string{"worker", fmt.Sprintf("area %d", n.Load())}
		})
		out, errs := s.stream(), s.stream()
		var running sync.WaitGroup
		running.Go(s.run)
		f(s, terminal, out, errs, &n)
		_ = s.close()
		running.Wait()
	})
}

func TestScreen(t *testing.T) {
	onScreen(t, func(s *screen, terminal *fakeTerminal, out, errs io.Writer, number *atomic.Int64) {
		shows := func(want string) {
			t.Helper()
			time.Sleep(frameTime)
			synctest.Wait()
			if got := terminal.shows(); got != want {
				t.Errorf("shows\n%s\nwant\n%s", got, want)
			}
		}
		shows("worker\narea 0")
		_, _ = io.WriteString(out, "one\ntwo\nthr")
		shows("one\ntwo\nthr\nworker\narea 0")
		_, _ = io.WriteString(errs, "error\nhalf")
		shows("one\ntwo\nerror\nthr\nhalf\nworker\narea 0")
		_, _ = io.WriteString(out, "ee\rx\t\x1b[2K\x1b[31mred\x1b[m ... and much, much more")
		shows("one\ntwo\nerror\n…nd much, much more\nhalf\nworker\narea 0")
		s.hide()
		shows("one\ntwo\nerror")
		_, _ = io.WriteString(out, "\nfour\n")
		s.show()
		number.Store(1)
		shows("one\ntwo\nerror\nx\tred ... and much, much more\nfour\nhalf\nworker\narea 1")
		if err := s.close(); err != nil {
			t.Error(err)
		}
		shows("one\ntwo\nerror\nx\tred ... and much, much more\nfour\nhalf")
		_, _ = io.WriteString(out, " and after the end\n")
		shows("one\ntwo\nerror\nx\tred ... and much, much more\nfour\nhalf and after the end")
	})
}

// An unchanged area is not drawn again, and one that changes at most ten times a second. What
// is printed appears at once or in the next frame.
func TestFramesOfScreen(t *testing.T) {
	onScreen(t, func(_ *screen, terminal *fakeTerminal, out, _ io.Writer, number *atomic.Int64) {
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if terminal.frames != 1 {
			t.Errorf("%d frames of an unchanged area", terminal.frames)
		}
		for i := range 3000 {
			time.Sleep(time.Millisecond)
			synctest.Wait()
			number.Store(int64(i))
			_, _ = fmt.Fprintf(out, "line %d\n", i)
		}
		time.Sleep(frameTime)
		synctest.Wait()
		if n := terminal.frames; n < 25 || n > 33 {
			t.Errorf("%d frames in 3 s", n)
		}
		text := terminal.shows()
		if !strings.HasPrefix(text, "line 0\nline 1\n") || !strings.HasSuffix(text, "\nline 2999\nworker\narea 2999") || strings.Count(text, "\n") != 3001 {
			t.Error("lines are missing")
		}
		for _, frame := range bytes.SplitAfter(terminal.text, []byte(endUpdate)) {
			if len(frame) > 0 && (!bytes.HasPrefix(frame, []byte(beginUpdate)) || bytes.Count(frame, []byte(noWrap)) != bytes.Count(frame, []byte(wrap))) {
				t.Fatalf("frame %q", frame)
			}
		}
	})
}

// Long text is not kept until the next frame. A line that is too long is written in parts,
// without an area in the middle of it.
func TestLongTextOnScreen(t *testing.T) {
	onScreen(t, func(_ *screen, terminal *fakeTerminal, out, _ io.Writer, _ *atomic.Int64) {
		time.Sleep(time.Millisecond)
		line := strings.Repeat("x", 1000) + "\n"
		for range 200 {
			_, _ = io.WriteString(out, line)
		}
		if n := strings.Count(terminal.shows(), "x\n"); n < 100 {
			t.Errorf("%d lines were written at once", n)
		}
		long := strings.Repeat("y", mostText+1)
		_, _ = io.WriteString(out, long)
		time.Sleep(frameTime)
		synctest.Wait()
		if got := terminal.shows(); !strings.HasSuffix(got, "\n"+long) {
			t.Errorf("shows %q", got[len(got)-100:])
		}
		_, _ = io.WriteString(out, "z\n")
		time.Sleep(frameTime)
		synctest.Wait()
		if got := terminal.shows(); !strings.HasSuffix(got, "\n"+long+"z\nworker\narea 0") {
			t.Errorf("shows %q", got[len(got)-100:])
		}
		_, _ = io.WriteString(out, long[1:]+"\xc2") // half of a control character, or of a letter
		_, _ = io.WriteString(out, "\x9bJ"+long[2:]+"\xc2")
		_, _ = io.WriteString(out, "\xb0\n")
		time.Sleep(frameTime)
		synctest.Wait()
		if got := string(terminal.text); strings.Contains(got, "\u009b") || !strings.Contains(got, "yJy") || !strings.Contains(got, "°\n") {
			t.Errorf("wrote %q", got[len(got)-100:])
		}
	})
}

func TestScreenInTheBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		terminal := &fakeTerminal{t: t}
		var foreground atomic.Bool
		foreground.Store(true)
		s := newScreen(terminal, func() (int, int, bool) { return fakeWidth, 24, foreground.Load() }, func(int, int) []string { return []string{"area"} })
		s.progress = func() string { return "" }
		out := s.stream()
		var running sync.WaitGroup
		running.Go(s.run)
		time.Sleep(frameTime)
		synctest.Wait()
		foreground.Store(false)
		time.Sleep(time.Second)
		synctest.Wait()
		if terminal.frames != 1 || terminal.shows() != "area" {
			t.Errorf("%d frames, shows %q", terminal.frames, terminal.shows())
		}
		_, _ = io.WriteString(out, "text\n")
		time.Sleep(time.Second)
		synctest.Wait()
		if got := terminal.shows(); got != "text" {
			t.Errorf("shows %q", got)
		}
		foreground.Store(true)
		time.Sleep(time.Second)
		synctest.Wait()
		if got := terminal.shows(); got != "text\narea" {
			t.Errorf("shows %q", got)
		}
		terminal.mu.Lock()
		terminal.err = errors.New("the terminal has gone")
		terminal.mu.Unlock()
		_, _ = io.WriteString(out, "lost\n")
		time.Sleep(time.Second)
		if _, err := io.WriteString(out, "too\n"); !errors.Is(err, terminal.err) {
			t.Errorf("error %v", err)
		}
		if err := s.close(); !errors.Is(err, terminal.err) {
			t.Errorf("error %v", err)
		}
		running.Wait()
	})
}
