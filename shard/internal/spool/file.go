// Package spool stores data that does not fit in memory in temporary files.
package spool

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gotestshard/gotestshard/shard/internal/temp"
)

// File stores data that does not fit in memory. It is a temporary file that only this user
// can access. Parts are appended, and any part can be read. If the system allows it, the
// name of the open file is removed, so that nothing is left behind however this process
// ends. Otherwise Close removes the file. The first error is kept.
type File struct {
	What string   // what it stores, for messages
	File *os.File // nil before the first part
	name string   // empty if it has no name any more
	size int64
	Err  error
}

// ErrChanged is the error for a file that does not contain what was written to it.
var ErrChanged = errors.New("the temporary file has been changed")

// Part is a part of a File.
type Part struct{ Offset, Length int64 }

// Add appends p and returns its position.
func (f *File) Add(p []byte) Part {
	if f.File == nil && f.Err == nil {
		if f.File, f.Err = temp.File("gotestshard-"); f.Err == nil {
			if os.Remove(f.File.Name()) != nil { // a file that cannot be removed while it is open is removed at the end
				f.name = f.File.Name()
			}
		}
	}
	if f.Err == nil {
		_, f.Err = f.File.WriteAt(p, f.size)
	}
	part := Part{f.size, int64(len(p))}
	f.size += part.Length
	return part
}

// Read appends a part to dst, or nothing after an error.
func (f *File) Read(dst []byte, part Part) []byte {
	if f.Err != nil {
		return dst
	}
	start := len(dst)
	dst = append(dst, make([]byte, part.Length)...)
	if _, err := f.File.ReadAt(dst[start:], part.Offset); err != nil {
		if err == io.EOF {
			err = ErrChanged
		}
		f.Err = err
		return dst[:start]
	}
	return dst
}

// Clear starts again with an empty file.
func (f *File) Clear() {
	if f.File != nil && f.Err == nil {
		f.Err = f.File.Truncate(0)
	}
	f.size = 0
}

// failure returns the first error.
func (f *File) failure() error {
	if f.Err == nil {
		return nil
	}
	return fmt.Errorf("keeping %s in a temporary file: %w", f.What, f.Err)
}

// Close removes the file and returns the first error. Closing it again does nothing.
func (f *File) Close() error {
	if f.File != nil {
		_ = f.File.Close() // only read
		if f.name != "" {
			_ = os.Remove(f.name)
		}
		f.File = nil
	}
	return f.failure()
}
