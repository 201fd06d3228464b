package rerun

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/observe"
)

// WriteReport writes the file of --rerun-fails-report, empty for none: how often each failed test
// ran. The error of a plain run is gotestsum's, and so is a line for a package that was not built.
func WriteReport(file string, distributed bool, exec *testjson.Execution) error {
	if file == "" {
		return nil
	}
	lines := map[string]string{}
	for _, failure := range exec.Failed() {
		if distributed && failure.Test == "" && observe.BuildFailed(failure.Package, exec.Package(failure.Package)) {
			continue
		}
		name := failure.Package + "." + failure.Test.Name()
		pkg := exec.Package(failure.Package)
		same := func(cases []testjson.TestCase) int {
			n := 0
			for _, tc := range cases {
				if tc.Test == failure.Test {
					n++
				}
			}
			return n
		}
		lines[name] = fmt.Sprintf("%s: %d runs, %d failures\n", name, same(pkg.Failed)+same(pkg.Passed), same(pkg.Failed))
	}
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(lines)) {
		text.WriteString(lines[name])
	}
	err := os.WriteFile(file, []byte(text.String()), 0o666)
	if err != nil && distributed {
		return fmt.Errorf("writing --rerun-fails-report: %w", err)
	}
	return err
}
