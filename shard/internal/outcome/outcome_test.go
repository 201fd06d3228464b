package outcome

import (
	"fmt"
	"strings"
	"testing"
)

// scanned returns the results of events of one package p, such as "fail TestA", or
// "out TestA text"; without a test they are of the package.
func scanned(events ...string) []End {
	var s Scanner
	for _, e := range events {
		words := append(strings.SplitN(e, " ", 3), "", "")
		action := words[0]
		if action == "out" {
			action = "output"
		}
		s.Line(fmt.Appendf(nil, `{"Action":%q,"Package":"p","Test":%q,"Output":%q}`, action, words[1], words[2]+"\n"))
	}
	return s.Ends
}

// results returns the ends of a run as text.
func results(ends []End) string {
	var words []string
	for _, e := range ends {
		word := "pass "
		if e.Failed {
			word = "fail "
		}
		word += e.Test
		if e.Message != "" {
			word += " (" + e.Message + ")"
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}

func TestEachWorker(t *testing.T) {
	s := Scanner{Each: true}
	for _, line := range []string{
		`{"Action":"run","Package":"p","Test":"A@gw0"}`, `{"Action":"run","Package":"p","Test":"A@gw0/b"}`, `{"Action":"fail","Package":"p","Test":"A@gw0/b"}`,
		`{"Action":"fail","Package":"p","Test":"A@gw0"}`, `{"Action":"run","Package":"p","Test":"A@gw1"}`, `{"Action":"skip","Quarantined":true,"Package":"p","Test":"A@gw1"}`,
		`{"Action":"fail","Package":"p"}`,
	} {
		s.Line([]byte(line))
	}
	if got := results(s.Ends); got != "fail A/b, fail A" { // one in quarantine failed too
		t.Error(got)
	}
}

func TestResultsOfARun(t *testing.T) {
	for name, test := range map[string]struct {
		events []string
		want   string
	}{
		"a test passes":             {[]string{"run A", "pass A", "pass"}, "pass A, pass TestMain"},
		"a test fails":              {[]string{"run A", "out A     a_test.go:3: no", "fail A", "fail"}, "fail A (no)"},
		"a skipped test counts not": {[]string{"run A", "skip A", "pass"}, "pass TestMain"},
		"a subtest fails":           {[]string{"run A", "run A/b", "run A/b/c", "fail A/b/c", "fail A/b", "fail A", "fail"}, "fail A/b/c"},
		"twice, by -count": {
			[]string{"run A", "run A/b", "fail A/b", "fail A", "run A", "fail A", "fail"}, "fail A/b, fail A",
		},
		"a rerun":                       {[]string{"run A", "fail A", "fail", "run A", "pass A", "pass"}, "fail A, pass A, pass TestMain"},
		"a cached result":               {[]string{"run A", "pass A", "out  ok  \tp\t(cached)", "pass"}, ""},
		"a failed build":                {[]string{"out  FAIL\tp [build failed]", "fail"}, ""},
		"a test that did not run":       {[]string{"run A", "out A     gotestshard: not run: the process ended", "fail A", "run B", "fail B", "fail"}, "fail B"},
		"a failure outside the tests":   {[]string{"run A", "pass A", "out  cannot connect", "fail"}, "pass A, fail TestMain (cannot connect)"},
		"of a split package":            {[]string{"run TestMain", "out TestMain no", "fail TestMain", "fail"}, "fail TestMain (no)"},
		"lines of package testing":      {[]string{"run A", "out A === RUN   A", "out A     --- FAIL: A (0.1s)", "fail A", "fail"}, "fail A"},
		"a crash":                       {[]string{"run A", "out A panic: no", "fail"}, "fail A (panic: no)"},
		"a crash of one of two":         {[]string{"run A", "run B", "out B panic: no", "fail"}, "fail B (panic: no)"},
		"os.Exit in a subtest":          {[]string{"run A", "run A/b", "fail"}, "fail A/b (the test process ended during this test)"},
		"the process ends, two ran":     {[]string{"run A", "run B", "out  killed", "fail"}, "fail TestMain (killed)"},
		"a run that ends in the middle": {[]string{"run A", "pass A", "run B"}, ""},
	} {
		if got := results(scanned(test.events...)); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}
