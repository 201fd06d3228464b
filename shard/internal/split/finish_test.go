package split

import (
	"strings"
	"testing"
)

// TestCompare compares the tests that ran with the listed ones.
func TestCompare(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		each    int
		ran     string // names, one for each process that ran it
		broken  bool
		failed  bool
		results string
		says    string
	}{
		{"each once", 0, "TestA TestB TestC", false, false, "", ""},
		{"one is missing", 0, "TestA TestC", false, true, "TestB=FAIL", "not run: the source lists it"},
		{"all are", 0, "", false, true, "TestA=FAIL TestB=FAIL TestC=FAIL", ""},
		{"one twice", 0, "TestA TestB TestB TestC", false, true, "TestMain=FAIL", "gotestshard: TestB ran in 2 test processes; "},
		{"one missing, one thrice", 0, "TestB TestB TestB TestC", false, true, "TestA=FAIL TestMain=FAIL", "gotestshard: TestB ran in 3 test processes; "},
		{"one that the source does not show", 0, "TestA TestB TestC TestX", false, false, "", ""},
		{"that one twice", 0, "TestA TestB TestC TestX TestX", false, true, "TestMain=FAIL", "TestX ran in 2"},
		{"missing after a failed start", 0, "TestA", true, true, "TestB=FAIL TestC=FAIL", "not run: a test process of this package failed outside its tests"},
		{"nothing missing after a failed start", 0, "TestA TestB TestC", true, false, "", ""},
		{"on each of two", 2, "TestA@gw0 TestA@gw1 TestB@gw1 TestB@gw0 TestC@gw0 TestC@gw1", false, false, "", ""},
		{"on one of two", 2, "TestA@gw0 TestA@gw1 TestB@gw1 TestC@gw0 TestC@gw1", false, true, "TestB@gw0=FAIL", ""},
		{"none on one of two", 2, "TestA@gw0 TestB@gw0 TestC@gw0", false, true, "TestA@gw1=FAIL TestB@gw1=FAIL TestC@gw1=FAIL", ""},
		{"twice on one of two", 2, "TestA@gw0 TestA@gw1 TestA@gw1 TestB@gw0 TestB@gw1 TestC@gw0 TestC@gw1", false, true, "TestMain@gw0=FAIL", "TestA@gw1 ran in 2"},
		{"none on one after a failed start", 2, "TestA@gw0 TestB@gw0 TestC@gw0", true, true, "TestA@gw1=FAIL TestB@gw1=FAIL TestC@gw1=FAIL", "not run: a test process"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHook()
			s := suite{tests: three}
			r := newRun(t, s.splitter(t), s, h)
			r.Each = c.each
			sum := fold([]outcome{{ran: strings.Fields(c.ran), broken: c.broken}})
			for _, wrong := range r.compare(sum) {
				sum.add(wrong)
			}
			sum.outside.write(r.merge, "")
			text := h.text.String()
			if sum.failed != c.failed || results(text) != c.results || !strings.Contains(text, c.says) || c.says == "" && c.results == "" && text != "" {
				t.Errorf("failed %v, %q", sum.failed, text)
			}
		})
	}
}

func TestSelectsAll(t *testing.T) {
	for args, want := range map[string]bool{
		"": true, "-test.v=test2json -test.count=2": true, "-test.run=A": false, "-test.skip=A": false, "-test.list=A": false,
		"-test.failfast=true": false, "-test.runs=1": true,
	} {
		if got := selectsAll(strings.Fields(args)); got != want {
			t.Errorf("%q: %v", args, got)
		}
	}
}
