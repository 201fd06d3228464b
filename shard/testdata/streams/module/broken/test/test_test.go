package test

import "testing"

func TestBroken(t *testing.T) {
	var n int = "a"
	undefined()
}
