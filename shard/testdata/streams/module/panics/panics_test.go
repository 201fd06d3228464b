package panics

import "testing"

func TestBefore(t *testing.T) {}

func TestPanics(t *testing.T) {
	t.Log("just before")
	var m map[string]int
	m["a"] = 1
}

func TestNeverRuns(t *testing.T) {}
