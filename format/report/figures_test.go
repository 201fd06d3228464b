package report

import "testing"

func TestQuarantinedTestsAreSkippedOnes(t *testing.T) {
	f := Figures{Tests: 5, Failed: 1, Skipped: 2, Quarantined: 1}
	if got := f.String(); got != "5 tests, 2 skipped (1 quarantined), 1 failure" || f.Passed() != 2 {
		t.Errorf("%s, %d passed", got, f.Passed())
	}
}
