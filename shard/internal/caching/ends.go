package caching

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	resultfile "github.com/gotestshard/gotestshard/shard/internal/result" // result is what the build cache has of an action
)

// end is how a package ended.
type end struct{ ended, cached, noTests, notBuilt bool }

// ends are those of the packages of a run.
type ends map[string]*end

// tested returns the packages with tests, in order.
func (e ends) tested() (names []string) {
	for name, end := range e {
		if !end.noTests {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// readEnds reads how the packages of a result file ended in the first attempt.
func readEnds(name string) (resultfile.Header, ends, error) {
	file, err := os.Open(name)
	if err != nil {
		return resultfile.Header{}, nil, err
	}
	defer func() { _ = file.Close() }()
	reader, err := resultfile.NewReader(file)
	if err != nil {
		return resultfile.Header{}, nil, err
	}
	reader.SkipPlan, reader.SkipTimings, reader.SkipCoverage = true, true, true
	all := ends{}
	for {
		record, err := reader.Next()
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, resultfile.ErrCut), err == nil && record.Rerun != nil:
			return reader.Header, all, nil
		case err != nil:
			return resultfile.Header{}, nil, err
		case record.Event != nil:
			all.add(record.Event)
		}
	}
}

// add adds an event. Those of tests are skipped, which are nearly all.
func (e ends) add(line []byte) {
	if bytes.Contains(line, []byte(`"Test":"`)) {
		return
	}
	var event struct{ Action, Package, Test, Output, FailedBuild string }
	if json.Unmarshal(line, &event) != nil || event.Package == "" || event.Test != "" {
		return
	}
	p := e[event.Package]
	if p == nil {
		p = &end{}
		e[event.Package] = p
	}
	switch event.Action {
	case "pass", "fail", "skip":
		p.ended = true
		p.notBuilt = p.notBuilt || event.FailedBuild != ""
	case "output":
		text := strings.TrimSuffix(event.Output, "\n")
		p.cached = p.cached || strings.HasPrefix(text, gotest.ResultOK) && strings.Contains(text, "\t(cached)")
		p.noTests = p.noTests || strings.HasPrefix(text, "?   \t") && strings.HasSuffix(text, "[no test files]")
		p.notBuilt = p.notBuilt || strings.HasPrefix(text, gotest.ResultFail) && (strings.HasSuffix(text, gotest.BuildFailed) || strings.HasSuffix(text, gotest.SetupFailed))
	}
}
