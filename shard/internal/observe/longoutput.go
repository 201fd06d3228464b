package observe

import (
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/spool"
)

// The bounds of the output that an Execution keeps in the heap, in bytes.
const (
	longOutput  = 1 << 20  // of one test
	longOutputs = 16 << 20 // of failed tests together, from which on each one's output is moved
	leastMoved  = 4 << 10  // of one test; less is not worth a block
)

// outputMover moves the output of tests from the heap to a file as soon as it is long.
// testjson keeps the output of a running or failed test as strings, and formats and reports
// read them there. They do not notice that some of these strings are in the file.
type outputMover struct {
	file   spool.Mapped
	latest *heldOutput // of the test of the latest event
	others map[testName]*heldOutput
	kept   int                       // in the heap, of tests that have ended, in bytes
	moved  map[testKey][]movedOutput // by top-level test
}

// heldOutput is the output of a running test, or of a package.
type heldOutput struct {
	testName
	id     int // of the test case; 0 for a package
	strs   int // number of strings that have been moved
	heap   int // how much has not been moved, in bytes
	size   int // in bytes
	blocks []spool.Block
	ended  bool
}

// movedOutput is what has been moved of a test that has ended.
type movedOutput struct {
	id     int
	blocks []spool.Block
}

// add records an event. exec already includes it.
func (m *outputMover) add(event testjson.TestEvent, exec *testjson.Execution) {
	pkg := exec.Package(event.Package)
	o := m.of(event, pkg)
	if event.Output != "" {
		o.heap += len(event.Output)
		o.size += len(event.Output)
		if o.heap >= spool.BlockSize/2 && (o.size > longOutput || m.kept > longOutputs) {
			m.move(o, pkg)
		}
	}
	if event.Test != "" && event.Action.IsTerminal() {
		m.end(o, event.Action, pkg)
	}
}

// of returns the output of the test of an event.
func (m *outputMover) of(event testjson.TestEvent, pkg *testjson.Package) *heldOutput {
	if o := m.latest; o != nil && !o.ended && o.name == event.Test && o.pkg == event.Package {
		return o
	}
	name := testName{event.Package, event.Test}
	o, known := m.others[name]
	switch {
	case known:
		delete(m.others, name)
		m.keepLatest()
		m.latest = o
		return o
	case m.latest == nil || !m.latest.ended:
		m.keepLatest()
		m.latest = &heldOutput{}
	}
	*m.latest = heldOutput{testName: name}
	if name.name != "" {
		m.latest.id = pkg.Total // testjson numbers the test cases of a package in order
	}
	return m.latest
}

// keepLatest keeps the latest output while there are events of other tests.
func (m *outputMover) keepLatest() {
	if m.latest == nil || m.latest.ended {
		return
	}
	if m.others == nil {
		m.others = map[testName]*heldOutput{}
	}
	m.others[m.latest.testName] = m.latest
}

// move moves what is in the heap of an output, in as few blocks as possible.
func (m *outputMover) move(o *heldOutput, pkg *testjson.Package) {
	strs := keptStrings(pkg, o.id)
	text := make([]byte, 0, spool.BlockSize)
	for o.strs < len(strs) {
		first, next := o.strs, o.strs
		for text = text[:0]; next < len(strs) && len(text)+len(strs[next]) <= spool.BlockSize; next++ {
			text = append(text, strs[next]...)
		}
		stored, block, ok := m.file.Store(text)
		if !ok {
			o.heap, o.strs = 0, len(strs) // it stays in the heap
			return
		}
		o.blocks = append(o.blocks, block)
		for i := first; i < next; i++ {
			n := len(strs[i])
			strs[i], stored = stored[:n], stored[n:]
		}
		o.strs = next
	}
	o.heap = 0
}

// keptStrings returns testjson's own list of the strings of a test case. It would return a
// copy for a top-level test.
func keptStrings(pkg *testjson.Package, id int) []string {
	return pkg.OutputLines(testjson.TestCase{ID: id, Test: "/"})
}

// end records the end of a test. testjson drops the output of a test that passed, for a
// subtest when its top-level test passed.
func (m *outputMover) end(o *heldOutput, result testjson.Action, pkg *testjson.Package) {
	o.ended = true
	if result != testjson.ActionPass {
		if m.kept += o.heap; m.kept > longOutputs && o.heap >= leastMoved {
			m.kept -= o.heap
			m.move(o, pkg)
		}
	}
	root, _, _ := strings.Cut(o.name, "/")
	key := testKey{o.pkg, root}
	if len(o.blocks) > 0 {
		if m.moved == nil {
			m.moved = map[testKey][]movedOutput{}
		}
		m.moved[key] = append(m.moved[key], movedOutput{o.id, o.blocks})
		m.file.Release()
	}
	if result != testjson.ActionPass || len(m.moved[key]) == 0 {
		return
	}
	var left []movedOutput
	for _, moved := range m.moved[key] {
		if len(keptStrings(pkg, moved.id)) > 0 {
			left = append(left, moved)
			continue
		}
		for _, block := range moved.blocks {
			m.file.Free(block)
		}
	}
	if m.moved[key] = left; left == nil {
		delete(m.moved, key)
	}
}
