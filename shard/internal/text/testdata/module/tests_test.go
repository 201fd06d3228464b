package text

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// Serial

func TestSerialLog(t *testing.T)  { t.Log("one"); t.Log("two\nlines"); Covered(true) }
func TestSerialFail(t *testing.T) { fmt.Println("printed"); t.Error("failed") }
func TestSerialSkip(t *testing.T) { t.Skip("not today") }
func TestSerialSub(t *testing.T) {
	fmt.Println("before")
	t.Run("a", func(t *testing.T) {
		t.Log("in a")
		t.Run("deep/er", func(t *testing.T) { fmt.Println("in deep/er"); t.Log("logged") })
		fmt.Println("still in a")
	})
	t.Run("a", func(t *testing.T) { t.Error("a again") })
	fmt.Println("after")
	t.Log("logged after")
}
func TestSerialCleanup(t *testing.T) {
	t.Cleanup(func() { fmt.Println("cleaned up") })
	_, _ = t.Output().Write([]byte("output without a newline"))
}

// Parallel

func parallel(t *testing.T) {
	fmt.Println("before Parallel", t.Name())
	t.Parallel()
	for i := range 20 {
		t.Log(t.Name(), i)
		fmt.Println("printed while parallel", i)
		if i%5 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
}
func TestParallelOne(t *testing.T)   { parallel(t) }
func TestParallelTwo(t *testing.T)   { parallel(t); t.Error("failed") }
func TestParallelThree(t *testing.T) { parallel(t); t.Skip("after all") }
func TestParallelSub(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"x", "y", "z"} {
		t.Run(name, func(t *testing.T) {
			parallel(t)
			t.Run("inner", parallel)
			t.Run("serial", func(t *testing.T) { t.Log("serial in parallel") })
		})
	}
	t.Log("waits for its subtests")
}

// Half lines

func TestHalfEnd(t *testing.T)  { fmt.Print("no newline before the end") }
func TestHalfLog(t *testing.T)  { fmt.Print("half "); t.Log("logged"); fmt.Print("and half") }
func TestHalfFail(t *testing.T) { fmt.Print("half "); t.Error("failed") }
func TestHalfSub(t *testing.T) {
	fmt.Print("half ")
	t.Run("sub", TestHalfEnd)
	fmt.Print("half again")
}
func TestHalfSteps(t *testing.T) {
	for i := range 10 {
		fmt.Print(i, " ")
		time.Sleep(time.Millisecond)
	}
	fmt.Println("done")
}
func TestHalfBenchmark(t *testing.T) { fmt.Print("BenchmarkX   \t12 ns") }

// Attributes, artifacts

func TestAttr(t *testing.T) {
	t.Attr("key", "value with  spaces")
	fmt.Print("half ")
	t.Attr("empty", "")
	t.Run("sub", func(t *testing.T) { t.Attr("key", "(1.00s)"); t.Log(strings.HasSuffix(t.ArtifactDir(), "x")) })
}

// Examples and fuzz tests

func ExampleCovered() {
	fmt.Fprintln(os.Stderr, "example: on standard error")
	fmt.Println(Covered(true))
	// Output: covered
}

func ExampleCovered_wrong() {
	fmt.Print(Covered(false))
	// Output: covered
}

func FuzzSeeds(f *testing.F) {
	f.Add("one")
	f.Add("two")
	f.Fuzz(func(t *testing.T, s string) {
		fmt.Println("seed", s)
		if s == "two" {
			t.Error("not two")
		}
	})
}

// Output from elsewhere

func TestElseGoroutine(t *testing.T) {
	done := make(chan bool)
	go func() {
		for i := range 30 {
			fmt.Println("goroutine", i)
			time.Sleep(100 * time.Microsecond)
		}
		close(done)
	}()
	t.Run("while it prints", func(t *testing.T) { t.Log("logged"); time.Sleep(time.Millisecond) })
	t.Run("too", func(t *testing.T) { t.Log("logged") })
	<-done
}
func TestElseLate(t *testing.T) {
	t.Run("sub", func(t *testing.T) {
		parent := t
		t.Run("ended", func(t *testing.T) { t.Cleanup(func() { parent.Log("to the parent") }) })
	})
	println("by the runtime")
}

// Long and strange lines

func TestLongLine(t *testing.T) { fmt.Println(strings.Repeat("日本語 и é, ", 300)) }
func TestLongHalf(t *testing.T) { fmt.Print(strings.Repeat("日本語 и é, ", 300)) }
func TestLongest(t *testing.T) {
	fmt.Println(strings.Repeat("long é ", 10000))
	t.Log(strings.Repeat("ö", 35000))
}
func TestLongParts(t *testing.T) {
	for range 30 {
		fmt.Print(strings.Repeat("é", 200))
	}
	t.Error("in the middle of a line")
	for range 50 {
		fmt.Print(strings.Repeat("€", 100))
	}
}
func TestLongBuffer(t *testing.T) { fmt.Print(strings.Repeat("x", 4095)) }
func TestLongName(t *testing.T) {
	t.Run(strings.Repeat("n", 3900), func(t *testing.T) { t.Log("logged") })
}

func TestStrangeFraming(t *testing.T) {
	fmt.Print("PASS\nFAIL\n--- FAIL: TestStrangeFraming (0.00s)\n    --- PASS: TestStrangeFraming/no (0.00s)\n" +
		"=== RUN   TestNothing\n=== NAME  TestNothing\n=== PAUSE TestNothing\ncoverage: 99.9% of statements\n" +
		"-test.shuffle 1\ntesting: warning: no tests to run\nok  \texample.com/text\t0.1s\nFAIL\texample.com/text\n" +
		"?   \texample.com/text\t[no test files]\ncoverage: [no statements]\n")
	t.Run("sub", func(t *testing.T) { t.Log("=== RUN   TestNothing") })
}
func TestStrangeCRLF(t *testing.T) { fmt.Print("one\r\ntwo\r\n\r\n\rthree\r"); t.Log("a\r\nb\r\n") }
func TestStrangeBinary(t *testing.T) {
	for i := range 256 {
		if i != 0x16 { // that is a framing line, with an unsplit package too
			_, _ = os.Stdout.Write([]byte{byte(i), 0xe2, 0x82, byte(i)})
		}
	}
	fmt.Print("\n\xff\xfe\n\x00\n\n\n")
}

// Crashes. Each is the only test of its process, or one of a few.

func TestCrashPanic(t *testing.T) {
	t.Log("before")
	t.Run("sub", func(t *testing.T) { fmt.Print("half "); panic("oh") })
}
func TestCrashPaused(t *testing.T) { t.Parallel() }
func TestCrashPausedSub(t *testing.T) {
	t.Run("sub", func(t *testing.T) { t.Parallel() })
	t.Parallel()
}
func TestCrashPausedAfter(t *testing.T) { t.Run("sub", func(t *testing.T) {}); t.Parallel() }
func TestCrashSerial(t *testing.T)      { fmt.Println("crashes"); panic("while others are paused") }

func TestCrashTogetherOne(t *testing.T) {
	t.Parallel()
	time.Sleep(50 * time.Millisecond)
	panic("while others run")
}
func TestCrashTogetherTwo(t *testing.T) {
	t.Parallel()
	t.Run("sub", func(t *testing.T) { time.Sleep(time.Hour) })
}

func TestCrashExit(t *testing.T) {
	t.Run("sub", func(t *testing.T) { fmt.Print("half a line and out"); os.Exit(3) })
}
func TestCrashExitZero(t *testing.T) { os.Exit(0) }
func TestCrashKill(t *testing.T) {
	fmt.Print("half a line and killed")
	p, _ := os.FindProcess(os.Getpid())
	_ = p.Kill()
	time.Sleep(time.Hour)
}
func TestCrashTimeout(t *testing.T) { fmt.Println("waits"); time.Sleep(time.Hour) }
func TestCrashLate(t *testing.T) {
	go func() {
		<-allDone
		t.Log("too late")
	}()
}
