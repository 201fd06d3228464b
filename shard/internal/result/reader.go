package result

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/gotestshard/gotestshard/shard/internal/lines"
)

// Reader reads a file line by line.
type Reader struct {
	// Header is valid from the start.
	Header Header
	// SkipPlan, SkipTimings and SkipCoverage are whether lines of that kind are skipped.
	SkipPlan, SkipTimings, SkipCoverage bool

	in    *lines.Reader
	ended bool
}

// Record is a line of a file: exactly one of its fields is set.
type Record struct {
	// Event is an event, a line of JSON without its newline. It is valid until the next
	// record is read.
	Event    []byte
	Plan     *Plan
	Stderr   *Text
	Rerun    *Rerun
	Shard    *Shard
	Coverage *Text
	Timings  *Timings
	End      *End
}

// NewReader reads the header. Its errors are, or wrap, ErrForeign, ErrNewer, ErrCut for a
// file that ends within the header, ErrDamaged, or read errors. An empty file counts as
// cut off.
func NewReader(in io.Reader) (*Reader, error) {
	file := bufio.NewReaderSize(in, 64<<10)
	if magic, _ := file.Peek(2); !bytes.HasPrefix([]byte("\x1f\x8b"), magic) { // the error is returned again
		return nil, ErrForeign
	}
	compressed, err := gzip.NewReader(file)
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return nil, ErrCut
	case errors.Is(err, gzip.ErrHeader):
		return nil, ErrForeign
	case err != nil:
		return nil, err
	}
	r := &Reader{in: lines.NewReader(bufio.NewReaderSize(compressed, 64<<10), longestLine)}
	line, err := r.readLine()
	switch {
	case errors.Is(err, errLong):
		return nil, ErrForeign
	case err != nil:
		return nil, err
	case !bytes.HasPrefix(line, []byte(recordStart+kindHeader+`"`)):
		return nil, ErrForeign
	}
	var version struct{ Version int }
	if err := json.Unmarshal(line, &version); err != nil || version.Version < 1 {
		return nil, fmt.Errorf("%w: its first line is %.99q", ErrDamaged, line)
	}
	if version.Version > Version {
		return nil, fmt.Errorf("%w: it has version %d, but this gotestshard reads version %d", ErrNewer, version.Version, Version)
	}
	if err := json.Unmarshal(line, &r.Header); err != nil {
		return nil, fmt.Errorf("%w: its first line: %w", ErrDamaged, err)
	}
	if h := r.Header; h.Part < 1 || h.Part > h.Parts || h.Parts > MostParts {
		return nil, fmt.Errorf("%w: its header has part %d of %d", ErrDamaged, h.Part, h.Parts)
	}
	return r, nil
}

var errLong = fmt.Errorf("%w: it has a line of more than %d bytes", ErrDamaged, longestLine)

// readLine returns a line without its newline, valid until the next call. With ErrCut it
// returns the part of the line that is there.
func (r *Reader) readLine() ([]byte, error) {
	line, err := r.in.Next()
	switch {
	case err == nil:
		return line[:len(line)-1], nil
	case errors.Is(err, lines.ErrLong):
		return nil, errLong
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return line, ErrCut
	case isCorrupt(err):
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return nil, err
}

// Next returns the next line, and io.EOF after the last one. Its other errors are, or
// wrap, ErrCut, ErrDamaged, or read errors.
func (r *Reader) Next() (Record, error) {
	line, err := r.readLine()
	for err == nil && r.skips(line) {
		line, err = r.readLine()
	}
	switch {
	case r.ended && errors.Is(err, ErrCut) && len(line) == 0:
		return Record{}, io.EOF
	case r.ended && err == nil:
		return Record{}, fmt.Errorf("%w: there is unexpected data after its end", ErrDamaged)
	case err != nil:
		return Record{}, err
	}
	rest, ok := bytes.CutPrefix(line, []byte(recordStart))
	if !ok {
		return Record{Event: line}, nil
	}
	kind, _, _ := bytes.Cut(rest, []byte(`"`))
	var record Record
	var value any
	switch string(kind) {
	case kindPlan:
		record.Plan = new(Plan)
		value = record.Plan
	case kindStderr:
		record.Stderr = new(Text)
		value = record.Stderr
	case kindRerun:
		record.Rerun = new(Rerun)
		value = record.Rerun
	case kindShard:
		record.Shard = new(Shard)
		value = record.Shard
	case kindCoverage:
		record.Coverage = new(Text)
		value = record.Coverage
	case kindTimings:
		record.Timings = new(Timings)
		value = record.Timings
	case kindEnd:
		record.End = new(End)
		value = record.End
		r.ended = true
	default:
		return Record{}, fmt.Errorf("%w: it has a line of the unknown kind %.99q", ErrDamaged, kind)
	}
	if err := json.Unmarshal(line, value); err != nil {
		return Record{}, fmt.Errorf("%w: its line of the kind %s: %w", ErrDamaged, kind, err)
	}
	return record, record.check(r.Header)
}

func (r *Reader) skips(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte(recordStart))
	is := func(kind string) bool { return ok && bytes.HasPrefix(rest, []byte(kind+`"`)) }
	return r.SkipPlan && is(kindPlan) || r.SkipTimings && is(kindTimings) || r.SkipCoverage && is(kindCoverage)
}

// check returns an error if the record has values that a Writer never writes.
func (r Record) check(h Header) error {
	switch {
	case r.Plan != nil && (r.Plan.Part < 1 || r.Plan.Part > h.Parts):
		return fmt.Errorf("%w: its plan has part %d of %d", ErrDamaged, r.Plan.Part, h.Parts)
	case r.Rerun != nil && (r.Rerun.Attempt < 1 || r.Rerun.Attempt > mostAttempts):
		return fmt.Errorf("%w: a rerun has attempt %d", ErrDamaged, r.Rerun.Attempt)
	case r.End != nil && (r.End.ExitCode < 0 || r.End.Wall < 0):
		return fmt.Errorf("%w: it ends with exit code %d after %v", ErrDamaged, r.End.ExitCode, r.End.Wall)
	}
	return nil
}

// mostAttempts is more than the number of reruns in any run.
const mostAttempts = 10_000

// isCorrupt reports whether a decompression error means that the file is not what was
// written. A file that is cut off ends too early instead.
func isCorrupt(err error) bool {
	var corrupt flate.CorruptInputError
	return errors.As(err, &corrupt) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader)
}
