package fail

import (
	"fmt"
	"os"
	"testing"
)

func TestGood(t *testing.T) {}

func TestError(t *testing.T) {
	t.Error("first")
	t.Errorf("second\nwith a second line\n\n\tand an indented one")
}

func TestFatal(t *testing.T) {
	fmt.Println("printed before it failed")
	fmt.Fprintln(os.Stderr, "printed to standard error")
	t.Fatal("that was it")
}

func TestSilent(t *testing.T) { t.Fail() }

func TestAfter(t *testing.T) {}
