package live

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gotestshard/gotestshard/format/plain"
)

// How often the area is drawn, and how much text is written without it in between, in bytes.
const (
	frameTime = 100 * time.Millisecond
	mostText  = 64 << 10
)

// What a terminal is sent. A terminal that does not know synchronized updates ignores them.
const (
	beginUpdate = "\x1b[?2026h"
	endUpdate   = "\x1b[?2026l"
	noWrap      = "\x1b[?7l"
	wrap        = "\x1b[?7h"
	plainStyle  = "\x1b[m"
	eraseLine   = "\x1b[K"
	eraseBelow  = "\x1b[J"

	// Erasing everything from the first cell of the screen would make tmux keep the area in its
	// history, so the cursor moves right before.
	eraseArea = "\r" + plainStyle + eraseLine + "\x1b[C" + eraseBelow + "\r"
)

// screen owns a terminal: it writes text, which scrolls, and the area below it. Only the
// goroutine of run writes to the terminal; all others ask it with do.
//
// The cursor rests at the start of the area. So the area is erased by erasing what is below
// the cursor, also after the terminal was resized and has wrapped the lines of the area.
type screen struct {
	out io.Writer
	// size returns the size of the terminal, and false while the area must not be drawn.
	size func() (width, height int, ok bool)
	// lines returns the lines of the area.
	lines func(width, height int) []string
	// progress returns what shows the progress elsewhere in the terminal, nil for nothing.
	progress func() string

	calls chan call
	ended chan struct{}

	// The goroutine of run owns these.
	streams []*stream
	text    []byte   // whole lines that are not written yet
	area    []string // what is on the terminal, nil for nothing
	width   int      // of the terminal, when it was drawn
	told    string   // the last progress
	hidden  bool
	last    time.Time // when it was drawn
	err     error     // of writing
	frame   []byte    // reused
}

type call struct {
	f    func()
	done chan struct{}
	last bool
}

// stream is one of the streams of text on a screen.
type stream struct {
	screen *screen
	rest   []byte // a line without its end
	raw    bool   // whether the beginning of the line is written, because it is too long
}

func newScreen(out io.Writer, size func() (int, int, bool), lines func(int, int) []string) *screen {
	return &screen{out: out, size: size, lines: lines, calls: make(chan call), ended: make(chan struct{})}
}

// stream returns a new stream of text. It is called before run.
func (s *screen) stream() *stream {
	one := &stream{screen: s}
	s.streams = append(s.streams, one)
	return one
}

// run draws until close is called.
func (s *screen) run() {
	defer close(s.ended)
	ticker := time.NewTicker(frameTime)
	defer ticker.Stop()
	s.draw()
	for {
		select {
		case c := <-s.calls:
			c.f()
			close(c.done)
			if c.last {
				return
			}
		case <-ticker.C:
			if time.Since(s.last) >= frameTime {
				s.draw()
			}
		}
	}
}

// do calls f on the goroutine of run, and returns false if that has ended.
func (s *screen) do(c call) bool {
	c.done = make(chan struct{})
	select {
	case s.calls <- c:
		<-c.done
		return true
	case <-s.ended:
		return false
	}
}

// Write implements io.Writer. An error is that of an earlier text, which was not written at
// once.
func (one *stream) Write(text []byte) (int, error) {
	s := one.screen
	var err error
	if !s.do(call{f: func() { s.add(one, text); err = s.err }}) {
		return s.out.Write(text)
	}
	if err != nil {
		return 0, err
	}
	return len(text), nil
}

// hide erases the area until show is called.
func (s *screen) hide() { s.do(call{f: func() { s.hidden = true; s.flush() }}) }
func (s *screen) show() { s.do(call{f: func() { s.hidden = false; s.draw() }}) }

// close erases the area, writes the unfinished lines and ends run.
func (s *screen) close() error {
	s.do(call{last: true, f: func() {
		for _, one := range s.streams {
			s.text = append(s.text, plain.Colored(one.rest)...)
		}
		s.flush()
		if s.told != "" {
			s.write([]byte(noProgress))
		}
	}})
	return s.err
}

// add takes over text of a stream.
func (s *screen) add(one *stream, text []byte) {
	end := bytes.LastIndexByte(text, '\n') + 1
	if end > 0 {
		s.text = append(s.text, plain.Colored(append(one.rest, text[:end]...))...)
		one.rest, one.raw = one.rest[:0], false
	}
	one.rest = append(one.rest, text[end:]...)
	if len(one.rest) > mostText {
		whole := wholeCharacters(one.rest)
		s.text = append(s.text, plain.Colored(one.rest[:whole])...)
		one.rest, one.raw = append(one.rest[:0], one.rest[whole:]...), true
	}
	switch {
	case time.Since(s.last) >= frameTime:
		s.draw()
	case len(s.text) > mostText:
		s.flush()
	}
}

// wholeCharacters returns the length of text without an incomplete character at its end. Its
// bytes together may be a control character.
func wholeCharacters(text []byte) int {
	for n := len(text) - 1; n >= max(0, len(text)-utf8.UTFMax); n-- {
		if utf8.RuneStart(text[n]) {
			if !utf8.FullRune(text[n:]) {
				return n
			}
			break
		}
	}
	return len(text)
}

// flush writes the text without an area.
func (s *screen) flush() {
	s.frame = s.frame[:0]
	s.put(nil)
	s.write(s.frame)
}

// draw writes the text and the area, if something of it has changed.
func (s *screen) draw() {
	s.last = time.Now()
	width, height, ok := s.size()
	inLine := slices.ContainsFunc(s.streams, func(one *stream) bool { return one.raw })
	var area []string
	if ok && !s.hidden && !inLine {
		cells := width - 1 // at the end of a full line the cursor is on its last cell, which eraseLine erases
		area = s.unfinished(cells, s.lines(cells, height))
	}
	s.frame = s.frame[:0]
	if s.progress != nil && ok && !s.hidden {
		if told := s.progress(); told != s.told {
			s.told = told
			s.frame = append(s.frame, told...)
		}
	}
	// In the background, nothing is erased either.
	if len(s.text) > 0 || ok && (width != s.width || !slices.Equal(area, s.area)) {
		s.put(area)
		s.width = width
	}
	s.write(s.frame)
}

// unfinished puts the unfinished lines above the area, as far as they fit into one line.
func (s *screen) unfinished(width int, area []string) []string {
	for _, one := range slices.Backward(s.streams) {
		line := strings.TrimRight(plain.Text(string(one.rest)), "\r")
		line = line[strings.LastIndexByte(line, '\r')+1:]
		if line = plain.Line(line); line != "" {
			area = append([]string{cutStart(line, width)}, area...)
		}
	}
	return area
}

// put adds the text and the area to the frame.
func (s *screen) put(area []string) {
	if len(s.text) == 0 && len(area) == 0 && len(s.area) == 0 {
		return
	}
	b := append(s.frame, beginUpdate...)
	if len(s.area) > 0 && (len(s.text) > 0 || len(area) == 0) {
		b = append(b, eraseArea...)
	}
	b = append(b, s.text...)
	if len(area) > 0 {
		b = append(b, noWrap+"\r"+plainStyle...)
		for i, line := range area {
			if i > 0 {
				b = append(b, "\r\n"...)
			}
			b = append(append(b, line...), eraseLine...)
		}
		b = append(b, eraseBelow+"\r"...)
		if up := len(area) - 1; up > 0 {
			b = append(b, "\x1b["+strconv.Itoa(up)+"A"...)
		}
		b = append(b, wrap...)
	}
	s.frame = append(b, endUpdate...)
	s.text, s.area = s.text[:0], area
}

func (s *screen) write(frame []byte) {
	if len(frame) > 0 && s.err == nil {
		_, s.err = s.out.Write(frame)
	}
}
