package store

import (
	"fmt"
	"testing"
	"time"
)

func TestMany(t *testing.T) {
	for i := range 40 {
		t.Run(fmt.Sprint("case ", i), func(t *testing.T) { time.Sleep(time.Duration(i%5) * time.Millisecond) })
	}
}
func TestA(t *testing.T) { t.Parallel(); time.Sleep(300 * time.Millisecond) }
func TestB(t *testing.T) { t.Parallel(); time.Sleep(500 * time.Millisecond) }
func TestC(t *testing.T) { time.Sleep(200 * time.Millisecond) }
func TestD(t *testing.T) { time.Sleep(100 * time.Millisecond) }
