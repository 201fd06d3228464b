package spool

import (
	"runtime"
	"strings"
	"testing"
)

// A Mapped returns what it stores, also after it was closed, and uses a free block again.
func TestMapped(t *testing.T) {
	if !canMap {
		t.Skip("not on " + runtime.GOOS)
	}
	var m Mapped
	var texts []string
	for i := range blocksPerWindow + 2 {
		text := strings.Repeat(string(rune('a'+i%26)), BlockSize-i)
		stored, block, ok := m.Store([]byte(text))
		if !ok || stored != text || int(block) != i {
			t.Fatalf("text %d: %d bytes in block %d, %v", i, len(stored), block, ok)
		}
		texts = append(texts, stored)
	}
	m.Free(5)
	if stored, block, ok := m.Store([]byte("again")); stored != "again" || block != 5 || !ok {
		t.Errorf("%q in block %d, %v", stored, block, ok)
	}
	if _, _, ok := m.Store(make([]byte, BlockSize+1)); ok {
		t.Error("a text longer than a block was stored")
	}
	m.Release()
	m.Close()
	for i, text := range texts {
		if want := strings.Repeat(string(rune('a'+i%26)), BlockSize-i); i != 5 && text != want {
			t.Errorf("text %d has changed", i)
		}
	}
	if _, _, ok := m.Store([]byte("late")); ok {
		t.Error("a text was stored after Close")
	}
}

// A text stays in memory if there is no place for a file.
func TestMappedWithoutAFolder(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()+"/missing")
	t.Setenv("TMP", t.TempDir()+"/missing")
	var m Mapped
	if _, _, ok := m.Store([]byte("text")); ok {
		t.Error("it was stored")
	}
	m.Close()
}
