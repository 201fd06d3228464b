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

// The test binaries that are split here are this program again, which then does
// what fakeTests and fakeMain say.
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
	mute := false // what comes after all tests is not printed
	says := func(format string, a ...any) {
		if text := fmt.Sprintf(format, a...); !mute || strings.Contains(text, " Test") {
			fmt.Println("\x16" + text)
		}
	}
	flag := func(name string) (string, bool) {
		for _, arg := range args {
			if value, ok := strings.CutPrefix(arg, "-test."+name+"="); ok {
				return value, true
			}
		}
		return "", false
	}
	fmt.Println("before the tests\nof process", os.Getpid()) // which no two say: it would be noted
	var only string
	after := -1 // the exit code, whatever the tests came to
	switch how, with, _ := strings.Cut(main, " "); how {
	case "exits3":
		return 3
	case "second-exits3": // a process that does not run TestA
		if run, ok := flag("run"); ok && !regexp.MustCompile(run).MatchString("TestA") {
			return 3
		}
	case "fails-after":
		after, _ = strconv.Atoi(with)
	case "content":
		return 0
	case "empty": // testing.RunTests says so, and has no verdict
		fmt.Println("testing: warning: no tests to run")
		return 0
	case "only":
		only, args = with, nil
	case "deaf":
		args = nil
	}
	code, verdict := 0, "PASS"
	var parallel []string
	ran := false
	for _, test := range strings.Fields(tests) {
		name, how, _ := strings.Cut(test, ":")
		run, isRun := flag("run")
		skip, isSkip := flag("skip")
		switch {
		case only != "" && name != only, isRun && !regexp.MustCompile(run).MatchString(name), isSkip && regexp.MustCompile(skip).MatchString(name):
			continue
		}
		ran = true
		logFake(name)
		says("=== RUN   %s", name)
		switch how {
		case "pass":
			fmt.Println("text of " + name)
			says("--- PASS: %s (0.00s)", name)
		case "skip":
			says("--- SKIP: %s (0.00s)", name)
		case "fail":
			says("--- FAIL: %s (0.00s)", name)
			if code, verdict = 1, "FAIL"; slices.Contains(args, "-test.failfast=true") {
				says("FAIL")
				return 1
			}
		case "mute": // sets os.Stdout
			mute = true
			says("--- PASS: %s (0.00s)", name)
		case "parallel":
			says("=== PAUSE %s", name)
			parallel = append(parallel, name)
		case "starts", "startsfails", "startspanics": // a process that runs TestA as well
			says("=== RUN   TestA")
			switch how {
			case "starts":
				says("--- PASS: TestA (0.00s)\n\x16PASS\n\x16--- PASS: %s (0.00s)", name)
			case "startsfails":
				says("--- FAIL: TestA (0.00s)\n\x16FAIL\n\x16--- PASS: %s (0.00s)", name)
			default:
				says("--- PASS: TestA (0.00s)\n\x16PASS")
				return 3
			}
		case "leaves": // the same with the code of success, past package os
			says("--- PASS: %s (0.00s)", name)
			return 0
		case "dies": // when it has ended, as by a goroutine that it left behind
			says("--- PASS: %s (0.00s)", name)
			return 2
		case "panics":
			fmt.Println("panic: boom")
			return 2
		case "exits0":
			return 0
		case "hangs":
			says("=== RUN   %s/sub", name)
			time.Sleep(time.Hour) // it is killed
		}
	}
	for _, name := range parallel {
		says("=== CONT  %s", name)
		says("--- PASS: %s (0.00s)", name)
	}
	if !ran {
		fmt.Println("testing: warning: no tests to run")
	}
	if main == "finds-race" {
		code, verdict = 1, "FAIL"
	}
	says("%s", verdict)
	fmt.Println("after the tests")
	if after >= 0 {
		return after
	}
	return code
}

// logFake notes that a test has really run.
func logFake(name string) {
	if file := os.Getenv(fakeLog); file != "" {
		log, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err == nil {
			_, err = fmt.Fprintln(log, name) // one write, which others cannot tear
		}
		if err = errors.Join(err, log.Close()); err != nil {
			panic(err)
		}
	}
}
