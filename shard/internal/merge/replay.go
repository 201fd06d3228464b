package merge

import (
	"cmp"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/lines"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/result"
	"github.com/gotestshard/gotestshard/shard/internal/stream"
)

// replay replays the reruns, which come after the first attempts.
func (e *playback) replay(noted *observe.Handler, exec *testjson.Execution, attempts int) error {
	noted.Keep = true // a test that failed and passes now is flaky
	for attempt := 1; attempt <= attempts; attempt++ {
		for section := range e.sections(attempt) {
			if _, err := noted.Scan(testjson.ScanConfig{RunID: attempt, Stdout: section, Execution: exec}); err != nil {
				return err
			}
		}
	}
	return nil
}

// missing reports what is missing as errors of a run that would end with err, and returns
// the error with which it ends now.
func (e *playback) missing(noted *observe.Handler, exec *testjson.Execution, attempts int, err error) (ended, own error) {
	problems, code := e.problems()
	if len(problems) == 0 {
		return err, nil
	}
	var text strings.Builder
	for _, problem := range problems {
		for line := range strings.Lines(problem) {
			fmt.Fprintf(&text, "gotestshard: %.2000s\n", strings.TrimRight(line, "\n"))
		}
	}
	_, own = noted.Scan(testjson.ScanConfig{
		RunID: attempts, Stdout: strings.NewReader(""), Stderr: strings.NewReader(text.String()), Execution: exec,
	})
	return exit.Error{Code: max(code, exit.Code(err))}, own
}

// sections returns the events of each process of an attempt, part by part.
func (e *playback) sections(attempt int) iter.Seq[io.Reader] {
	return func(yield func(io.Reader) bool) {
		for _, part := range e.parts {
			if part.attempts < attempt || e.ended.Load() {
				continue
			}
			s := &sectionReader{engine: e, part: part, attempt: attempt}
			s.Pieces = lines.NewPieces(s.block)
			if !s.open() {
				continue
			}
			for s.next() {
				if !yield(s) {
					break
				}
			}
			_ = s.file.Close() // was opened only for reading
		}
	}
}

// sectionReader reads the sections of one attempt in the file of a part.
type sectionReader struct {
	*lines.Pieces
	engine  *playback
	part    *mergePart
	attempt int
	file    *os.File
	reader  *result.Reader
	merge   *stream.Merge // of the section, nil between two sections
	found   bool          // whether the first line of the next section was read
	ended   bool          // whether there are no more sections
	buf     []byte
}

func (s *sectionReader) open() bool {
	var err error
	if s.file, err = os.Open(s.part.name); err == nil {
		s.reader, err = result.NewReader(s.file)
	}
	if err != nil {
		s.part.err = cmp.Or(s.part.err, err)
		return false
	}
	return true
}

// next moves to the next section.
func (s *sectionReader) next() bool {
	for !s.found && !s.ended {
		s.record()
	}
	if s.ended {
		return false
	}
	s.found = false
	s.merge = stream.NewMerge([]stream.Source{s.engine.source(s.part)})
	return true
}

// record reads one line. An error that ends reading was already reported when the file was
// first read.
func (s *sectionReader) record() {
	record, err := s.reader.Next()
	switch {
	case err != nil || s.engine.ended.Load():
		s.ended = true
	case record.Rerun != nil:
		s.found = record.Rerun.Attempt == s.attempt
		s.endSection()
	case record.End != nil, record.Shard != nil:
		s.endSection()
	case record.Event != nil && s.merge != nil:
		if s.buf, err = s.merge.Line(s.buf, 0, record.Event); err != nil {
			s.ended = true
		}
	}
	if s.ended {
		s.endSection()
	}
}

func (s *sectionReader) endSection() {
	if s.merge != nil {
		s.buf, _ = s.merge.End(s.buf, 0, nil) // there is no rest that could cause an error
		s.merge = nil
	}
}

// block makes the next block of the current section.
func (s *sectionReader) block() ([]byte, error) {
	if s.merge == nil {
		return nil, io.EOF
	}
	s.buf = s.buf[:0]
	for s.merge != nil && len(s.buf) < blockSize {
		s.record()
	}
	return s.buf, nil
}
