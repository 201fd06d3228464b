package format

import (
	"fmt"

	"gotest.tools/gotestsum/testjson"
)

// sectionTitle names a finished test as testjson's testname format does.
func sectionTitle(event testjson.TestEvent, exec *testjson.Execution) string {
	tc := exec.Package(event.Package).LastFailedByName(event.Test)
	again := ""
	if tc.RunID > 0 {
		again = fmt.Sprintf(" (re-run %d)", tc.RunID)
	}
	return fmt.Sprintf("FAIL %s.%s%s (%s)", testjson.RelativePackagePath(event.Package), event.Test, again,
		testjson.FormatDurationAsSeconds(tc.Elapsed, 2))
}
