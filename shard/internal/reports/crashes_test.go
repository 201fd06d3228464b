package reports

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// eventsOf returns a stream for a package p, made from lines such as "run TestA", "fail
// TestA" and "TestA: its output". Output lines that start with a tab belong to the previous
// test.
func eventsOf(lines string) string {
	var stream strings.Builder
	test := ""
	for line := range strings.SplitSeq(strings.Trim(lines, "\n"), "\n") {
		event := map[string]any{"Package": "example.com/p"}
		name, text, printed := strings.Cut(line, ": ")
		action, of, _ := strings.Cut(line, " ")
		switch {
		case strings.HasPrefix(line, "\t"):
			event["Action"], event["Test"], event["Output"] = "output", test, line[1:]+"\n"
		case printed:
			test = name
			event["Action"], event["Test"], event["Output"] = "output", name, text+"\n"
		default:
			event["Action"], event["Test"], event["Elapsed"] = action, of, 0.1
		}
		text2, _ := json.Marshal(event) // cannot fail
		fmt.Fprintf(&stream, "%s\n", text2)
	}
	return stream.String() + `{"Action":"fail","Package":"example.com/p"}` + "\n"
}

// TestCrashes: each panic and each timeout is shown for one test, and the tests that it
// ended are not annotated.
func TestCrashes(t *testing.T) {
	const (
		inSub = "panic: boom [recovered, repanicked]\n\t\n\tgoroutine 9 [running]:\n\ttesting.tRunner.func1()\n\t\t/go/testing.go:1\n\texample.com/p.TestA.func2(0x1)\n\t\t/p/a_test.go:9\n\ttesting.tRunner(0x1, 0x2)"
		timed = "panic: test timed out after 1s\n\t\trunning tests:\n\t\t\tTestA (1s)\n\t\t\tTestB (1s)\n\t"
	)
	own := strings.Replace(inSub, "TestA.func2(", "TestA(", 1)
	for name, test := range map[string]struct{ stream, annotated, listed string }{
		"a subtest": {"run TestA\nrun TestA/x\nfail TestA/x\nTestA: " + inSub + "\nfail TestA",
			"panic in p.TestA/x", "TestA/x"},
		"one that logged": {"run TestA\nrun TestA/x\nTestA/x:     a_test.go:3: said\nfail TestA/x\nTestA: " + inSub + "\nfail TestA",
			"panic in p.TestA/x", "TestA/x"},
		"a deep one": {"run TestA\nrun TestA/x\nrun TestA/x/y\nfail TestA/x/y\nfail TestA/x\nTestA: " + inSub + "\nfail TestA",
			"panic in p.TestA/x/y", "TestA/x/y"},
		"the last of several": {"run TestA\nrun TestA/x\nfail TestA/x\nrun TestA/y\nfail TestA/y\nTestA: " + inSub + "\nfail TestA",
			"FAIL p.TestA/x, panic in p.TestA/y", "TestA/x, TestA/y"},
		"the top-level test itself": {"run TestA\nrun TestA/x\nfail TestA/x\nTestA: " + own + "\nfail TestA",
			"FAIL p.TestA/x, panic in p.TestA", "TestA/x, TestA"},
		"parallel ones, of which one is silent": {"run TestA\nrun TestA/x\nTestA/x: === PAUSE TestA/x\nTestA/x: === CONT  TestA/x\nrun TestA/y\nTestA/y: === PAUSE TestA/y\n" +
			"TestA/y: === CONT  TestA/y\nTestA/y:     a_test.go:3: said\nfail TestA/x\nfail TestA/y\nTestA: " + inSub + "\nfail TestA",
			"panic in p.TestA/x, FAIL p.TestA/y", "TestA/x, TestA/y"},
		"parallel ones that are both silent": {"run TestA\nrun TestA/x\nTestA/x: === PAUSE TestA/x\nTestA/x: === CONT  TestA/x\nrun TestA/y\nfail TestA/x\nfail TestA/y\nTestA: " + inSub + "\nfail TestA",
			"panic in p.TestA", "TestA/x, TestA/y, TestA"},
		"parallel ones that both logged": {"run TestA\nrun TestA/x\nTestA/x: === PAUSE TestA/x\nTestA/x:     a_test.go:3: said\nrun TestA/y\nTestA/y:     a_test.go:4: said\nfail TestA/x\nfail TestA/y\nTestA: " + inSub + "\nfail TestA",
			"FAIL p.TestA/x, FAIL p.TestA/y, panic in p.TestA", "TestA/x, TestA/y, TestA"},
		"a parent in a group that is parallel": {"run TestA\nrun TestA/g\nTestA/g: === PAUSE TestA/g\nTestA/g: === CONT  TestA/g\nrun TestA/g/x\nrun TestA/y\nfail TestA/g/x\nfail TestA/y\nfail TestA/g\nTestA: " + inSub + "\nfail TestA",
			"panic in p.TestA", "TestA/g/x, TestA/y, TestA"},
		"an earlier run of the same test": {"run TestA\nrun TestA/x\nfail TestA/x\nfail TestA\nrun TestA\nrun TestA/y\nfail TestA/y\nTestA: " + inSub + "\nfail TestA",
			"FAIL p.TestA/x, panic in p.TestA/y", "TestA/x, TestA/y"},
		"a parallel one in an earlier run": {"run TestA\nrun TestA/x\nTestA/x: === PAUSE TestA/x\nTestA/x: === CONT  TestA/x\nfail TestA/x\nfail TestA\nrun TestA\nrun TestA/y\nfail TestA/y\nTestA: " + inSub + "\nfail TestA",
			"FAIL p.TestA/x, panic in p.TestA/y", "TestA/x, TestA/y"},
		"a sibling that it ended": {"run TestA\nrun TestA/x\nTestA/x: === PAUSE TestA/x\nTestA/x: === CONT  TestA/x\nrun TestA/y\nfail TestA/y\nTestA: " + inSub + "\nfail TestA",
			"panic in p.TestA/y", "TestA/y, TestA/x"},
		"what it ended": {"run TestA\nrun TestA/x\nrun TestB\nrun TestC\nfail TestA/x\nTestA: " + inSub + "\nfail TestA\nTestB:     gotestshard: ended by the panic in TestA\nfail TestB\nfail TestC",
			"panic in p.TestA/x, FAIL p.TestC", "TestA/x, TestB, TestC"},
		"what it ended has no end": {"run TestA\nrun TestA/x\nrun TestB\nfail TestA/x\nTestA: " + inSub + "\nfail TestA",
			"panic in p.TestA/x", "TestA/x, TestB"},
		"a note without a panic": {"run TestB\nTestB:     gotestshard: ended by the panic in TestA\nfail TestB",
			"FAIL p.TestB", "TestB"},
		"in a goroutine of a subtest": {"run TestA\nrun TestA/x\nTestA/x: panic: boom\n\t\n\tgoroutine 9 [running]:\n\texample.com/p.TestA.func1.1()",
			"panic in p.TestA/x", "TestA/x"},
		// Workers write this line in two events, so that testjson does not recognize the timeout.
		"a timeout": {"run TestA\nrun TestB\nrun TestB/x\nrun TestC\nrun TestD\nTestD: === PAUSE TestD\nTestB/x: " + timed + "\nfail TestB/x\nfail TestB\nfail TestA\nfail TestC\nfail TestD",
			"timeout in p.TestB/x, FAIL p.TestC", "TestB/x, TestA, TestC, TestD"},
		"a timeout as the go command reports it": {"run TestA\nrun TestB\nrun TestB/x\nrun TestC\nfail TestC\nTestB/x: " + timed,
			"FAIL p.TestC, timeout in p.TestA", "TestC, TestA, TestB/x"},
	} {
		t.Run(name, func(t *testing.T) {
			stream := eventsOf(test.stream)
			if name == "a timeout" {
				stream = strings.Replace(stream, `"Output":"panic: test timed`, `"Output":"panic: test"`+`,"Package":"example.com/p","Test":"TestB/x"}`+"\n"+
					`{"Action":"output","Output":" timed`, 1)
			}
			h := noting(t, option.Options{Reports: option.Reports{HTML: "x"}}, io.Discard)
			exec, err := h.Scan(testjson.ScanConfig{Stdout: strings.NewReader(stream)})
			if err != nil {
				t.Fatal(err)
			}
			var annotated, listed []string
			panics := 0
			for _, f := range newAnnotator(option.Options{}, h.CI.Outputs, exec, nil).failures() {
				listed = append(listed, f.Test.Name())
				if f.annotated {
					annotated = append(annotated, strings.Replace(f.annotation.Title, "example.com/", "", 1))
				}
				panics += strings.Count(f.output, "panic: ")
			}
			if got := strings.Join(annotated, ", "); got != test.annotated {
				t.Errorf("annotated %s, want %s", got, test.annotated)
			}
			if got := strings.Join(listed, ", "); got != test.listed {
				t.Errorf("listed %s, want %s", got, test.listed)
			}
			if want := strings.Count(test.stream, ": panic: "); panics != want {
				t.Errorf("the panic is shown %d times, want %d", panics, want)
			}
		})
	}
}

// A timeout in a rerun is shown alone, without those of the attempts before it.
func TestLastTimeout(t *testing.T) {
	tc := testjson.TestCase{Package: "example.com/p", Test: "TestA"}
	const end = "FAIL\texample.com/p\t1.0s\n"
	for output, want := range map[string]string{
		"":                                       "",
		"panic: test timed out after 1s\n" + end: "panic: test timed out after 1s\n",
		"FAIL\n" + end + "panic: 1\n" + end + "=== RUN   TestA\npanic: 2\nFAIL\tother\n" + end: "panic: 2\nFAIL\tother\n",
		end + "panic: 2\n": "panic: 2\n",
	} {
		if got := lastTimeout(output, tc); got != want {
			t.Errorf("of %q: got %q, want %q", output, got, want)
		}
	}
}
