// Package selection has tests whose names -run and -skip patterns can distinguish.
package selection

import (
	"fmt"
	"testing"
)

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
