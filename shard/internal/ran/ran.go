// Package ran reads from a result file which tests the processes of a run ran, and in which order,
// and returns the arguments with which a process runs only some of them.
package ran

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/result"
	"github.com/gotestshard/gotestshard/shard/internal/split"
	"github.com/gotestshard/gotestshard/shard/internal/text"
)

// Package is what the processes of a package ran.
type Package struct {
	Processes []split.Sequence // of a split package
	Events    split.Sequence   // in the order of the events, which is that of the only process otherwise
	Seed      string           // of -shuffle, empty for none
}

// Process returns the process that ran a test.
func (p *Package) Process(test string) (split.Sequence, bool) {
	for _, process := range slices.Backward(p.Processes) { // after a crash, the last one ran it
		if slices.Contains(process.Tests, test) {
			return process, true
		}
	}
	return p.Events, len(p.Processes) == 0 && slices.Contains(p.Events.Tests, test)
}

// Only returns the arguments of a test binary with which it runs only some of its tests.
// With very many names it is those that it leaves out, or else it runs all.
func Only(args, tests, others []string) []string {
	if selection, reason := gotest.NewSelection(args); reason == "" {
		if own, ok := selection.Args(tests); ok {
			return own
		}
	}
	if run := gotest.NamesPattern(tests); len(run) <= gotest.LongestPattern {
		return gotest.Rerun{Run: run}.Binary(args)
	}
	if skip := gotest.NamesPattern(others); len(skip) <= gotest.LongestPattern && len(others) > 0 {
		return gotest.Rerun{Skip: skip}.Binary(args)
	}
	return args
}

// Read returns what each package of a result file ran in its first attempt.
func Read(name string) (map[string]*Package, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	reader, err := result.NewReader(file)
	if err != nil {
		return nil, err
	}
	reader.SkipPlan, reader.SkipTimings, reader.SkipCoverage = true, true, true
	packages := map[string]*Package{}
	of := func(pkg string) *Package {
		if packages[pkg] == nil {
			packages[pkg] = &Package{}
		}
		return packages[pkg]
	}
	for reruns := false; ; {
		record, err := reader.Next()
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, result.ErrCut):
			for _, pkg := range packages {
				pkg.Events.End()
			}
			return packages, nil
		case err != nil:
			return nil, err
		case record.Rerun != nil:
			reruns = true
		case record.Event != nil && !reruns:
			addEvent(of, record.Event)
		case record.Shard != nil:
			for _, process := range record.Shard.Processes {
				of(process.Package).addProcess(process)
			}
		}
	}
}

// addEvent adds an event that is about the order of tests.
func addEvent(of func(pkg string) *Package, line []byte) {
	const seed = "-test.shuffle "
	if bytes.Contains(line, []byte(`"Action":"output"`)) && !bytes.Contains(line, []byte(seed)) {
		return
	}
	var event struct{ Action, Package, Test, Output string }
	if json.Unmarshal(line, &event) != nil { // package merge reports the error
		return
	}
	if number, ok := strings.CutPrefix(event.Output, seed); ok && event.Test == "" {
		of(event.Package).Seed = strings.TrimSpace(number)
	}
	if event.Test != "" && event.Output == "" && !strings.Contains(event.Test, "/") {
		of(event.Package).Events.Add(text.Change{Action: event.Action, Test: split.WithoutWorker(event.Test)})
	}
}

func (p *Package) addProcess(process result.ShardProcess) {
	if last := len(p.Processes) - 1; process.Continues && last >= 0 {
		p.Processes[last].Tests = append(p.Processes[last].Tests, process.Tests...)
		maps.Copy(p.Processes[last].Until, process.Until)
		return
	}
	until := maps.Clone(process.Until)
	if until == nil {
		until = map[string]int{}
	}
	p.Processes = append(p.Processes, split.Sequence{Tests: process.Tests, Until: until})
}
