package spool

import (
	"os"
	"unsafe"

	"github.com/gotestshard/gotestshard/shard/internal/temp"
)

// Mapped stores texts in a temporary file that is mapped into memory. A stored text is an
// ordinary string, but it is not in the heap: the system reads it from the file when
// something uses it, and may drop it from memory at any time. The zero value is empty.
//
// The mappings stay until the process ends, because nothing knows how long a string is used.
// Where the system allows it, the file has no name any more.
type Mapped struct {
	file    *os.File
	windows [][]byte
	free    []Block
	off     bool // whether nothing can be stored
}

// Block is a part of a Mapped, by its number.
type Block int

// BlockSize is the size of a block in bytes, and the longest text that it can store. The file
// has no data where a block is not full, so a short text needs only a page on the disk.
const BlockSize = 128 << 10

// blocksPerWindow is how many blocks are mapped at once. A system limits the number of
// mappings of a process.
const blocksPerWindow = 128

// Store returns a copy of text in the file, and its block. It returns false if that is not
// possible, because the disk is full, for example. Then text has to stay in memory.
func (m *Mapped) Store(text []byte) (string, Block, bool) {
	if m.off || len(text) == 0 || len(text) > BlockSize || len(m.free) == 0 && !m.grow() {
		return "", 0, false
	}
	block := m.free[len(m.free)-1]
	// A write returns an error if the disk is full. A write to the mapping would end the process.
	if _, err := m.file.WriteAt(text, int64(block)*BlockSize); err != nil {
		m.off = true
		return "", 0, false
	}
	m.free = m.free[:len(m.free)-1]
	at := int(block) % blocksPerWindow * BlockSize
	stored := m.windows[int(block)/blocksPerWindow][at : at+len(text)]
	return unsafe.String(&stored[0], len(stored)), block, true
}

// grow adds a window of free blocks.
func (m *Mapped) grow() bool {
	m.off = true
	if !canMap {
		return false
	}
	if m.file == nil {
		file, err := temp.File("gotestshard-")
		if err != nil {
			return false
		}
		_ = os.Remove(file.Name()) // the systems that can map allow it
		m.file = file
	}
	const size = blocksPerWindow * BlockSize
	start := int64(len(m.windows)) * size
	if m.file.Truncate(start+size) != nil {
		return false
	}
	window, err := mapFile(m.file, start, size)
	if err != nil {
		return false
	}
	first := Block(len(m.windows) * blocksPerWindow)
	m.windows = append(m.windows, window)
	for i := range Block(blocksPerWindow) {
		m.free = append(m.free, first+blocksPerWindow-1-i)
	}
	m.off = false
	return true
}

// Free makes a block available again. Its string must not be used any more.
func (m *Mapped) Free(block Block) { m.free = append(m.free, block) }

// Release lets the system drop all stored texts from the memory of this process. They can
// still be used.
func (m *Mapped) Release() {
	for _, window := range m.windows {
		release(window)
	}
}

// Close closes the file. Stored texts can still be used, but nothing can be stored any more.
func (m *Mapped) Close() {
	m.off = true
	if m.file != nil {
		_ = m.file.Close() // what was written is mapped
		m.file = nil
	}
}
