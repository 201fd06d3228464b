package observe

import (
	"errors"

	"gotest.tools/gotestsum/testjson"
)

var errMaxFails = errors.New("ending test run because max failures was reached")

// failures counts failures like Execution.Failed, for --max-fails. gotestsum calls
// Execution.Failed after each event, which takes quadratic time: 15 s instead of 3 s for
// 900,000 events.
type failures struct {
	limit int // 0 for none
	total int
	pkgs  map[string]int
}

// add counts an event that exec includes already, and returns an error if the limit is
// reached.
func (f *failures) add(event testjson.TestEvent, exec *testjson.Execution) error {
	if f.limit <= 0 {
		return nil
	}
	if len(event.Bytes()) > 0 {
		f.count(event.Package, exec)
	} else {
		// testjson added the end of an unfinished test. It has already counted all
		// unfinished tests as failed.
		for _, name := range exec.Packages() {
			f.count(name, exec)
		}
	}
	if f.total >= f.limit {
		return errMaxFails
	}
	return nil
}

func (f *failures) count(name string, exec *testjson.Execution) {
	pkg := exec.Package(name)
	failed := len(pkg.Failed)
	if pkg.TestMainFailed() {
		failed++
	}
	if before := f.pkgs[name]; failed != before {
		if f.pkgs == nil {
			f.pkgs = map[string]int{}
		}
		f.pkgs[name] = failed
		f.total += failed - before
	}
}
