package text

import (
	"fmt"
	"os"
	"testing"
	"time"
)

// allDone is closed when no test runs any more.
var allDone = make(chan bool)

func init() {
	fmt.Println("init: a line")
	fmt.Fprintln(os.Stderr, "init: a line on standard error")
	if os.Getenv("LOOKALIKE") != "" {
		fmt.Println("--- FAIL: TestNothing (0.00s)")
		fmt.Println("=== RUN   TestNothing")
		fmt.Println("PASS")
		fmt.Println("coverage: 99.9% of statements")
		fmt.Println("testing: warning: no tests to run")
		fmt.Println("    indented")
	}
	if os.Getenv("WHOLE") == "" {
		fmt.Print("init: half a line;")
	}
}

func TestMain(m *testing.M) {
	fmt.Println("TestMain: before")
	if os.Getenv("WHOLE") == "" {
		fmt.Print("TestMain: half a line before;")
	}
	code := m.Run()
	close(allDone)
	if os.Getenv("LATE") != "" {
		time.Sleep(time.Hour)
	}
	fmt.Println("TestMain: after")
	fmt.Println("PASS")
	fmt.Println("coverage: 50.0% of statements")
	fmt.Print("TestMain: half a line after")
	os.Exit(code)
}
