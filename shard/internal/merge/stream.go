package merge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/lines"
	"github.com/gotestshard/gotestshard/shard/internal/result"
)

// mergeStream is the first attempts of all parts as one stream.
type mergeStream struct {
	*lines.Pieces
	engine *playback
	next   int // index of the part that is read next
	file   *os.File
	reader *result.Reader
	again  bool   // whether the part has begun to run failed tests again
	plan   bool   // whether its plan is read
	buf    []byte // used again and again
	done   bool
	builds repeatedBuilds
}

// blockSize is how much of the merged stream is made at once, in bytes.
const blockSize = 64 << 10

func newMergeStream(p *playback) *mergeStream {
	s := &mergeStream{engine: p}
	s.Pieces = lines.NewPieces(s.block)
	return s
}

// block makes the next block, which ends both streams when it cannot.
func (s *mergeStream) block() ([]byte, error) {
	if s.done {
		return nil, io.EOF
	}
	if err := s.fill(); err != nil {
		s.finish()
		return nil, err
	}
	return s.buf, nil
}

// fill makes the next block.
func (s *mergeStream) fill() error {
	s.buf = s.buf[:0]
	for len(s.buf) < blockSize {
		if s.reader == nil {
			if s.next == len(s.engine.parts) {
				s.finish()
				return nil
			}
			s.open(s.engine.parts[s.next])
		}
		part := s.engine.parts[s.next]
		var err error
		if part.err == nil && !s.engine.ended.Load() {
			err = s.line(part)
		}
		if err != nil && !errors.Is(err, io.EOF) && part.err == nil {
			part.err = err
		}
		if err != nil || part.err != nil || s.engine.ended.Load() {
			if err := s.close(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *mergeStream) open(part *mergePart) {
	s.again, s.plan = false, false
	s.reader = &result.Reader{}
	if s.file, part.err = os.Open(part.name); part.err != nil {
		return
	}
	if s.reader, part.err = result.NewReader(s.file); part.err != nil {
		s.reader = &result.Reader{}
	}
	s.reader.SkipPlan = s.engine.planned // it is the same in all of them
	s.reader.SkipTimings, s.reader.SkipCoverage = s.engine.opts.Merge.Timings == "", s.engine.opts.Merge.CoverProfile == ""
}

// close ends a part's stream: what it left in its middle has failed.
func (s *mergeStream) close() error {
	if s.file != nil {
		_ = s.file.Close() // it was only read
	}
	s.reader, s.file = nil, nil
	index := s.next
	s.next++
	var err error
	s.buf, err = s.engine.merge.End(s.buf, index, nil)
	return err
}

// finish ends both streams.
func (s *mergeStream) finish() {
	s.done = true
	s.engine.close.Do(s.engine.errs.Close)
}

// line takes in one line of a part.
func (s *mergeStream) line(part *mergePart) error {
	record, err := s.reader.Next()
	if err != nil {
		return err
	}
	e := s.engine
	if s.plan && record.Plan == nil {
		e.planned = true
	}
	switch {
	case record.Event != nil:
		if !s.again && !s.builds.repeats(s.next, record.Event) {
			s.buf, err = e.merge.Line(s.buf, s.next, record.Event)
			return err
		}
	case record.Stderr != nil:
		e.errs.Add("", []byte(record.Stderr.Text))
	case record.Rerun != nil:
		s.again = true
		part.attempts = max(part.attempts, record.Rerun.Attempt)
	case record.Plan != nil:
		s.plan = true
		e.check.plan(*record.Plan)
	case record.Shard != nil:
		part.addShard(*record.Shard)
	case record.Coverage != nil:
		return e.addCoverage(part, record.Coverage.Text)
	case record.Timings != nil:
		if err := e.timings.Add(*record.Timings); err != nil {
			return fmt.Errorf("%w: %w", result.ErrDamaged, err)
		}
	case record.End != nil:
		part.end = record.End
	}
	return nil
}

// repeatedBuilds are the lines of builds that failed, with the part that was the first
// to have them: every part that has something of a package builds it, and fails alike.
type repeatedBuilds map[buildLine]int

type buildLine struct{ name, action, text string }

// repeats is whether an event of a part tells of a build what an earlier part has told.
func (b *repeatedBuilds) repeats(part int, event []byte) bool {
	if !bytes.Contains(event, []byte(`"ImportPath"`)) && !bytes.Contains(event, []byte(` failed]\n"`)) {
		return false
	}
	var e struct{ Action, ImportPath, Package, Test, Output string }
	if json.Unmarshal(event, &e) != nil || e.Test != "" {
		return false // the merge says what is wrong with it
	}
	line := buildLine{e.ImportPath, e.Action, e.Output}
	if e.ImportPath == "" {
		end, _ := strings.CutPrefix(e.Output, gotest.ResultFail+e.Package)
		if end != gotest.BuildFailed+"\n" && end != gotest.SetupFailed+"\n" {
			return false
		}
		line.name = e.Package
	}
	if *b == nil {
		*b = repeatedBuilds{}
	}
	first, ok := (*b)[line]
	if !ok {
		(*b)[line] = part
	}
	return ok && first != part
}
