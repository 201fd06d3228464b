package observe

import (
	"strings"

	"gotest.tools/gotestsum/testjson"
)

// passedTests keeps an Execution small. testjson keeps all passed tests, although only a
// JUnit file needs them, and ten million of them would need gigabytes. Tests that are removed
// are still counted (Package.Total).
type passedTests struct {
	running map[testKey]int // subtests without an end, by their top-level test
}

type testKey struct{ pkg, root string }

// forget removes the test that event ended from exec, if it passed. It keeps a top-level
// test that ended before one of its subtests: at the end, testjson needs it to determine
// that the subtest did not fail (golang/go#40771). forget adds what it removes to spool,
// unless that is nil.
func (p *passedTests) forget(event testjson.TestEvent, exec *testjson.Execution, spool *caseSpool) {
	if event.Test == "" {
		return
	}
	root, _, isSubtest := strings.Cut(event.Test, "/")
	if isSubtest {
		p.count(testKey{event.Package, root}, event.Action)
	}
	if event.Action != testjson.ActionPass {
		return
	}
	if !isSubtest && p.running[testKey{event.Package, root}] > 0 {
		return
	}
	pkg := exec.Package(event.Package)
	if last := len(pkg.Passed) - 1; last >= 0 && pkg.Passed[last].Test.Name() == event.Test {
		if spool != nil {
			spool.add(pkg.Passed[last])
		}
		pkg.Passed[last] = testjson.TestCase{}
		pkg.Passed = pkg.Passed[:last]
	}
}

func (p *passedTests) count(key testKey, action testjson.Action) {
	switch {
	case action == testjson.ActionRun:
		if p.running == nil {
			p.running = map[testKey]int{}
		}
		p.running[key]++
	case action.IsTerminal() && p.running[key] > 0:
		if p.running[key]--; p.running[key] == 0 {
			delete(p.running, key)
		}
	}
}
