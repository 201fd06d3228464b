package split

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// The test binaries that are split here are this program again, which then follows
// fakeTests and fakeMain.
const (
	fakeTests = "SPLIT_FAKE_TESTS" // "TestA:pass TestB:panic", in the order of the source
	fakeMain  = "SPLIT_FAKE_MAIN"  // what TestMain does
	fakeLog   = "SPLIT_FAKE_LOG"   // a file to which each test adds its name, if set
)

func TestMain(m *testing.M) {
	if tests, ok := os.LookupEnv(fakeTests); ok {
		os.Exit(fake(tests, os.Getenv(fakeMain), os.Args[1:]))
	}
	goleak.VerifyTestMain(m)
}

// fake is a test binary.
func fake(tests, main string, args []string) int {
	fmt.Println("before the tests\nof process", os.Getpid()) // different in each process, because equal text would cause a note
	f := fakeBinary{args: args, after: -1, verdict: "PASS"}
	if code, ends := f.main(main); ends {
		return code
	}
	ran := false
	for test := range strings.FieldsSeq(tests) {
		name, how, _ := strings.Cut(test, ":")
		if !f.selects(name) {
			continue
		}
		ran = true
		logFake(name)
		f.says("=== RUN   %s", name)
		if code, ends := f.test(name, how); ends {
			return code
		}
	}
	for _, name := range f.parallel {
		f.says("=== CONT  %s", name)
		f.says("--- PASS: %s (0.00s)", name)
	}
	if !ran {
		fmt.Println("testing: warning: no tests to run")
	}
	if main == "finds-race" {
		f.code, f.verdict = 1, "FAIL"
	}
	f.says("%s", f.verdict)
	fmt.Println("after the tests")
	if f.after >= 0 {
		return f.after
	}
	return f.code
}

// fakeBinary is a running test binary.
type fakeBinary struct {
	args     []string
	only     string   // the test that TestMain runs, empty for those of args
	after    int      // the exit code regardless of the tests, unless it is negative
	silent   bool     // what comes after all tests is not printed
	parallel []string // tests that wait for the others
	code     int
	verdict  string
}

func (f *fakeBinary) says(format string, a ...any) {
	if text := fmt.Sprintf(format, a...); !f.silent || strings.Contains(text, " Test") {
		fmt.Println("\x16" + text)
	}
}

// flag returns the value of a flag of package testing.
func (f *fakeBinary) flag(name string) (string, bool) {
	for _, arg := range f.args {
		if value, ok := strings.CutPrefix(arg, "-test."+name+"="); ok {
			return value, true
		}
	}
	return "", false
}

// main does what TestMain does before m.Run.
func (f *fakeBinary) main(how string) (code int, ends bool) {
	switch how, with, _ := strings.Cut(how, " "); how {
	case "exits3":
		return 3, true
	case "second-exits3": // a process that does not run TestA
		if run, ok := f.flag("run"); ok && !regexp.MustCompile(run).MatchString("TestA") {
			return 3, true
		}
	case "fails-after":
		f.after, _ = strconv.Atoi(with)
	case "runs-nothing":
		return 0, true
	case "empty": // like testing.RunTests, without a verdict
		fmt.Println("testing: warning: no tests to run")
		return 0, true
	case "only":
		f.only, f.args = with, nil
	case "deaf":
		f.args = nil
	}
	return 0, false
}

// selects reports whether a test must run.
func (f *fakeBinary) selects(name string) bool {
	run, isRun := f.flag("run")
	skip, isSkip := f.flag("skip")
	run, _, _ = strings.Cut(run, "/")
	if strings.Contains(skip, "/") {
		isSkip = false
	}
	switch {
	case f.only != "" && name != f.only, isRun && !regexp.MustCompile(run).MatchString(name), isSkip && regexp.MustCompile(skip).MatchString(name):
		return false
	}
	return true
}

// test runs a test that has started.
func (f *fakeBinary) test(name, how string) (code int, ends bool) {
	how, subtests, _ := strings.Cut(how, "=")
	switch how {
	case "subtests":
		return f.subtests(name, strings.Split(subtests, ","))
	case "pass":
		fmt.Println("text of " + name)
		f.says("--- PASS: %s (0.00s)", name)
	case "skip":
		f.says("--- SKIP: %s (0.00s)", name)
	case "fail":
		f.says("--- FAIL: %s (0.00s)", name)
		if f.code, f.verdict = 1, "FAIL"; slices.Contains(f.args, "-test.failfast=true") {
			f.says("FAIL")
			return 1, true
		}
	case "silent": // sets os.Stdout
		f.silent = true
		f.says("--- PASS: %s (0.00s)", name)
	case "parallel":
		f.says("=== PAUSE %s", name)
		f.parallel = append(f.parallel, name)
	case "starts", "startsfails", "startspanics": // a process that runs TestA as well
		f.says("=== RUN   TestA")
		switch how {
		case "starts":
			f.says("--- PASS: TestA (0.00s)\n\x16PASS\n\x16--- PASS: %s (0.00s)", name)
		case "startsfails":
			f.says("--- FAIL: TestA (0.00s)\n\x16FAIL\n\x16--- PASS: %s (0.00s)", name)
		default:
			f.says("--- PASS: TestA (0.00s)\n\x16PASS")
			return 3, true
		}
	case "leaves": // the same with exit code 0, without package os
		f.says("--- PASS: %s (0.00s)", name)
		return 0, true
	case "dies": // after its end, as if by a goroutine that it left behind
		f.says("--- PASS: %s (0.00s)", name)
		return 2, true
	case "panics":
		fmt.Println("panic: boom")
		return 2, true
	case "exits0":
		return 0, true
	case "hangs":
		f.says("=== RUN   %s/sub", name)
		time.Sleep(time.Hour) // it is killed
	}
	return 0, false
}

// subtests runs those subtests of a test that are selected. Of their names, "a!" is a subtest a that
// fails, "a*" one that panics, "a<b" one that exists only if b has run, "a@" one with another name
// in each process, and "!" a failure of the test itself.
func (f *fakeBinary) subtests(test string, names []string) (code int, ends bool) {
	run, _ := f.flag("run")
	skip, _ := f.flag("skip")
	_, run, _ = strings.Cut(run, "/")
	_, skip, isSkip := strings.Cut(skip, "/")
	fmt.Println("setup of " + test)
	has := map[string]bool{}
	verdict := "PASS"
	for _, name := range names {
		name, needs, _ := strings.Cut(name, "<")
		subtest := strings.TrimRight(name, "!*@")
		if strings.HasSuffix(name, "@") {
			subtest += strconv.Itoa(os.Getpid())
		}
		switch full := test + "/" + subtest; {
		case name == "!":
			fmt.Println("no")
			f.says("--- FAIL: %s (0.00s)", test)
			f.code, f.verdict = 1, "FAIL"
			return 0, false
		case needs != "" && !has[needs], !regexp.MustCompile(run).MatchString(subtest), isSkip && regexp.MustCompile(skip).MatchString(subtest):
		case strings.HasSuffix(name, "*"):
			logFake(full)
			f.says("=== RUN   %s", full)
			f.says("--- FAIL: %s (0.00s)\n\x16--- FAIL: %s (0.00s)\npanic: boom", full, test)
			return 2, true
		default:
			has[subtest] = true
			logFake(full)
			f.says("=== RUN   %s", full)
			how := "PASS"
			if strings.HasSuffix(name, "!") {
				how, verdict = "FAIL", "FAIL"
			}
			fmt.Println("text of " + full)
			f.says("--- %s: %s (1.00s)", how, full)
		}
	}
	f.says("=== NAME  %s", test)
	fmt.Println("teardown of " + test)
	f.says("--- %s: %s (2.00s)", verdict, test)
	if verdict == "FAIL" {
		f.code, f.verdict = 1, "FAIL"
	}
	return 0, false
}

// logFake records that a test has really run.
func logFake(name string) {
	if file := os.Getenv(fakeLog); file != "" {
		log, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err == nil {
			_, err = fmt.Fprintln(log, name) // one write, so that other processes cannot interrupt it
		}
		if err = errors.Join(err, log.Close()); err != nil {
			panic(err)
		}
	}
}
