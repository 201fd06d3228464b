package report

import (
	"bytes"
	"encoding/json"
	"path"
	"strings"
	"testing"

	"gotest.tools/gotestsum/testjson"
)

// The first run has a test with each result, a package that fails without a failed test, a
// package that cannot be built, a package without tests, and a package that stops during a test.
const firstRun = `
{"Time":"2026-01-02T03:04:05Z","Action":"start","Package":"example.com/m/a"}
{"Time":"2026-01-02T03:04:05Z","Action":"run","Package":"example.com/m/a","Test":"TestFlaky"}
{"Time":"2026-01-02T03:04:05Z","Action":"output","Package":"example.com/m/a","Test":"TestFlaky","Output":"=== RUN   TestFlaky\n"}
{"Time":"2026-01-02T03:04:05Z","Action":"output","Package":"example.com/m/a","Test":"TestFlaky","Output":"    a_test.go:7: \u001b[31mred\u001b[0m <&\"'> \u0000\u0008 no\n"}
{"Time":"2026-01-02T03:04:05Z","Action":"fail","Package":"example.com/m/a","Test":"TestFlaky","Elapsed":0.01}
{"Time":"2026-01-02T03:04:05Z","Action":"run","Package":"example.com/m/a","Test":"TestFails"}
{"Time":"2026-01-02T03:04:05Z","Action":"run","Package":"example.com/m/a","Test":"TestFails/sub_#01"}
{"Time":"2026-01-02T03:04:05Z","Action":"output","Package":"example.com/m/a","Test":"TestFails/sub_#01","Output":"        a_test.go:9: first\n"}
{"Time":"2026-01-02T03:04:05Z","Action":"fail","Package":"example.com/m/a","Test":"TestFails/sub_#01","Elapsed":1.25}
{"Time":"2026-01-02T03:04:05Z","Action":"fail","Package":"example.com/m/a","Test":"TestFails","Elapsed":1.25}
{"Time":"2026-01-02T03:04:05Z","Action":"run","Package":"example.com/m/a","Test":"TestAttr"}
{"Time":"2026-01-02T03:04:05Z","Action":"attr","Package":"example.com/m/a","Test":"TestAttr","Key":"owner","Value":"ann <ann@example.com>"}
{"Time":"2026-01-02T03:04:05Z","Action":"pass","Package":"example.com/m/a","Test":"TestAttr","Elapsed":0}
{"Time":"2026-01-02T03:04:05Z","Action":"run","Package":"example.com/m/a","Test":"TestSkipped"}
{"Time":"2026-01-02T03:04:05Z","Action":"output","Package":"example.com/m/a","Test":"TestSkipped","Output":"    a_test.go:3: \u001b]8;;http://x\u0007not here\u001b]8;;\u0007\n"}
{"Time":"2026-01-02T03:04:05Z","Action":"skip","Package":"example.com/m/a","Test":"TestSkipped","Elapsed":0}
{"Time":"2026-01-02T03:04:07Z","Action":"fail","Package":"example.com/m/a","Elapsed":2.004}
{"Time":"2026-01-02T03:04:05Z","Action":"output","Package":"example.com/m/main","Output":"no database\n"}
{"Time":"2026-01-02T03:04:05Z","Action":"fail","Package":"example.com/m/main","Elapsed":0.1}
{"ImportPath":"example.com/m/broken [example.com/m/broken.test]","Action":"build-output","Output":"# example.com/m/broken\n"}
{"ImportPath":"example.com/m/broken [example.com/m/broken.test]","Action":"build-output","Output":"broken/b_test.go:3:9: undefined: no\n"}
{"Time":"2026-01-02T03:04:05Z","Action":"output","Package":"example.com/m/broken","Output":"FAIL\texample.com/m/broken [build failed]\n"}
{"Time":"2026-01-02T03:04:05Z","Action":"fail","Package":"example.com/m/broken","Elapsed":0,"FailedBuild":"example.com/m/broken [example.com/m/broken.test]"}
{"Time":"2026-01-02T03:04:05Z","Action":"skip","Package":"example.com/m/none","Elapsed":0}
{"Time":"2026-01-02T03:04:05Z","Action":"run","Package":"example.com/m/stops","Test":"TestStops"}
{"Time":"2026-01-02T03:04:05Z","Action":"fail","Package":"example.com/m/stops","Elapsed":0}
`

const secondRun = `
{"Time":"2026-01-02T03:04:08Z","Action":"run","Package":"example.com/m/a","Test":"TestFlaky"}
{"Time":"2026-01-02T03:04:08Z","Action":"pass","Package":"example.com/m/a","Test":"TestFlaky","Elapsed":0.02}
{"Time":"2026-01-02T03:04:08Z","Action":"run","Package":"example.com/m/a","Test":"TestFails"}
{"Time":"2026-01-02T03:04:08Z","Action":"run","Package":"example.com/m/a","Test":"TestFails/sub_#01"}
{"Time":"2026-01-02T03:04:08Z","Action":"output","Package":"example.com/m/a","Test":"TestFails/sub_#01","Output":"        a_test.go:9: second\n"}
{"Time":"2026-01-02T03:04:08Z","Action":"fail","Package":"example.com/m/a","Test":"TestFails/sub_#01","Elapsed":1}
{"Time":"2026-01-02T03:04:08Z","Action":"fail","Package":"example.com/m/a","Test":"TestFails","Elapsed":1}
{"Time":"2026-01-02T03:04:09Z","Action":"fail","Package":"example.com/m/a","Elapsed":1.1}
`

// scan reads consecutive runs.
func scan(t testing.TB, runs ...string) *testjson.Execution {
	t.Helper()
	var exec *testjson.Execution
	for i, run := range runs {
		var err error
		exec, err = testjson.ScanTestOutput(testjson.ScanConfig{RunID: i, Stdout: strings.NewReader(strings.TrimSpace(run)), Execution: exec})
		if err != nil {
			t.Fatal(err)
		}
	}
	return exec
}

func sampleJUnit() JUnit {
	return JUnit{GoVersion: "go1.26"}
}

// The differential test compares this form with gotestsum's files.
func TestJUnitGotestsum(t *testing.T) {
	var out bytes.Buffer
	exec, junit := scan(t, firstRun, secondRun), sampleJUnit()
	junit.Errors = len(exec.Errors())
	if err := junit.WriteGotestsum(&out, exec); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/junit-gotestsum.golden", out.Bytes())
}

func TestJUnitSurefire(t *testing.T) {
	schema := readSchema(t)
	junit := sampleJUnit()
	junit.ProjectName = "project"
	junit.Workers = map[string][]string{"example.com/m/a": {"gw1", "gw0"}}
	junit.BuildErrors = map[string]string{"example.com/m/broken": "broken/b_test.go:3:9: undefined: no\n"}
	junit.PassedOutput = passedOutput(map[string]map[int]string{"example.com/m/a": {4: "it printed\n"}})
	junit.Failures = func(tc testjson.TestCase) FailureNote {
		switch f := (FailureNote{File: "a/a_test.go", Line: 6 + tc.RunID}); tc.Test.Name() {
		case "TestFails/sub_#01", "TestFlaky":
			return f
		case "TestStops":
			f.Crash = "panic: of a subtest [recovered, repanicked]\n"
			return f
		case "":
			return FailureNote{File: tc.Package + ".go", Line: 1}
		}
		return FailureNote{}
	}
	var out bytes.Buffer
	if err := junit.WriteSurefire(&out, scan(t, firstRun, secondRun)); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/junit-surefire.golden", out.Bytes())
	if err := schema.validate(out.String()); err != nil {
		t.Error(err)
	}

	out.Reset()
	junit.HideEmptyPackages, junit.HideSkippedTests = true, true
	junit.SuiteName, junit.ClassName = path.Base, testjson.RelativePackagePath
	if err := junit.WriteSurefire(&out, scan(t, firstRun)); err != nil {
		t.Fatal(err)
	}
	for _, absent := range []string{"TestSkipped", ` name="none"`, ` name="example.com/m/main"`} {
		if strings.Contains(out.String(), absent) {
			t.Errorf("the file has %s:\n%s", absent, out.String())
		}
	}
	if err := schema.validate(out.String()); err != nil {
		t.Error(err)
	}
}

// The last line with a place is the reason for the failure, unless it is inside a message.
func TestMessage(t *testing.T) {
	for text, want := range map[string]string{
		"": "Failed",
		"    a_test.go:3: x\n    a_test.go:4: y\n": "a_test.go:4: y",
		"    a_test.go:7: got:\n        --- FAIL: TestX (0.00s)\n            b_test.go:42: inner\n        b_test.go:43: z\n":         "a_test.go:7: got:",
		"panic: boom [recovered, repanicked]\n\ngoroutine 7 [running]:\nx\n\t/a_test.go:9 +0x3b\n":                                   "panic: boom",
		"    a_test.go:3: x\n--- FAIL: TestA (0.00s)\npanic: of\nlines [x]\n\ngoroutine 7 [running]:\n":                              "panic: of",
		"panic: test timed out after 2s\n\trunning tests:\n":                                                                         "panic: test timed out after 2s",
		"fatal error: all goroutines are asleep - deadlock!\r\n":                                                                     "fatal error: all goroutines are asleep - deadlock!",
		"=== RUN   TestA\nit says panic: no\nmore\n--- FAIL: TestA (0.00s)\n":                                                        "it says panic: no",
		"=== RUN   TestA\n    --- FAIL: TestA/b (0.00s)\n--- FAIL: TestA (0.00s)\nFAIL\nFAIL\tp\t0.1s\ncoverage: 1% of statements\n": "Failed",
		"=== RUN   TestA\n    gotestshard: gw0 crashed while running TestA\n    gotestshard: rerun: go test\n":                       "gotestshard: gw0 crashed while running TestA",
		"exit status 3\nFAIL\tp\t0.007s\n":                                                                                           "exit status 3",
		"printed.go:1: x\n    a_test.go:3: y\nprinted.go:2: z\n":                                                                     "a_test.go:3: y",
		"        a_test.go:3: of a subtest before Go 1.14\n            b_test.go:42: inner\n":                                        "a_test.go:3: of a subtest before Go 1.14",
		"# m/p\np/a.go:3:4: undefined: x\np/a.go:5:4: undefined: y\n":                                                                "p/a.go:5:4: undefined: y",
	} {
		if got := message([]byte(text)); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// If a test runs several times because of -count, it is listed each time.
func TestJUnitSurefireOfATestThatRanTwice(t *testing.T) {
	run := `{"Action":"run","Package":"p","Test":"A"}
{"Action":"fail","Package":"p","Test":"A"}
{"Action":"run","Package":"p","Test":"A"}
{"Action":"pass","Package":"p","Test":"A"}
{"Action":"fail","Package":"p"}`
	var out bytes.Buffer
	if err := sampleJUnit().WriteSurefire(&out, scan(t, run)); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(out.String(), "<testcase "); got != 2 || !strings.Contains(out.String(), `tests="2" failures="1"`) {
		t.Errorf("got\n%s", out.String())
	}
}

// FuzzJUnit tests that both forms are XML with any test names and output, and that the form for
// Jenkins is valid.
func FuzzJUnit(f *testing.F) {
	f.Add("TestA", "out \x1b[1mbold\x1b[m\n", "fail", "key", "value\x00")
	f.Add("Test<&>", "]]>\xff\xfe\ud7ff", "pass", "", "")
	f.Add("Test\t", "\x1b]0;title\x07\x1b", "skip", "a b", "\uffff")
	f.Fuzz(func(t *testing.T, test, output, action, key, value string) {
		if action != "pass" && action != "skip" {
			action = "fail"
		}
		event := func(fields map[string]string) string {
			fields["Package"] = "p" + key
			line, err := json.Marshal(fields)
			if err != nil {
				t.Fatal(err)
			}
			return string(line) + "\n"
		}
		run := event(map[string]string{"Action": "run", "Test": test}) +
			event(map[string]string{"Action": "attr", "Test": test, "Key": key, "Value": value}) +
			event(map[string]string{"Action": "output", "Test": test, "Output": output}) +
			event(map[string]string{"Action": action, "Test": test}) +
			event(map[string]string{"Action": "fail"})
		if len(run) > 50_000 {
			t.Skip("testjson reads no longer lines")
		}
		if root, _, isSubtest := strings.Cut(test, "/"); isSubtest || root == "" {
			t.Skip("go test has no such test without its parent")
		}
		exec := scan(t, run, run)
		junit := sampleJUnit()
		junit.Workers = map[string][]string{"p" + key: {value}}
		junit.PassedOutput = passedOutput(map[string]map[int]string{"p" + key: {1: output, 2: output}})
		var out bytes.Buffer
		if err := junit.WriteSurefire(&out, exec); err != nil {
			t.Fatal(err)
		}
		if err := readSchema(t).validate(out.String()); err != nil {
			t.Errorf("%v\n%s", err, out.String())
		}
		out.Reset()
		if err := junit.WriteGotestsum(&out, exec); err != nil {
			t.Fatal(err)
		}
		if _, err := parseXML(&out); err != nil {
			t.Error(err)
		}
	})
}

// passedOutput has the output of passed tests by package and TestCase.ID.
func passedOutput(of map[string]map[int]string) func(string, int) string {
	return func(pkg string, id int) string { return of[pkg][id] }
}
