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

// mergeStream merges the first attempts of all parts into one stream.
type mergeStream struct {
	*lines.Pieces
	engine *playback
	next   int // index of the part that is read next
	file   *os.File
	reader *result.Reader
	again  bool   // whether the reruns of the part have started
	plan   bool   // whether its plan has started
	buf    []byte // reused for each block
	done   bool
	builds repeatedBuilds
}

// blockSize is the size in bytes from which a block of the merged stream is full.
const blockSize = 64 << 10

func newMergeStream(p *playback) *mergeStream {
	s := &mergeStream{engine: p}
	s.Pieces = lines.NewPieces(s.block)
	return s
}

// block returns the next block. An error ends both streams.
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
	s.reader.SkipPlan = s.engine.planned // the plan is the same in all parts
	s.reader.SkipTimings, s.reader.SkipCoverage = s.engine.opts.Merge.Timings == "", s.engine.opts.Merge.CoverProfile == ""
}

// close ends the stream of a part. Tests and packages without an end fail.
func (s *mergeStream) close() error {
	if s.file != nil {
		_ = s.file.Close() // was opened only for reading
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

// line handles one line of a part.
func (s *mergeStream) line(part *mergePart) error {
	record, err := s.reader.Next()
	if err != nil {
		return err
	}
	e := s.engine
	if s.plan && record.Plan == nil {
		e.planned = part.Node == "" // that of a unit is only its own
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
		if !e.leavesOut(*record.Plan) {
			e.check.plan(*record.Plan)
		}
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

// repeatedBuilds has the output lines of failed builds, each with the first part that had
// it. Each part that has tests of a package builds it, and fails in the same way.
type repeatedBuilds map[buildLine]int

type buildLine struct{ name, action, text string }

// repeats reports whether an event of a part repeats build output of an earlier part.
func (b *repeatedBuilds) repeats(part int, event []byte) bool {
	if !bytes.Contains(event, []byte(`"ImportPath"`)) && !bytes.Contains(event, []byte(` failed]\n"`)) {
		return false
	}
	var e struct{ Action, ImportPath, Package, Test, Output string }
	if json.Unmarshal(event, &e) != nil || e.Test != "" {
		return false // the merge of the streams reports the error
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
