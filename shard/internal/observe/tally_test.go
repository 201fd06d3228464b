package observe

import (
	"strings"
	"testing"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/format/report"
)

func TestTallyCountsPerWorkerAsTheSummaryDoes(t *testing.T) {
	h := quietHandler(t)
	exec := scanned(t, h, strings.NewReader(strings.Join([]string{
		`{"Action":"start","Package":"a"}`,
		`{"Action":"run","Package":"a","Test":"T1","Worker":"gw0"}`,
		`{"Action":"run","Package":"a","Test":"T1/s","Worker":"gw0"}`,
		`{"Action":"fail","Package":"a","Test":"T1/s","Elapsed":3,"Worker":"gw0"}`,
		`{"Action":"fail","Package":"a","Test":"T1","Elapsed":3,"Worker":"gw0"}`,
		`{"Action":"run","Package":"a","Test":"T2","Worker":"gw1"}`,
		`{"Action":"skip","Package":"a","Test":"T2","Worker":"gw1"}`,
		`{"Action":"fail","Package":"a","Worker":"gw0,gw1"}`,
		// TestMain failed, but no tests failed.
		`{"Action":"output","Package":"b","Output":"exit status 3\n","Worker":"gw1"}`,
		`{"Action":"fail","Package":"b","Worker":"gw1"}`,
		// A result from the cache has no worker.
		`{"Action":"run","Package":"c","Test":"T","Elapsed":0}`,
		`{"Action":"pass","Package":"c","Test":"T","Elapsed":9}`,
		`{"Action":"pass","Package":"c"}`,
		// A test that never ends.
		`{"Action":"run","Package":"d","Test":"T","Worker":"gw0"}`,
	}, "\n")))
	r := h.Tally.Report(h.Count(exec), []report.Shard{{Worker: "gw0"}, {Worker: "gw1"}, {Worker: "gw2"}}, report.Shards{})
	for i, want := range []report.Shard{
		{Worker: "gw0", Tests: 3, Failed: 3}, {Worker: "gw1", Tests: 2, Failed: 1, Skipped: 1}, {Worker: "gw2"},
	} {
		got := r.Shards[i]
		if got.Worker != want.Worker || got.Tests != want.Tests || got.Failed != want.Failed || got.Skipped != want.Skipped {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if total := r.Shards[0].Failed + r.Shards[1].Failed; total != len(exec.Failed()) {
		t.Errorf("%d failed, and %d in the summary", total, len(exec.Failed()))
	}
	if want := (report.Test{Package: "a", Name: "T1", Elapsed: 3 * time.Second}); r.Longest != want {
		t.Errorf("longest %+v, want %+v", r.Longest, want)
	}
}

// A test that ended its process has run until then.
func TestLongestWithoutAnEnd(t *testing.T) {
	h := quietHandler(t)
	exec := scanned(t, h, strings.NewReader(strings.Join([]string{
		`{"Action":"run","Package":"a","Test":"TestA","Worker":"gw0"}`,
		`{"Action":"pass","Package":"a","Test":"TestA","Elapsed":2,"Worker":"gw0"}`,
		`{"Time":"2026-01-02T03:04:05Z","Action":"run","Package":"a","Test":"TestExits","Worker":"gw0"}`,
		`{"Time":"2026-01-02T03:04:05Z","Action":"run","Package":"a","Test":"TestExits/sub","Worker":"gw0"}`,
		`{"Time":"2026-01-02T03:04:08Z","Action":"fail","Package":"a","Worker":"gw0"}`,
		`{"Time":"2026-01-02T03:04:05Z","Action":"run","Package":"b","Test":"TestCut","Worker":"gw0"}`,
	}, "\n")))
	r := h.Tally.Report(h.Count(exec), nil, report.Shards{})
	if want := (report.Test{Package: "a", Name: "TestExits", Elapsed: 3 * time.Second}); r.Longest != want {
		t.Errorf("longest %+v, want %+v", r.Longest, want)
	}
}

// The end that testjson adds for a test that never ended has no worker.
func TestWorkerOfTestThatNeverEnds(t *testing.T) {
	noted := notedWorkers{tally: newTally(false), of: map[string]string{}}
	_, err := testjson.ScanTestOutput(testjson.ScanConfig{Handler: noted, Stdout: strings.NewReader(strings.Join([]string{
		`{"Action":"run","Package":"a","Test":"TestHangs","Worker":"gw1"}`,
		`{"Action":"run","Package":"a","Test":"TestQuick","Worker":"gw0"}`,
		`{"Action":"pass","Package":"a","Test":"TestQuick","Worker":"gw0"}`,
		`{"Action":"fail","Package":"a","Worker":"gw0,gw1"}`,
	}, "\n"))})
	if err != nil {
		t.Fatal(err)
	}
	if noted.of["fail TestHangs"] != "gw1" || noted.of["pass TestQuick"] != "gw0" {
		t.Errorf("the workers are %v", noted.of)
	}
	if len(noted.tally.running) != 0 {
		t.Errorf("kept though they have ended: %v", noted.tally.running)
	}
}

// The end that testjson adds for a test that never ended in a rerun is not one of the first attempt.
func TestFailureOfTestThatNeverEndsInARerun(t *testing.T) {
	noted := notedWorkers{tally: newTally(true), of: map[string]string{}}
	var exec *testjson.Execution
	for i, text := range []string{
		`{"Action":"run","Package":"a","Test":"TestA","Worker":"gw0"}
		{"Action":"fail","Package":"a","Test":"TestA","Worker":"gw0"}
		{"Action":"fail","Package":"a","Worker":"gw0"}`,
		`{"Action":"run","Package":"a","Test":"TestA","Worker":"gw1"}
		{"Action":"fail","Package":"a","Worker":"gw1"}`,
	} {
		var err error
		if exec, err = testjson.ScanTestOutput(testjson.ScanConfig{RunID: i, Execution: exec, Handler: noted, Stdout: strings.NewReader(text)}); err != nil {
			t.Fatal(err)
		}
	}
	counted := noted.tally.Count(exec, func(testjson.TestCase) bool { return false })
	if got := counted.byWorker["gw0"]; got.Tests != 1 || got.Failed != 1 || counted.byWorker["gw1"].Failed != 0 {
		t.Errorf("counted %+v", counted.byWorker)
	}
}

// notedWorkers records the workers by action and test.
type notedWorkers struct {
	tally *Tally
	of    map[string]string
}

func (n notedWorkers) Event(event testjson.TestEvent, exec *testjson.Execution) error {
	n.of[string(event.Action)+" "+event.Test] = n.tally.add(event, exec)
	return nil
}

func (n notedWorkers) Err(string) error { return nil }
