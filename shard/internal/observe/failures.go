package observe

import (
	"errors"

	"gotest.tools/gotestsum/testjson"
)

var errMaxFails = errors.New("ending test run because max failures was reached")

// failures counts failures as Execution.Failed does, for --max-fails. Asking
// that for its list after each event, as gotestsum does, is quadratic: 15 s
// instead of 3 for 900,000 events.
type failures struct {
	limit int // 0 for none
	total int
	pkgs  map[string]int
}

// add takes in an event that exec includes already, and returns an error when
// the limit is reached.
func (f *failures) add(event testjson.TestEvent, exec *testjson.Execution) error {
	if f.limit <= 0 {
		return nil
	}
	if len(event.Bytes()) > 0 {
		f.count(event.Package, exec)
	} else {
		// testjson made up the end of a test, after it had counted all of those
		// as failed.
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
