package timeout

import (
	"fmt"
	"testing"
	"time"
)

func TestBefore(t *testing.T) {}

func TestSleeps(t *testing.T) {
	fmt.Println("good night")
	t.Run("deep", func(t *testing.T) { time.Sleep(time.Minute) })
}

func TestNeverRuns(t *testing.T) {}
