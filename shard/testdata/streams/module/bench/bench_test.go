package bench

import (
	"fmt"
	"testing"
)

func TestGood(t *testing.T) {}

func BenchmarkQuick(b *testing.B) {
	for b.Loop() {
	}
}

func BenchmarkSub(b *testing.B) {
	b.Run("log", func(b *testing.B) { b.Log("in a benchmark") })
	b.Run("fail", func(b *testing.B) { b.Error("it failed") })
	b.Run("skip", func(b *testing.B) { b.Skip("not now") })
}

func Example() {
	fmt.Println("good")
	// Output: good
}
