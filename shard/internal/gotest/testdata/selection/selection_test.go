// Package selection has tests whose names -run and -skip patterns can distinguish.
package selection

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestMain runs the tests once as always or, with SELECTION_SERVE, once for each line of the
// standard input: quoted arguments with a zero byte in front of each. It answers with a zero byte and
// the exit code. This saves the start of a process for each run.
func TestMain(m *testing.M) {
	if os.Getenv("SELECTION_SERVE") == "" {
		os.Exit(m.Run())
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		args, err := strconv.Unquote(lines.Text())
		if err != nil {
			panic(err)
		}
		flag.Visit(func(f *flag.Flag) {
			if err := f.Value.Set(f.DefValue); err != nil {
				panic(err)
			}
		})
		if err := flag.CommandLine.Parse(strings.Split(args, "\x00")[1:]); err != nil {
			panic(err)
		}
		fmt.Printf("\n\x00%d\n", m.Run())
	}
}

func subtests(t *testing.T, names ...string) {
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			for _, inner := range []string{"x", "y", "x"} {
				t.Run(inner, func(*testing.T) {})
			}
		})
	}
}

func TestA(t *testing.T)    { subtests(t, "a", "b", "with space", "a/b", "a", "", "[") }
func TestAB(t *testing.T)   { subtests(t, "a", "c") }
func TestB(t *testing.T)    { subtests(t, "b", "TestA", "é", "\u200b") }
func TestB1(*testing.T)     {}
func TestC(*testing.T)      {}
func TestÉ(t *testing.T)    { subtests(t, "a") }
func Test(t *testing.T)     { subtests(t, "x") }
func Test_sub(t *testing.T) { subtests(t, "b") }

func FuzzA(f *testing.F) {
	f.Add(1)
	f.Add(2)
	f.Fuzz(func(*testing.T, int) {})
}

func FuzzB(f *testing.F) { f.Fuzz(func(*testing.T, int) {}) }

func Example_a() {
	fmt.Println("a")
	// Output: a
}

func Example_b() {
	// Output:
}
