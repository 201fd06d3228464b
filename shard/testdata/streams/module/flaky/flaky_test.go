package flaky

import (
	"fmt"
	"os"
	"testing"
)

// once fails the first so many times, which a file in $STATE counts.
func once(t *testing.T, name string, times int) {
	file := os.Getenv("STATE") + "/" + name
	seen, _ := os.ReadFile(file)
	if err := os.WriteFile(file, append(seen, '.'), 0o600); err != nil {
		t.Fatal(err)
	}
	fmt.Println(name, "run", len(seen))
	if len(seen) < times {
		t.Errorf("%s failed", name)
	}
}

func TestOnce(t *testing.T)   { once(t, "once", 1) }
func TestTwice(t *testing.T)  { once(t, "twice", 2) }
func TestStable(t *testing.T) {}

func TestSubs(t *testing.T) {
	t.Run("stable", func(t *testing.T) {})
	t.Run("one time", func(t *testing.T) { once(t, "sub", 1) })
}
