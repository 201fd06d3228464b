package shard

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
	pkg := exec.Package(event.Package)
	failed := len(pkg.Failed)
	if pkg.TestMainFailed() {
		failed++
	}
	if before := f.pkgs[event.Package]; failed != before {
		if f.pkgs == nil {
			f.pkgs = map[string]int{}
		}
		f.pkgs[event.Package] = failed
		f.total += failed - before
	}
	if f.total >= f.limit {
		return errMaxFails
	}
	return nil
}
