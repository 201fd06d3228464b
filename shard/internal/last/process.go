package last

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/result"
	"github.com/gotestshard/gotestshard/shard/internal/split"
	"github.com/gotestshard/gotestshard/shard/internal/text"
)

// ran is what the processes of a package ran.
type ran struct {
	processes []split.Sequence // of a split package
	events    split.Sequence   // in the order of the events, which is that of the only process otherwise
	seed      string           // of -shuffle, empty for none
}

// process returns the process that ran a test.
func (r *ran) process(test string) (split.Sequence, bool) {
	for _, process := range slices.Backward(r.processes) { // after a crash, the last one ran it
		if slices.Contains(process.Tests, test) {
			return process, true
		}
	}
	return r.events, len(r.processes) == 0 && slices.Contains(r.events.Tests, test)
}

// sameProcess returns the tests that ran in the same process as a test up to and including
// it. Their order is given by the source or by the seed of -shuffle, so that a process with
// the same tests runs them in the same order.
func sameProcess(asked *option.Last, file string) (selection, error) {
	packages, err := readRan(file)
	if err != nil {
		return selection{}, fmt.Errorf("reading the last run: %s: %w", file, err)
	}
	pkg, test, err := find(packages, asked.SameProcess, asked.Packages)
	if err != nil {
		return selection{}, err
	}
	in := packages[pkg]
	process, _ := in.process(test)
	tests := process.UpTo(test)
	var others []string
	for _, other := range in.events.Tests {
		if !slices.Contains(tests, other) {
			others = append(others, other)
		}
	}
	s := selection{packages: []string{pkg}, tests: map[string][]string{pkg: {test}}, seed: in.seed}
	s.narrow = func(of string, args []string) []string {
		if of != pkg {
			return args
		}
		return only(args, tests, others)
	}
	s.note = fmt.Sprintf("the %d tests of the process of %s.%s up to and including it", len(tests), pkg, test)
	if len(tests) == 1 {
		s.note = fmt.Sprintf("%s.%s, which was the first test of its process", pkg, test)
	}
	return s, nil
}

// only returns the arguments of a test binary with which it runs only some of its tests.
// With very many names it is those that it leaves out, or else it runs all.
func only(args, tests, others []string) []string {
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

// readRan returns what each package of a result file ran in its first attempt.
func readRan(name string) (map[string]*ran, error) {
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
	packages := map[string]*ran{}
	of := func(pkg string) *ran {
		if packages[pkg] == nil {
			packages[pkg] = &ran{}
		}
		return packages[pkg]
	}
	for reruns := false; ; {
		record, err := reader.Next()
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, result.ErrCut):
			for _, pkg := range packages {
				pkg.events.End()
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
func addEvent(of func(pkg string) *ran, line []byte) {
	const seed = "-test.shuffle "
	if bytes.Contains(line, []byte(`"Action":"output"`)) && !bytes.Contains(line, []byte(seed)) {
		return
	}
	var event struct{ Action, Package, Test, Output string }
	if json.Unmarshal(line, &event) != nil { // package merge reports the error
		return
	}
	if number, ok := strings.CutPrefix(event.Output, seed); ok && event.Test == "" {
		of(event.Package).seed = strings.TrimSpace(number)
	}
	if event.Test != "" && event.Output == "" && !strings.Contains(event.Test, "/") {
		of(event.Package).events.Add(text.Change{Action: event.Action, Test: withoutWorker(event.Test)})
	}
}

// withoutWorker removes the suffix that the mode each adds to the names of tests.
func withoutWorker(test string) string {
	name, _, _ := strings.Cut(test, "@gw")
	return name
}

func (r *ran) addProcess(process result.ShardProcess) {
	if last := len(r.processes) - 1; process.Continues && last >= 0 {
		r.processes[last].Tests = append(r.processes[last].Tests, process.Tests...)
		maps.Copy(r.processes[last].Until, process.Until)
		return
	}
	until := maps.Clone(process.Until)
	if until == nil {
		until = map[string]int{}
	}
	r.processes = append(r.processes, split.Sequence{Tests: process.Tests, Until: until})
}

// find returns the package and the top-level test that the user means: TestX, TestX/sub or
// pkg.TestX, where pkg may be the end of an import path.
func find(packages map[string]*ran, asked string, within []string) (pkg, test string, err error) {
	before, test := "", asked
	// Names of subtests may have anything in them, import paths before the test do not.
	if at := testForm().FindStringSubmatchIndex(asked); at != nil {
		before, test = asked[at[2]:at[3]], asked[at[4]:]
	}
	test, _, _ = strings.Cut(withoutWorker(test), "/")
	if before != "" {
		within = append(slices.Clone(within), before)
	}
	var found, names []string
	for _, name := range slices.Sorted(maps.Keys(packages)) {
		if len(within) > 0 && !slices.ContainsFunc(within, func(path string) bool { return isPackage(name, path) }) {
			continue
		}
		names = append(names, packages[name].events.Tests...)
		if _, ok := packages[name].process(test); ok {
			found = append(found, name)
		}
	}
	switch len(found) {
	case 0:
		return "", "", fmt.Errorf("%s did not run in the last run; %sgotestshard last -f testname lists what ran", asked, plain.Suggest(test, names))
	case 1:
		return found[0], test, nil
	}
	return "", "", fmt.Errorf("%s ran in several packages: %s; name one: gotestshard last --same-process %s.%s",
		test, strings.Join(found, ", "), found[0], test)
}

// testForm is a package in front of a top-level test, fuzz test or example.
var testForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([^\s]*?)\.((?:Test|Fuzz|Example|Benchmark).*)$`)
})

// isPackage reports whether an import path is meant by a path as a user may write it.
func isPackage(importPath, path string) bool {
	path = strings.TrimRight(strings.TrimPrefix(path, "./"), "/")
	return importPath == path || strings.HasSuffix(importPath, "/"+path)
}
