package shard

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gotestshard/gotestshard/shard/internal/temp"
)

// tempFile is where goes what memory has no room for: a temporary file of this user
// alone, to which is added and of which any part is read. Where the system allows it,
// the file has no name any more once it is open, so that nothing stays however this
// process ends; elsewhere close removes it. The first error stays.
type tempFile struct {
	what string   // what it keeps, for messages
	file *os.File // nil before the first part
	name string   // empty where it has none any more
	size int64
	err  error
}

// errChanged is for a file that does not have what was added to it.
var errChanged = errors.New("the temporary file has been changed")

// tempPart is a part of a tempFile.
type tempPart struct{ offset, length int64 }

// add writes p at the end and returns where it is.
func (f *tempFile) add(p []byte) tempPart {
	if f.file == nil && f.err == nil {
		if f.file, f.err = temp.File("gotestshard-"); f.err == nil {
			if os.Remove(f.file.Name()) != nil { // what cannot be removed while it is open is removed at the end
				f.name = f.file.Name()
			}
		}
	}
	if f.err == nil {
		_, f.err = f.file.WriteAt(p, f.size)
	}
	part := tempPart{f.size, int64(len(p))}
	f.size += part.length
	return part
}

// read appends a part to dst; nothing after an error.
func (f *tempFile) read(dst []byte, part tempPart) []byte {
	if f.err != nil {
		return dst
	}
	start := len(dst)
	dst = append(dst, make([]byte, part.length)...)
	if _, err := f.file.ReadAt(dst[start:], part.offset); err != nil {
		if err == io.EOF {
			err = errChanged
		}
		f.err = err
		return dst[:start]
	}
	return dst
}

// clear begins again with an empty file.
func (f *tempFile) clear() {
	if f.file != nil && f.err == nil {
		f.err = f.file.Truncate(0)
	}
	f.size = 0
}

// failure is the first error there was.
func (f *tempFile) failure() error {
	if f.err == nil {
		return nil
	}
	return fmt.Errorf("keeping %s in a temporary file: %w", f.what, f.err)
}

// close removes the file and returns the first error there was. Closing it again does
// nothing more.
func (f *tempFile) close() error {
	if f.file != nil {
		_ = f.file.Close() // it was read
		if f.name != "" {
			_ = os.Remove(f.name)
		}
		f.file = nil
	}
	return f.failure()
}
