package split

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What tests and TestMain of a random suite do. The first of each kind is harmless.
var (
	fuzzTests = []string{"pass", "pass", "skip", "parallel", "fail", "panics", "dies", "exits0", "leaves", "silent"}
	fuzzMains = []string{"", "", "exits3", "second-exits3", "fails-after 0", "fails-after 3", "finds-race", "runs-nothing"}
)

// FuzzSuite: with any suite, each listed test has its own result in the text, a test that
// never ran has not passed, and the code is 0 only if everything succeeded.
func FuzzSuite(f *testing.F) {
	for i := range 24 { // each kind at least once, in several combinations
		f.Add([]byte{byte(i), byte(i * 7), byte(i * 3), byte(i / 3), byte(i + 5), byte(i * 11)}, byte(i), byte(i/2), i%3 == 0)
	}
	f.Add([]byte{0, 1, 2}, byte(5), byte(1), false)   // a TestMain that fails after its tests
	f.Add([]byte{0, 3, 2}, byte(6), byte(0), false)   // a failure of m.Run without a failed test
	f.Add([]byte{4, 9, 9, 8}, byte(0), byte(2), true) // a failure, and an end before the verdict
	f.Fuzz(func(t *testing.T, tests []byte, main, workers byte, whole bool) {
		t.Parallel()
		var words []string
		harmless := true
		for i, how := range tests[:min(len(tests), 8)] {
			what := int(how) % len(fuzzTests)
			harmless = harmless && what < 4
			words = append(words, fmt.Sprintf("Test%c:%s", 'A'+i, fuzzTests[what]))
		}
		if len(words) == 0 {
			return
		}
		s := suite{
			tests: strings.Join(words, " "), main: fuzzMains[int(main)%len(fuzzMains)], whole: whole,
			workers: 1 + int(workers)%3, apart: workers&4 == 0, restarts: int(workers) % 5, log: filepath.Join(t.TempDir(), "log"),
		}
		o := s.run(t, nil)
		if o.err != nil {
			t.Fatal(o.err)
		}
		log, err := os.ReadFile(s.log)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		s.check(t, o, string(log), harmless)
		if t.Failed() {
			t.Logf("%+v\ncode %d, %q, ran: %q\n%s", s, o.code, o.results, log, o.text)
		}
	})
}

// check checks an outcome against the tests that really ran.
func (s suite) check(t *testing.T, o ended, log string, harmless bool) {
	results := map[string]string{}
	for result := range strings.FieldsSeq(o.results) {
		name, ends, _ := strings.Cut(result, "=")
		results[name] = ends
	}
	for word := range strings.FieldsSeq(s.tests) {
		name, _, _ := strings.Cut(word, ":")
		runs := strings.Count(log, name+"\n")
		switch ends := results[name]; {
		case log == "" && (s.main == "runs-nothing" || o.code != 0): // the package reports it
		case !s.whole && (ends == "" || strings.Contains(ends, "?")):
			t.Errorf("%s has no result", name)
		case runs == 0 && strings.Contains(ends, "PASS"):
			t.Errorf("%s passed though it never ran", name)
		case o.code == 0 && runs != 1:
			t.Errorf("all passed, and %s ran %d times", name, runs)
		case o.code == 0 && strings.Contains(ends, "FAIL"):
			t.Errorf("all passed, and %s failed", name)
		}
	}
	switch {
	case harmless && (s.main == "" || s.main == "runs-nothing" || s.main == "fails-after 0") && o.code != 0:
		t.Error("it failed, though nothing is wrong with it")
	case harmless && !s.whole && (s.main == "fails-after 3" || s.main == "finds-race") && results[OutsideTests] != "FAIL":
		t.Error("what failed outside the tests is not named")
	case strings.Contains(s.tests, ":leaves"): // TestMain does not reach its end, which is not detectable
	case o.code == 0 && strings.Contains("exits3 fails-after 3 finds-race", s.main) && s.main != "":
		t.Error("it passed, though TestMain failed")
	case o.code == 0 && s.main != "runs-nothing" && (strings.Contains(s.tests, ":fail") || strings.Contains(s.tests, ":panics")):
		t.Error("it passed, though a test failed")
	}
}
