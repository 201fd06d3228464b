package text

import "testing"

func TestOwnLines(t *testing.T) {
	for line, want := range map[string]string{
		"coverage: 12.3% of statements\n":          "coverage",
		"coverage: 12.3% of statements in ./...\n": "coverage",
		"coverage: [no statements]\n":              "coverage",
		"coverage: good\n":                         "",
		" coverage: 12.3% of statements\n":         "",
		"-test.shuffle 1700000000000000000\n":      "shuffle",
		"-test.shuffle -5\n":                       "shuffle",
		"-test.shuffle on\n":                       "",
		"-test.shuffle \n":                         "",
	} {
		if got := isCoverage([]byte(line)); got != (want == "coverage") {
			t.Errorf("%q: coverage %v", line, got)
		}
		if got := isShuffle([]byte(line)); got != (want == "shuffle") {
			t.Errorf("%q: shuffle %v", line, got)
		}
	}
}
