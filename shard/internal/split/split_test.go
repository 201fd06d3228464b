package split

import (
	"errors"
	"strings"
	"testing"
)

const three = "TestA:pass TestB:pass TestC:pass"

// TestASplitPackageEndsAsOneProcessWould, or names what did not run. It is as long as its
// table.
func TestASplitPackageEndsAsOneProcessWould(t *testing.T) {
	t.Parallel()
	const allPass = "TestA=PASS TestB=PASS TestC=PASS"
	for _, c := range []struct {
		name     string
		suite    suite
		code     int
		results  string
		complete bool
		says     []string // lines, or parts of them
		never    []string
	}{
		{"one process", suite{tests: three}, 0, allPass, true, []string{"PASS\n", "before the tests\n", "text of TestB\n"}, []string{"gotestshard"}},
		{"several", suite{tests: three, workers: 3, apart: true}, 0, allPass, true, []string{"PASS\n"}, []string{"gotestshard", "FAIL"}},
		{"a failure and a skip", suite{tests: "TestA:fail TestB:skip TestC:pass", workers: 2, apart: true}, 1, "TestA=FAIL TestB=SKIP TestC=PASS", true,
			[]string{"FAIL\n", "gotestshard: rerun: run p TestA again"}, []string{"\nPASS\n"}},
		{"a failure of a process that ran everything", suite{tests: "TestA:fail TestB:pass"}, 1, "TestA=FAIL TestB=PASS", true, []string{"FAIL\n"}, []string{"run p again"}},
		{"every worker runs everything", suite{tests: "TestA:pass TestB:pass", workers: 2, each: true}, 0,
			"TestA@gw0=PASS TestA@gw1=PASS TestB@gw0=PASS TestB@gw1=PASS", false, nil, nil},
		{"a selection", suite{tests: three, listed: "TestA TestC", args: "-test.run=TestA|TestC", workers: 2, apart: true}, 0, "TestA=PASS TestC=PASS", false, nil, nil},

		// The tests that ran are compared with the listed ones.
		{"a test that the binary does not have", suite{tests: three, listed: "TestA TestB TestC TestD", workers: 2, apart: true}, 1, allPass + " TestD=FAIL", false,
			[]string{"not run: the source lists it, but the test binary did not run it", "//gotestshard:together"}, nil},
		{"the same in one process", suite{tests: three, listed: "TestA TestB TestC TestD"}, 1, allPass + " TestD=FAIL", false, nil, nil},
		{"on one of two workers", suite{tests: "TestA:pass", listed: "TestA TestD", workers: 2, each: true}, 1,
			"TestA@gw0=PASS TestA@gw1=PASS TestD@gw0=FAIL TestD@gw1=FAIL", false, nil, nil},
		{"every worker has no more restarts", suite{tests: "TestA:panics TestB:pass", workers: 2, each: true}, 2,
			"TestA@gw0=FAIL TestA@gw1=FAIL TestB@gw0=FAIL TestB@gw1=FAIL", false, []string{"not run: gw1 crashed more than 0 times"}, []string{"the source lists it", "ran in"}},
		{"TestMain chooses", suite{tests: three, main: "only TestA", workers: 2, apart: true}, 1, "TestA=PASS,PASS,PASS TestB=FAIL TestC=FAIL TestMain=FAIL", false,
			[]string{"TestA ran in 3 test processes"}, nil},
		{"TestMain runs all each time", suite{tests: three, main: "deaf", workers: 3, apart: true}, 1,
			"TestA=PASS,PASS,PASS TestB=PASS,PASS,PASS TestC=PASS,PASS,PASS TestMain=FAIL", true, []string{"TestA ran in 3 test processes", "TestB ran in 3", "TestC ran in 3"}, nil},
		{"a test twice in one process is the binary's own matter", suite{tests: "TestA:pass TestA:pass TestB:pass", listed: "TestA TestB", workers: 2, apart: true}, 0,
			"TestA=PASS,PASS TestB=PASS", true, nil, []string{"gotestshard"}},
		{"what the source does not show runs with the last", suite{tests: three + " TestD:pass", listed: "TestA TestB TestC", hides: true, workers: 2, apart: true}, 0,
			allPass + " TestD=PASS", true, nil, []string{"gotestshard"}},
		{"nothing is hidden from the source", suite{tests: three, hides: true, workers: 3, apart: true}, 0, allPass, true, nil, []string{"gotestshard"}},
		{"what the source does not show runs after a crash", suite{tests: "TestA:panics TestB:pass TestD:pass", listed: "TestA TestB", hides: true, restarts: 1}, 2,
			"TestA=FAIL TestB=PASS TestD=PASS", true, nil, nil},
		{"only what the source does not show is selected", suite{tests: three + " TestD:pass", listed: " ", hides: true, args: "-test.run=TestD", workers: 2}, 0,
			"TestD=PASS", false, nil, []string{"gotestshard"}},

		// A part of a package.
		{"a part", suite{tests: three, listed: "TestA", others: "TestB TestC"}, 0, "TestA=PASS", false, []string{"PASS\n"}, []string{"gotestshard"}},
		{"a part on two workers", suite{tests: three + " TestD:pass", listed: "TestA TestB", others: "TestC TestD", workers: 2, apart: true}, 0, "TestA=PASS TestB=PASS", false,
			nil, []string{"gotestshard"}},
		{"a part with what the source does not show", suite{tests: three + " TestD:pass", listed: "TestA TestB", others: "TestC", hides: true}, 0,
			"TestA=PASS TestB=PASS TestD=PASS", false, nil, []string{"gotestshard"}},
		{"the same on two workers", suite{tests: three + " TestD:pass", listed: "TestA TestB", others: "TestC", hides: true, workers: 2, apart: true}, 0,
			"TestA=PASS TestB=PASS TestD=PASS", false, nil, []string{"gotestshard"}},
		{"a failure in a part", suite{tests: "TestA:fail TestB:pass TestC:pass", listed: "TestA TestB", others: "TestC"}, 1, "TestA=FAIL TestB=PASS", false,
			[]string{"gotestshard: rerun: run p TestA again"}, nil},
		{"a crash in a part", suite{tests: "TestA:panics TestB:pass TestC:pass", listed: "TestA TestB", others: "TestC", restarts: 1}, 2, "TestA=FAIL TestB=PASS", false, nil, nil},
		{"TestMain runs more than a part", suite{tests: three, main: "deaf", listed: "TestA", others: "TestB TestC"}, 1, allPass + " TestMain=FAIL", false,
			[]string{"gotestshard: TestB belongs to another part but ran here; if TestMain chooses", "gotestshard: TestC belongs"}, []string{"TestA ran"}},

		// Processes that succeed without running a test.
		{"TestMain exits 0 without the tests", suite{tests: three, main: "runs-nothing", workers: 3, apart: true}, 0, "", false,
			[]string{"TestMain exited 0 without running any of the 3 listed tests\n"}, []string{"PASS", "FAIL"}},
		{"the binary finds none of those it has to run", suite{tests: "TestX:pass", listed: "TestA TestB", workers: 2, apart: true}, 1, "TestA=FAIL TestB=FAIL", false,
			[]string{"not run: the source lists it"}, []string{"exited 0 without"}},
		{"it finds none and has no verdict", suite{tests: three, main: "empty", workers: 2, apart: true}, 1, "TestA=FAIL TestB=FAIL TestC=FAIL", false,
			[]string{"not run: the source lists it"}, []string{"exited 0 without"}},

		// Crashes.
		{"before the first test", suite{tests: three, main: "exits3"}, 3, "", false,
			[]string{"none of the 3 tests of this package ran\n", "gotestshard: the test process on gw0 ended before its first test (exit status 3)\n", "FAIL\n"}, nil},
		{"of a program that cannot start", suite{tests: three, command: "/nowhere/p.test"}, 1, "", false, []string{"none of the 3 tests of this package ran\n", "FAIL\n"}, nil},
		{"of one process before its first test", suite{tests: three, main: "second-exits3", workers: 2, apart: true}, 3, "TestA=PASS TestB=FAIL TestC=FAIL TestMain=FAIL", false,
			[]string{"=== RUN   TestMain\nbefore the tests\n", "ended before its first test (exit status 3)\n", "not run: a test process of this package failed outside its tests"}, nil},
		{"after the last test", suite{tests: three, main: "fails-after 3"}, 3, "TestA=PASS TestB=PASS TestC=PASS TestMain=FAIL", false,
			[]string{"after the tests\n    gotestshard: the test process on gw0 failed after its tests had passed (exit status 3)\n    gotestshard: rerun: run p  again\n--- FAIL: TestMain"}, nil},
		{"after a test that failed", suite{tests: "TestA:fail TestB:pass", main: "fails-after 0"}, 1, "TestA=FAIL TestB=PASS", true, []string{"FAIL\n"}, []string{"TestMain"}},
		{"without a failed test", suite{tests: "TestA:pass TestB:pass", main: "finds-race"}, 1, "TestA=PASS TestB=PASS TestMain=FAIL", false,
			[]string{"the test process on gw0 failed, although none of its tests failed"}, nil},
		{"the others go on", suite{tests: "TestA:pass TestB:panics TestC:pass", restarts: 1}, 2, "TestA=PASS TestB=FAIL TestC=PASS", true,
			[]string{"the test process on gw0 crashed while running TestB (exit status 2); the one test of its batch that had not started runs in a new process", "panic: boom"}, nil},
		{"a paused test is run again", suite{tests: "TestA:parallel TestB:panics TestC:pass", restarts: 1}, 2, "TestA=PASS TestB=FAIL TestC=PASS", true,
			[]string{"the 2 tests of its batch"}, nil},
		{"exit 0 in the middle is one", suite{tests: "TestA:exits0 TestB:pass", restarts: 1}, 1, "TestA=FAIL TestB=PASS", true, []string{"crashed while running TestA (exit status 0)"}, nil},
		{"no more restarts", suite{tests: "TestA:panics TestB:panics TestC:pass TestD:pass", restarts: 1}, 2, "TestA=FAIL TestB=FAIL TestC=FAIL TestD=FAIL", false,
			[]string{"not run: gw0 crashed more than 1 times (--max-worker-restart)"}, []string{"the 2 tests of its batch"}},
		{"the last test", suite{tests: "TestA:pass TestB:panics"}, 2, "TestA=PASS TestB=FAIL", false, []string{"crashed while running TestB"}, []string{"go on"}},

		{"between two tests", suite{tests: "TestA:parallel TestB:dies TestC:pass", restarts: 1}, 2, "TestA=PASS TestB=PASS TestC=PASS TestMain=FAIL", true,
			[]string{"the test process on gw0 crashed (exit status 2); the 2 tests of its batch"}, nil},
		{"between two tests with 0", suite{tests: "TestA:leaves TestB:pass", restarts: 1}, 1, "TestA=PASS TestB=PASS TestMain=FAIL", true,
			[]string{"the test process on gw0 crashed (exit status 0); the one test of its batch"}, nil},

		// A test that sets os.Stdout hides what is printed after all tests.
		{"without a verdict", suite{tests: "TestA:silent TestB:pass"}, 0, "TestA=PASS TestB=PASS", true, []string{"PASS\n"}, []string{"gotestshard"}},
		{"without a verdict, on several workers", suite{tests: three + " TestD:silent", workers: 4, apart: true}, 0, "TestA=PASS TestB=PASS TestC=PASS TestD=PASS", true,
			[]string{"PASS\n"}, []string{"gotestshard"}},
		{"without a verdict among parallel tests", suite{tests: "TestA:parallel TestB:silent TestC:parallel"}, 0, "TestA=PASS TestB=PASS TestC=PASS", true, nil, []string{"gotestshard"}},
		{"without a verdict after a failure", suite{tests: "TestA:silent TestB:fail TestC:pass"}, 1, "TestA=PASS TestB=FAIL TestC=PASS", true, []string{"FAIL\n"}, []string{"crashed"}},
		{"without a verdict after a failure with -failfast", suite{tests: "TestA:silent TestB:fail TestC:pass", failFast: true}, 1, "TestA=PASS TestB=FAIL", false,
			[]string{"stopped: TestB of p failed (-failfast); 1 test of this package did not run\n"}, []string{"crashed"}},
		{"hidden fuzz tests and examples", suite{tests: "TestA:silent TestB:pass FuzzC:pass ExampleD:pass"}, 0,
			"ExampleD=PASS FuzzC=PASS TestA=PASS TestB=PASS", true, []string{"PASS\n"}, []string{"gotestshard"}},
		{"a crash without a verdict", suite{tests: "TestA:silent TestB:panics TestC:pass", restarts: 1}, 2, "TestA=PASS TestB=FAIL TestC=PASS", true,
			[]string{"crashed while running TestB (exit status 2)"}, nil},
		{"an end with 0 in a test without a verdict", suite{tests: "TestA:silent TestB:exits0 TestC:pass", restarts: 1}, 1, "TestA=PASS TestB=FAIL TestC=PASS", true,
			[]string{"crashed while running TestB (exit status 0)"}, nil},

		// A test that starts a process with its own arguments and output.
		{"a test within another", suite{tests: "TestA:pass TestB:starts TestC:pass", workers: 3, apart: true}, 0, "TestA=PASS,PASS TestB=PASS TestC=PASS", true,
			[]string{"PASS\n"}, []string{"gotestshard"}},
		{"a test within another of the same process", suite{tests: "TestB:starts TestA:pass"}, 0, "TestA=PASS,PASS TestB=PASS", true, nil, []string{"gotestshard"}},
		{"a test within another that crashes", suite{tests: "TestB:startspanics TestA:pass", restarts: 1}, 3, "TestA=PASS,PASS TestB=FAIL", true,
			[]string{"crashed while running TestB (exit status 3); the one test of its batch"}, nil},
		{"a test of another part within one", suite{tests: "TestA:pass TestB:starts TestC:pass", listed: "TestB TestC", others: "TestA"}, 0, "TestA=PASS TestB=PASS TestC=PASS", false,
			nil, []string{"gotestshard"}},
		{"a test that fails within another", suite{tests: "TestB:startsfails TestC:pass", failFast: true}, 0, "TestA=FAIL TestB=PASS TestC=PASS", false, nil, []string{"gotestshard"}},
		{"a test that TestMain adds, within another that crashes", suite{tests: "TestB:startspanics TestC:pass TestA:pass", listed: "TestB TestC", hides: true, restarts: 1}, 3,
			"TestA=PASS,PASS TestB=FAIL TestC=PASS", true, nil, nil},

		// The first failure stops everything.
		{"-failfast", suite{tests: "TestA:fail TestB:pass TestC:pass", failFast: true}, 1, "TestA=FAIL", false,
			[]string{"stopped: TestA of p failed (-failfast); 2 tests of this package did not run\n"}, nil},
		{"-failfast and the last test", suite{tests: "TestA:pass TestB:fail", failFast: true}, 1, "TestA=PASS TestB=FAIL", false, nil, []string{"did not run"}},
		{"-failfast and a crash", suite{tests: "TestA:panics TestB:pass TestC:pass", failFast: true, restarts: 4}, 2, "TestA=FAIL", false,
			[]string{"stopped: TestA of p failed (-failfast); 2 tests of this package did not run\n"}, []string{"go on"}},
		{"-failfast and a crash between two tests", suite{tests: "TestA:parallel TestB:dies TestC:pass", failFast: true, restarts: 4}, 2, "TestA=SKIP TestB=PASS TestMain=FAIL", false,
			[]string{"stopped: a test process of p crashed (-failfast); 2 tests of this package did not run\n"}, []string{"go on"}},
		{"-failfast and a crash with a paused test", suite{tests: "TestA:parallel TestB:panics TestC:pass", failFast: true, restarts: 4}, 2, "TestA=SKIP TestB=FAIL", false,
			[]string{"stopped: TestB of p failed (-failfast); 2 tests of this package did not run\n"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := c.suite.run(t, nil)
			if o.err != nil {
				t.Error(o.err)
			}
			if o.code != c.code || o.results != c.results || o.complete != c.complete {
				t.Errorf("code %d, %q, complete %v; want %d, %q, %v", o.code, o.results, o.complete, c.code, c.results, c.complete)
			}
			for _, want := range c.says {
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

// TestAnOutputThatCannotBeWritten fails the package.
func TestAnOutputThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	s := suite{tests: three}
	splitter, h := s.splitter(t), newHook()
	h.err = errors.New("broken pipe")
	if _, err := splitter.Run(t.Context(), s.binary(t), h, func(int, []string) {}); !errors.Is(err, h.err) {
		t.Errorf("got %v", err)
	}
}
