package exits

import (
	"fmt"
	"os"
	"testing"
)

func TestBefore(t *testing.T) {}

func TestExits(t *testing.T) {
	fmt.Println("log.Fatal would say this")
	os.Exit(1)
}

func TestNeverRuns(t *testing.T) {}
