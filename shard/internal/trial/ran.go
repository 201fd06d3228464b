package trial

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/outcome"
	"github.com/gotestshard/gotestshard/shard/internal/result"
	"github.com/gotestshard/gotestshard/shard/internal/split"
)

// status is what became of a top-level test, or of what is outside all tests, in a run.
type status string

const (
	passed  status = "passed"
	failed  status = "failed"
	skipped status = "skipped"
	missing status = "did not run"
)

// ran is what a run did, by package.
type ran map[string]*ranPackage

// ranPackage is what a run did in a package.
type ranPackage struct {
	tests     map[string]status
	failed    bool          // the whole package
	processes int           // 0 if it could not be built
	took      time.Duration // from the start of its first process to the end of its last one

	began, ended time.Time
}

func (r ran) of(pkg string) *ranPackage {
	if r[pkg] == nil {
		r[pkg] = &ranPackage{tests: map[string]status{}}
	}
	return r[pkg]
}

// readRun reads the result of a run.
func readRun(name string) (ran, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("reading the result of a run: %w", err)
	}
	defer func() { _ = file.Close() }()
	reader, err := result.NewReader(file)
	if err != nil {
		return nil, fmt.Errorf("reading the result of a run: %w", err)
	}
	reader.SkipPlan, reader.SkipTimings, reader.SkipCoverage = true, true, true
	r, scan := ran{}, outcome.Scanner{}
	for {
		record, err := reader.Next()
		switch {
		case errors.Is(err, io.EOF):
			for _, end := range scan.Ends {
				r.of(end.Package).add(end)
			}
			return r, nil
		case err != nil:
			return nil, fmt.Errorf("reading the result of a run: %w", err)
		case record.Event != nil:
			scan.Line(record.Event)
			r.event(record.Event)
		case record.Shard != nil:
			for _, run := range record.Shard.Runs {
				r.of(run.Package).process(run.Started, run.Completed)
			}
		}
	}
}

// event takes the ends that have no result, and those of packages.
func (r ran) event(line []byte) {
	if bytes.Contains(line, []byte(`"Action":"output"`)) {
		return
	}
	var e struct{ Action, Package, Test string }
	if json.Unmarshal(line, &e) != nil || e.Package == "" {
		return
	}
	switch {
	case e.Action == "skip" && e.Test != "" && !strings.Contains(e.Test, "/"):
		r.of(e.Package).tests[e.Test] = skipped
	case e.Action == "fail" && e.Test == "":
		r.of(e.Package).failed = true
	case e.Action == "pass" && e.Test == "":
		r.of(e.Package)
	}
}

// add takes the result of a test. A failure of a subtest is one of its test.
func (p *ranPackage) add(end outcome.End) {
	test, _, nested := strings.Cut(end.Test, "/")
	switch {
	case end.Failed:
		p.tests[test] = failed
	case test == split.OutsideTests: // it is only there if nothing else failed
	case !nested && p.tests[test] != failed:
		p.tests[test] = passed
	}
}

// process takes the times of one of its processes.
func (p *ranPackage) process(began, ended time.Time) {
	if p.processes == 0 || began.Before(p.began) {
		p.began = began
	}
	if ended.After(p.ended) {
		p.ended = ended
	}
	p.processes++
	p.took = p.ended.Sub(p.began)
}
