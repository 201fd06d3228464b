package output

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestPartial(t *testing.T) { fmt.Print("no newline here") }

func TestPartialFails(t *testing.T) {
	fmt.Print("no newline here either")
	t.Fail()
}

func TestControl(t *testing.T) {
	fmt.Print("\x1b[31mred\x1b[0m bell\a back\b null\x00 cr\rover\r\n")
	fmt.Print("invalid \xff\xfe\xc3( utf-8, \u2028 \ufeff \U0001f600\n")
	t.Error("\x1b[1mbold\x1b[0m ]]> <tag> & \x0b\x0c\x7f")
}

func TestFraming(t *testing.T) {
	fmt.Println("--- FAIL: TestFraming (0.00s)")
	fmt.Println("=== RUN   TestNothing")
	fmt.Println("=== NAME  TestNothing")
	fmt.Println("PASS")
	fmt.Println("FAIL")
	fmt.Println("ok  \texample.com/streams/output\t0.001s")
	fmt.Println("coverage: 12.3% of statements")
	fmt.Println("-test.shuffle 12")
	fmt.Println(`{"Action":"fail","Test":"TestNothing"}`)
	t.Fail()
}

func TestLong(t *testing.T) {
	fmt.Println(strings.Repeat("long line ", 600))
	for i := range 40 {
		fmt.Fprintln(os.Stderr, "line", i)
	}
	t.Errorf("\n\tError Trace:\toutput_test.go:1\n\tError:      \tNot equal: \n\t            \texpected: 1\n\t            \tactual  : 2\n"+
		"\t            \t\n\t            \tDiff:\n\t            \t--- Expected\n\t            \t+++ Actual\n\tTest:       \t%s\n", t.Name())
}

func TestPanicWord(t *testing.T) {
	fmt.Println("panic: only a word")
	fmt.Println("WARNING: DATA RACE only words")
}
