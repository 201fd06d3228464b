// Package spool keeps in a temporary file what memory has no room for.
package spool

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gotestshard/gotestshard/shard/internal/temp"
)

// File is where goes what memory has no room for: a temporary file of this user
// alone, to which is added and of which any part is read. Where the system allows it,
// the file has no name any more once it is open, so that nothing stays however this
// process ends; elsewhere close removes it. The first error stays.
type File struct {
	What string   // what it keeps, for messages
	File *os.File // nil before the first part
	name string   // empty where it has none any more
	size int64
	Err  error
}

// ErrChanged is for a file that does not have what was added to it.
var ErrChanged = errors.New("the temporary file has been changed")

// Part is a part of a tempFile.
type Part struct{ Offset, Length int64 }

// Add writes p at the end and returns where it is.
func (f *File) Add(p []byte) Part {
	if f.File == nil && f.Err == nil {
		if f.File, f.Err = temp.File("gotestshard-"); f.Err == nil {
			if os.Remove(f.File.Name()) != nil { // what cannot be removed while it is open is removed at the end
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

// Read appends a part to dst; nothing after an error.
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

// Clear begins again with an empty file.
func (f *File) Clear() {
	if f.File != nil && f.Err == nil {
		f.Err = f.File.Truncate(0)
	}
	f.size = 0
}

// failure is the first error there was.
func (f *File) failure() error {
	if f.Err == nil {
		return nil
	}
	return fmt.Errorf("keeping %s in a temporary file: %w", f.What, f.Err)
}

// Close removes the file and returns the first error there was. Closing it again does
// nothing more.
func (f *File) Close() error {
	if f.File != nil {
		_ = f.File.Close() // it was read
		if f.name != "" {
			_ = os.Remove(f.name)
		}
		f.File = nil
	}
	return f.failure()
}
