package observe

import (
	"slices"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
)

// failFast is whether tests may not have run because another one failed.
func failFast(args gotest.Args, env environ.List) bool {
	_, given := args.Lookup("failfast")
	return given || strings.Contains(env.Get("GOFLAGS"), "-failfast")
}

// QuarantinedTests returns the tests whose failures do not count, each once and without those
// that failed only because of a subtest that is among them.
func (h *Handler) QuarantinedTests() []testjson.TestCase {
	var tests []testjson.TestCase
	for _, tc := range h.Quarantined {
		isIt := func(other testjson.TestCase) bool {
			return other.Package == tc.Package && (other.Test == tc.Test || strings.HasPrefix(other.Test.Name(), tc.Test.Name()+"/"))
		}
		if !slices.ContainsFunc(tests, isIt) { // subtests end before their parents
			tests = append(tests, tc)
		}
	}
	return tests
}

// WithoutQuarantined calls do while the skipped tests of an execution do not have those whose
// failures do not count.
func (h *Handler) WithoutQuarantined(exec *testjson.Execution, do func()) {
	all := map[*testjson.Package][]testjson.TestCase{}
	for _, tc := range h.Quarantined {
		pkg := exec.Package(tc.Package)
		if _, ok := all[pkg]; ok || pkg == nil {
			continue
		}
		all[pkg] = pkg.Skipped
		pkg.Skipped = slices.DeleteFunc(slices.Clone(pkg.Skipped), h.isQuarantined)
	}
	do()
	for pkg, skipped := range all {
		pkg.Skipped = skipped
	}
}

func (h *Handler) isQuarantined(tc testjson.TestCase) bool {
	return slices.ContainsFunc(h.Quarantined, func(other testjson.TestCase) bool { return other.Package == tc.Package && other.ID == tc.ID })
}
