package observe

import (
	"encoding/binary"
	"iter"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/spool"
)

// caseSpool stores passed tests in a temporary file, for a JUnit file with more tests than
// fit into memory. It keeps the first error, which also ends reading.
type caseSpool struct {
	file     spool.File
	packages map[string]*spooledPackage
}

// spooledPackage has the blocks of a package in the file, and the block that is being filled.
type spooledPackage struct {
	blocks []spool.Part
	buf    []byte
}

// spoolBlock is the size in bytes from which a block is written to the file.
const spoolBlock = 8 << 10

func newCaseSpool() *caseSpool {
	return &caseSpool{file: spool.File{What: "passed tests"}, packages: map[string]*spooledPackage{}}
}

// add stores a test.
func (s *caseSpool) add(tc testjson.TestCase) {
	p := s.packages[tc.Package]
	if p == nil {
		p = &spooledPackage{}
		s.packages[tc.Package] = p
	}
	p.buf = appendText(p.buf, tc.Test.Name())
	p.buf = binary.AppendVarint(p.buf, int64(tc.Elapsed))
	p.buf = binary.AppendUvarint(p.buf, uint64(len(tc.Attributes)))
	for key, value := range tc.Attributes {
		p.buf = appendText(appendText(p.buf, key), value)
	}
	if len(p.buf) >= spoolBlock {
		p.blocks = append(p.blocks, s.file.Add(p.buf))
		p.buf = p.buf[:0]
	}
}

func appendText(buf []byte, text string) []byte {
	return append(binary.AppendUvarint(buf, uint64(len(text))), text...)
}

// Of returns the tests of a package in the order in which they were added.
func (s *caseSpool) Of(pkg string) iter.Seq[testjson.TestCase] {
	return func(yield func(testjson.TestCase) bool) {
		p := s.packages[pkg]
		if p == nil {
			return
		}
		for i := 0; i <= len(p.blocks) && s.file.Err == nil; i++ {
			block := p.buf
			if i < len(p.blocks) {
				block = s.file.Read(nil, p.blocks[i])
			}
			for len(block) > 0 {
				tc := testjson.TestCase{Package: pkg}
				if block, s.file.Err = readCase(block, &tc); s.file.Err != nil || !yield(tc) {
					return
				}
			}
		}
	}
}

// readCase reads a test and returns the rest of the block.
func readCase(block []byte, tc *testjson.TestCase) ([]byte, error) {
	in := spoolReader{block: block}
	tc.Test = testjson.TestName(in.text())
	tc.Elapsed = time.Duration(in.varint())
	for n := in.uvarint(); n > 0 && in.err == nil; n-- {
		if tc.Attributes == nil {
			tc.Attributes = map[string]string{}
		}
		key := in.text()
		tc.Attributes[key] = in.text()
	}
	return in.block, in.err
}

type spoolReader struct {
	block []byte
	err   error
}

func (r *spoolReader) varint() int64 {
	n, length := binary.Varint(r.block)
	return skipped(r, n, length)
}

func (r *spoolReader) uvarint() uint64 {
	n, length := binary.Uvarint(r.block)
	return skipped(r, n, length)
}

// skipped returns n, and moves the reader past its bytes.
func skipped[N int64 | uint64](r *spoolReader, n N, length int) N {
	if length <= 0 || r.err != nil {
		r.block, r.err = nil, spool.ErrChanged
		return 0
	}
	r.block = r.block[length:]
	return n
}

func (r *spoolReader) text() string {
	n := r.uvarint()
	if n > uint64(len(r.block)) {
		r.block, r.err = nil, spool.ErrChanged
		return ""
	}
	text := string(r.block[:n])
	r.block = r.block[n:]
	return text
}

// Close removes the file and returns the first error.
func (s *caseSpool) Close() error { return s.file.Close() }
