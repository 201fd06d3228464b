package text

import "bytes"

// isCoverage says whether a line is what a test binary prints at its end about
// coverage (EmitPercent in internal/coverage/cformat).
func isCoverage(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte("coverage: "))
	return ok && (string(rest) == "[no statements]\n" || bytes.Contains(rest, []byte("% of statements")))
}

// isShuffle says whether a line is what testing.M.Run prints first of all under
// -test.shuffle.
func isShuffle(line []byte) bool {
	seed, ok := bytes.CutPrefix(line, []byte("-test.shuffle "))
	seed = bytes.TrimPrefix(bytes.TrimSuffix(seed, []byte("\n")), []byte("-"))
	return ok && len(seed) > 0 && len(bytes.Trim(seed, "0123456789")) == 0
}
