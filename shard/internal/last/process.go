package last

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/ran"
	"github.com/gotestshard/gotestshard/shard/internal/split"
)

// sameProcess returns the tests that ran in the same process as a test up to and including
// it. Their order is given by the source or by the seed of -shuffle, so that a process with
// the same tests runs them in the same order.
func sameProcess(asked *option.Last, file string) (selection, error) {
	packages, err := ran.Read(file)
	if err != nil {
		return selection{}, fmt.Errorf("reading the last run: %s: %w", file, err)
	}
	pkg, test, err := find(packages, asked.SameProcess, asked.Packages)
	if err != nil {
		return selection{}, err
	}
	in := packages[pkg]
	process, _ := in.Process(test)
	tests := process.UpTo(test)
	var others []string
	for _, other := range in.Events.Tests {
		if !slices.Contains(tests, other) {
			others = append(others, other)
		}
	}
	s := selection{packages: []string{pkg}, tests: map[string][]string{pkg: {test}}, seed: in.Seed}
	s.narrow = func(of string, args []string) []string {
		if of != pkg {
			return args
		}
		return ran.Only(args, tests, others)
	}
	s.note = fmt.Sprintf("the %d tests of the process of %s.%s up to and including it", len(tests), pkg, test)
	if len(tests) == 1 {
		s.note = fmt.Sprintf("%s.%s, which was the first test of its process", pkg, test)
	}
	return s, nil
}

// find returns the package and the top-level test that the user means: TestX, TestX/sub or
// pkg.TestX, where pkg may be the end of an import path.
func find(packages map[string]*ran.Package, asked string, within []string) (pkg, test string, err error) {
	before, test := "", asked
	// Names of subtests may have anything in them, import paths before the test do not.
	if at := testForm().FindStringSubmatchIndex(asked); at != nil {
		before, test = asked[at[2]:at[3]], asked[at[4]:]
	}
	test, _, _ = strings.Cut(split.WithoutWorker(test), "/")
	if before != "" {
		within = append(slices.Clone(within), before)
	}
	var found, names []string
	for _, name := range slices.Sorted(maps.Keys(packages)) {
		if len(within) > 0 && !slices.ContainsFunc(within, func(path string) bool { return isPackage(name, path) }) {
			continue
		}
		names = append(names, packages[name].Events.Tests...)
		if _, ok := packages[name].Process(test); ok {
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
