// Package text is tested by tests that print in all ways that a merge of several test
// processes must keep apart.
package text

// Covered says whether it was called by a test that wants some coverage.
func Covered(yes bool) string {
	if yes {
		return "covered"
	}
	return "not covered"
}
