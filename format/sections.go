package format

import (
	"fmt"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/report"
)

// sectionTitle names a finished test as testjson's testname format does, except in the package
// of the module's root.
func sectionTitle(event testjson.TestEvent, exec *testjson.Execution, unended func(testjson.TestCase, *testjson.Execution) string) string {
	tc := exec.Package(event.Package).LastFailedByName(event.Test)
	again := ""
	if tc.RunID > 0 {
		again = fmt.Sprintf(" (re-run %d)", tc.RunID)
	}
	took := testjson.FormatDurationAsSeconds(tc.Elapsed, 2)
	if isUnended(event) && unended != nil {
		took = unended(tc, exec)
	}
	return fmt.Sprintf("FAIL %s.%s%s (%s)", report.ShortPackage(event.Package), event.Test, again, took)
}
