package split

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/text"
)

// TestATestApart: a test in several processes ends as in one, and each of its subtests runs once.
func TestATestApart(t *testing.T) {
	t.Parallel()
	const again = "it ran again in one process"
	const unchecked = -1
	for _, c := range []struct {
		name    string
		tests   string // of TestX, see fakeBinary.subtests
		suite   suite
		code    int
		results string
		ran     string        // what has really run, without TestX itself
		whole   history.Whole // or unchecked
		says    string
		text    []string
		never   []string
	}{
		{name: "passes", tests: "a,b,c,d", suite: suite{pieces: "a,b c,d"}, results: "TestX/a=PASS TestX/b=PASS TestX/c=PASS TestX/d=PASS TestX=PASS", ran: "a b c d",
			text: []string{"setup of TestX\n", "teardown of TestX\n", "text of TestX/c"}, never: []string{"gotestshard"}},
		{name: "has a new subtest", tests: "a,b,c,d,new", suite: suite{pieces: "a,b c,d"},
			results: "TestX/a=PASS TestX/b=PASS TestX/c=PASS TestX/d=PASS TestX/new=PASS TestX=PASS", ran: "a b c d new"},
		{name: "no longer has one", tests: "a,c,d", suite: suite{pieces: "a,b c,d"}, results: "TestX/a=PASS TestX/c=PASS TestX/d=PASS TestX=PASS", ran: "a a c c d d",
			whole: history.NamesChanged, says: "TestX no longer has b, so " + again},
		{name: "has other names each time", tests: "a@,b@", suite: suite{pieces: "a1 b1"}, results: "TestX/aN=PASS TestX/bN=PASS TestX/aN=PASS TestX/bN=PASS TestX=PASS", ran: "aN aN bN bN",
			whole: history.NamesChanged, says: "TestX no longer has a1, b1, so " + again},
		{name: "has a subtest that needs another", tests: "a,b,c<a", suite: suite{pieces: "a,b c"}, results: "TestX/a=PASS TestX/b=PASS TestX/c=PASS TestX=PASS", ran: "a a b b c",
			whole: history.FailedApart, says: "TestX runs c only after others, so " + again},
		{name: "a subtest fails", tests: "a,b!,c", suite: suite{pieces: "a,b c"}, code: 1, results: "TestX/a=PASS TestX/b=FAIL TestX/c=PASS TestX=FAIL", ran: "a b c",
			whole: history.FailedApart, says: "TestX failed while its subtests ran in several processes", text: []string{"rerun: run p TestX/b again", "rerun: run p TestX again"}},
		{name: "a subtest fails and the source promises", tests: "a,b!,c", suite: suite{pieces: "a,b c", promised: true}, code: 1, results: "TestX/a=PASS TestX/b=FAIL TestX/c=PASS TestX=FAIL", ran: "a b c"},
		{name: "fails itself", tests: "!,a,b", suite: suite{pieces: "a b"}, code: 1, results: "TestX=FAIL", whole: history.FailedApart, says: "failed while",
			text: []string{"rerun: run p TestX again"}},
		{name: "a subtest panics", tests: "a*,b,c", suite: suite{pieces: "a,b c"}, code: 2, results: "TestX/a=FAIL TestX/c=PASS TestX=FAIL", ran: "a c", whole: history.FailedApart, says: "failed while",
			text: []string{"panic: boom", "the test process on gw", "crashed while running TestX (exit status 2)"}, never: []string{"new process", "not run"}},
		{name: "TestMain has a test of its own", tests: "a,b", suite: suite{pieces: "a b", hides: true}, results: "TestHidden=PASS TestX/a=PASS TestX/b=PASS TestX=PASS", ran: "a b", never: []string{"gotestshard", "no tests to run"}},
		{name: "ran in one batch", tests: "a,b", suite: suite{pieces: "a b", workers: 1}, results: "TestX/a=PASS TestX/b=PASS TestX=PASS", ran: "a b"},
		{name: "TestMain of one fails", tests: "a,b", suite: suite{pieces: "a b", main: "fails-after 3", workers: 2, apart: true}, code: 3, results: "TestX/a=PASS TestX/b=PASS TestX=FAIL TestMain=FAIL", ran: "*"},
		// Whether c has run by then, and so whether this is a test that failed apart, is chance.
		{name: "stops at the first failure", tests: "a,b!,c", suite: suite{pieces: "a,b c", failFast: true}, code: 1, results: "*", ran: "*", whole: unchecked, says: "*"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.suite.tests = "TestX:subtests=" + c.tests
			if c.suite.hides {
				c.suite.tests, c.suite.listed = c.suite.tests+" TestHidden:pass", "TestX"
			}
			if c.suite.workers == 0 {
				c.suite.workers, c.suite.apart = 2, true
			}
			c.suite.log = filepath.Join(t.TempDir(), "log")
			o := c.suite.run(t, nil)
			if o.err != nil {
				t.Error(o.err)
			}
			log, err := os.ReadFile(c.suite.log)
			if err != nil {
				t.Fatal(err)
			}
			if ran := ranSubtests(string(log)); c.ran != "*" && ran != c.ran {
				t.Errorf("%q have run, want %q", ran, c.ran)
			}
			if results := pid.ReplaceAllString(o.results, "N"); o.code != c.code || c.results != "*" && !sameWords(results, c.results) {
				t.Errorf("code %d, %q; want %d, %q", o.code, o.results, c.code, c.results)
			}
			if n := strings.Count(o.text, "=== RUN   TestX\n"); n != 1 {
				t.Errorf("TestX starts %d times", n)
			}
			cutOff := c.suite.failFast || strings.Contains(o.text, "panic") // of such a process, all text is shown
			if n := strings.Count(o.text, "setup of TestX\n"); n != 1 && !cutOff {
				t.Errorf("the test's own text is shown %d times", n)
			}
			if whole := wholeAfter(t, o.record); c.whole != unchecked && whole != c.whole {
				t.Errorf("it stays whole: %v, want %v", whole, c.whole)
			}
			if c.says != "*" && (!strings.Contains(o.says, c.says) || c.says == "" && o.says != "") {
				t.Errorf("it says %q, want %q", o.says, c.says)
			}
			for _, want := range c.text {
				if !strings.Contains(o.text, want) {
					t.Errorf("the text does not contain %q", want)
				}
			}
			for _, not := range c.never {
				if strings.Contains(o.text, not) {
					t.Errorf("the text contains %q", not)
				}
			}
			if t.Failed() {
				t.Log(o.text)
			}
		})
	}
}

// ranSubtests lists the subtests of a log.
func ranSubtests(log string) string {
	var names []string
	for line := range strings.Lines(log) {
		if _, name, ok := strings.Cut(strings.TrimSpace(line), "/"); ok {
			names = append(names, pid.ReplaceAllString(name, "N"))
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// pid is the number of a process in a name.
var pid = regexp.MustCompile(`[0-9]{2,}`)

// sameWords reports whether two texts have the same words in any order.
func sameWords(a, b string) bool {
	return slices.Equal(slices.Sorted(strings.FieldsSeq(a)), slices.Sorted(strings.FieldsSeq(b)))
}

// wholeAfter returns what the history says after a run.
func wholeAfter(t *testing.T, record *history.Run) history.Whole {
	t.Helper()
	file := filepath.Join(t.TempDir(), "timings.json")
	before := history.NewRun()
	before.Test("p", "TestX", time.Second, history.Passed)
	for _, run := range []*history.Run{before, record} {
		if err := run.Save(file, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	past, err := history.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	_, whole := past.Subtests("p", "TestX")
	return whole
}

// TestSubtimes: subtests count by the first part of their names, the rest is the test's own.
func TestSubtimes(t *testing.T) {
	changes := []text.Change{
		{Action: "run", Test: "TestX"}, {Action: "run", Test: "TestX/a"}, {Action: "run", Test: "TestX/a/deep"},
		{Action: "pass", Test: "TestX/a/deep", Took: 2}, {Action: "pass", Test: "TestX/a", Took: 3},
		{Action: "run", Test: "TestX/b/1"}, {Action: "pass", Test: "TestX/b/1", Took: 4}, {Action: "run", Test: "TestX/b/2"}, {Action: "skip", Test: "TestX/b/2", Took: 5},
		{Action: "pass", Test: "TestX", Took: 20},
	}
	s := subtimes{}
	var ended history.Subtests
	for _, c := range changes {
		ended = s.see(c)
	}
	if got := fmt.Sprint(ended.Own, ended.Times); got != "8ns map[a:3ns b:9ns]" || len(s) > 0 {
		t.Errorf("got %s, and %d tests are not forgotten", got, len(s))
	}
}

// FuzzApart: whatever the subtests of a test and the pieces that the plan has, each subtest that has
// run has one result, the test has one, and all passes only if nothing failed.
func FuzzApart(f *testing.F) {
	for i := range 12 {
		f.Add([]byte{byte(i), byte(i * 5), byte(i * 3), byte(i + 7)}, []byte{byte(i), byte(i * 7), byte(i / 2), 3, byte(i * 11)}, byte(i))
	}
	f.Fuzz(func(t *testing.T, subtests, pieces []byte, workers byte) {
		t.Parallel()
		suffixes := []string{"", "", "", "<a", "!", "*", "@"}
		var names []string
		harmless := true
		for i, how := range subtests[:min(len(subtests), 6)] {
			suffix := suffixes[int(how)%len(suffixes)]
			harmless = harmless && suffix != "!" && suffix != "*"
			names = append(names, string(rune('a'+i))+suffix)
		}
		planned := make([][]string, 3) // each name is in one of them at most, and h is gone
		for i, at := range pieces[:min(len(pieces), 8)] {
			if at%4 < 3 {
				planned[at%4] = append(planned[at%4], string(rune('a'+i)))
			}
		}
		var words []string
		for _, piece := range planned {
			if len(piece) > 0 {
				words = append(words, strings.Join(piece, ","))
			}
		}
		if len(words) < 2 || len(names) == 0 {
			return
		}
		s := suite{
			tests: "TestA:pass TestX:subtests=" + strings.Join(names, ","), pieces: strings.Join(words, " "),
			workers: 1 + int(workers)%3, apart: workers&4 == 0, restarts: 2, log: filepath.Join(t.TempDir(), "log"),
		}
		o := s.run(t, nil)
		log, err := os.ReadFile(s.log)
		if o.err != nil || err != nil {
			t.Fatal(o.err, err)
		}
		results := map[string]string{}
		for result := range strings.FieldsSeq(o.results) {
			name, ends, _ := strings.Cut(result, "=")
			results[name] = ends
		}
		for line := range strings.Lines(string(log)) {
			name := strings.TrimSpace(line)
			if strings.Contains(results[name], ",") || strings.Contains(results[name], "?") || results[name] == "" {
				t.Errorf("%s has run and has the results %q", name, results[name])
			}
		}
		for _, name := range []string{"TestA", "TestX"} {
			if ends := results[name]; ends != "PASS" && ends != "FAIL" {
				t.Errorf("%s has the results %q", name, ends)
			}
		}
		if passed := o.code == 0; passed != harmless || passed != (results["TestX"] == "PASS") {
			t.Errorf("the code is %d", o.code)
		}
		if t.Failed() {
			t.Logf("%+v\n%q, ran: %q\n%s", s, o.results, log, o.text)
		}
	})
}
