package cart

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

func TestTotal(t *testing.T) {
	for _, c := range []struct {
		name   string
		prices []int
		want   int
	}{{"none", nil, 0}, {"one", []int{3}, 3}, {"many", []int{50, 60, 70}, 180}, {strings.Repeat("a long name, ", 30), nil, 0}} {
		t.Run(c.name, func(t *testing.T) {
			time.Sleep(30 * time.Millisecond)
			if got := Total(c.prices...); got != c.want {
				t.Errorf("Total(%v) = %d, want %d", c.prices, got, c.want)
			}
		})
	}
}

func TestReceipt(t *testing.T) {
	t.Parallel()
	time.Sleep(250 * time.Millisecond)
	t.Errorf("receipt mismatch (-want +got):\n  strings.Join({\n- \t\"3 apples\",\n+ \t\"3 pears\",\n  \t\"total 180\",\n  }, \"\\n\")")
}

func TestColors(t *testing.T) {
	t.Parallel()
	time.Sleep(120 * time.Millisecond)
	fmt.Println("\x1b[31mred\x1b[0m \x1b[1;32mbold green\x1b[0m \x1b[38;5;208morange\x1b[0m \x1b[44mon blue\x1b[0m")
	t.Error("the \x1b[33mcolors\x1b[0m are shown")
}

func TestSkipped(t *testing.T) { t.Skip("needs a database: set DATABASE_URL") }

func TestFlaky(t *testing.T) {
	file := os.Getenv("STATE") + "/flaky"
	if _, err := os.Stat(file); err != nil {
		os.WriteFile(file, nil, 0o600)
		t.Error("connection refused: the first time")
	}
}
