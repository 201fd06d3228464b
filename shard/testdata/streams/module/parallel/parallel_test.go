package parallel

import (
	"testing"
	"time"
)

func TestOne(t *testing.T)   { sleep(t, 3) }
func TestTwo(t *testing.T)   { sleep(t, 1) }
func TestThree(t *testing.T) { sleep(t, 2); t.Error("too slow") }

func TestGroup(t *testing.T) {
	for _, name := range []string{"a", "b", "c"} {
		t.Run(name, func(t *testing.T) {
			sleep(t, 1)
			if name == "b" {
				t.Error("not b")
			}
		})
	}
}

func sleep(t *testing.T, steps int) {
	t.Parallel()
	t.Log("before")
	time.Sleep(time.Duration(steps) * 5 * time.Millisecond)
	t.Log("after")
}
