//go:build unix

package spool

import (
	"os"

	"golang.org/x/sys/unix"
)

const canMap = true

func mapFile(file *os.File, start int64, size int) ([]byte, error) {
	return unix.Mmap(int(file.Fd()), start, size, unix.PROT_READ, unix.MAP_SHARED)
}

func release(window []byte) { _ = unix.Madvise(window, unix.MADV_DONTNEED) } // only advice
