package pass

import (
	"fmt"
	"testing"
)

func TestDouble(t *testing.T) {
	if Double(2) != 4 {
		t.Error("wrong")
	}
}

func TestLogs(t *testing.T) {
	t.Log("a log that nobody needs")
	fmt.Println("and a print")
}
