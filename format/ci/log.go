package ci

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Log writes everything that this process writes to a job's log. Several goroutines may
// write to both streams and write commands. Each line is written whole, so that half a
// line of one stream cannot change the meaning of a line of the other.
type Log struct {
	provider Provider
	now      func() time.Time

	mu             sync.Mutex
	stdout, stderr *textStream
	sections       int // number of sections so far
	name           string
	open           bool
	between        bool // Buildkite: whether lines would belong to a section that has ended
	failed         error
}

// longestLine is how much of an unfinished line is kept, in bytes. A longer line
// becomes two lines.
const longestLine = 1 << 20

// NewLog returns a log that writes to stdout and stderr of a job of provider. Close
// must be called at the end.
func NewLog(provider Provider, stdout, stderr io.Writer) *Log {
	l := &Log{provider: provider, now: time.Now, name: "gotestshard_" + randomName()}
	l.stdout = &textStream{log: l, out: stdout}
	l.stderr = &textStream{log: l, out: stderr}
	return l
}

// randomName distinguishes the sections of this process from those of others.
func randomName() string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// Stdout and Stderr are the writers for text.
func (l *Log) Stdout() io.Writer { return l.stdout }

// Stderr is Stdout's counterpart for standard error.
func (l *Log) Stderr() io.Writer { return l.stderr }

// Provider returns the CI that the log is written for.
func (l *Log) Provider() Provider { return l.provider }

// LogOf returns the Log whose standard output or error is out, also behind a writer with an
// Unwrap method, or nil if out is something else.
func LogOf(out io.Writer) *Log {
	if wrapper, ok := out.(interface{ Unwrap() io.Writer }); ok {
		out = wrapper.Unwrap()
	}
	if s, ok := out.(*textStream); ok {
		return s.log
	}
	return nil
}

// Close writes unfinished lines and ends the section. It returns the first error of
// writing a command.
func (l *Log) Close() error {
	l.End()
	l.mu.Lock()
	defer l.mu.Unlock()
	return errors.Join(l.failed, l.stdout.flush(), l.stderr.flush())
}

// textStream is a stream of text.
type textStream struct {
	log     *Log
	out     io.Writer
	partial []byte // a line that is not finished yet
}

// Write implements io.Writer. Text for which it returns an error is not written again.
func (s *textStream) Write(p []byte) (int, error) {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	end := bytes.LastIndexByte(p, '\n') + 1 // the partial line has no newline
	if end > 0 {
		end += len(s.partial)
	}
	s.partial = append(s.partial, p...)
	var err error
	switch {
	case end > 0:
		err = s.writeLines(s.partial[:end])
		s.partial = append(s.partial[:0], s.partial[end:]...)
	case len(s.partial) >= longestLine:
		err = s.flush()
	}
	if err != nil {
		return 0, err
	}
	return len(p), nil
}

// flush ends the unfinished line.
func (s *textStream) flush() error {
	if len(s.partial) == 0 {
		return nil
	}
	lines := append(s.partial, '\n')
	s.partial = nil
	return s.writeLines(lines)
}

// writeLines writes whole lines. A carriage return ends a line too: the runners of
// some CIs treat it as a line end, and terminals return to the start of the line.
func (s *textStream) writeLines(lines []byte) error {
	var b strings.Builder
	b.WriteString(s.log.leaveSection())
	for line := range strings.Lines(newlines(string(lines))) {
		b.WriteString(neutral(s.log.provider, strings.TrimSuffix(line, "\n")))
		b.WriteByte('\n')
	}
	_, err := io.WriteString(s.out, b.String())
	return err
}

// command writes lines without treating them as text.
func (l *Log) command(lines string) {
	if err := l.stdout.flush(); err != nil && l.failed == nil {
		l.failed = err
	}
	if _, err := io.WriteString(l.stdout.out, lines); err != nil && l.failed == nil {
		l.failed = fmt.Errorf("writing to the CI log: %w", err)
	}
}

// Begin begins a folded section. It contains all text until End.
func (l *Log) Begin(title string) {
	l.End()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.provider.Folds() {
		return
	}
	l.open = true
	title = strings.TrimSpace(neutral(l.provider, strings.ReplaceAll(title, "\n", " ")))
	switch l.provider {
	case GitHub:
		l.command(gitHubCommand("group", nil, title))
	case GitLab:
		l.sections++
		l.command(fmt.Sprintf("\x1b[0Ksection_start:%d:%s_%d[collapsed=true]\r\x1b[0K%s\n", l.now().Unix(), l.name, l.sections, title))
	case Buildkite:
		l.command("--- " + title + "\n")
		l.between = false
	}
}

// End ends the section, if there is one.
func (l *Log) End() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.open {
		return
	}
	switch l.provider {
	case GitHub:
		l.command("::endgroup::\n")
	case GitLab:
		l.command(fmt.Sprintf("\x1b[0Ksection_end:%d:%s_%d\r\x1b[0K\n", l.now().Unix(), l.name, l.sections))
	case Buildkite:
		l.command("")
		l.between = true
	}
	l.open = false
}

// leaveSection is for Buildkite, where a section ends only when the next one begins.
func (l *Log) leaveSection() string {
	if !l.between {
		return ""
	}
	l.between = false
	return "--- Tests\n"
}

// Summary begins the part that a reader should see first.
func (l *Log) Summary() {
	l.End()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.provider == Buildkite {
		l.command("+++ Summary\n")
		l.between = false
	}
}

// Attention unfolds the current section, if the CI supports that.
func (l *Log) Attention() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open && l.provider == Buildkite {
		l.command("^^^ +++\n")
	}
}
