package caching

import (
	"crypto/sha256"
	"errors"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// stamper sets the times of files one after another. It is for one goroutine.
type stamper struct {
	counts *counts
	hash   hash.Hash
	buffer []byte
}

func newStamper(counts *counts) *stamper {
	return &stamper{counts, sha256.New(), make([]byte, 128<<10)}
}

// stamp sets the time of a file or link from what is in it, and returns the kind.
func (s *stamper) stamp(name string) kind {
	before, err := os.Lstat(name)
	if err != nil {
		return s.none(err)
	}
	switch before.Mode().Type() {
	case 0:
		return s.stampFile(name, before)
	case fs.ModeSymlink:
		target, err := os.Readlink(name)
		if err != nil {
			return s.none(err)
		}
		s.counts.files.Add(1)
		return s.set(link, name, before, stampOfLink(filepath.ToSlash(target)), setLinkTime)
	case fs.ModeDir:
		return folder
	}
	return nothing
}

func (s *stamper) stampFile(name string, before fs.FileInfo) kind {
	s.hash.Reset()
	if err := readInto(s.hash, name, s.buffer); err != nil {
		return s.none(err)
	}
	s.counts.files.Add(1)
	return s.set(file, name, before, stamp([sha256.Size]byte(s.hash.Sum(nil))), setTime)
}

// stampFolder sets the time of a folder.
func (s *stamper) stampFolder(name string, to time.Time) {
	before, err := os.Lstat(name)
	if err != nil {
		s.none(err)
		return
	}
	s.counts.folders.Add(1)
	s.set(folder, name, before, to, setTime)
}

// set sets a time unless it is right already, and returns the kind. What was written to since
// before has the time of that, which it keeps.
func (s *stamper) set(kind kind, name string, before fs.FileInfo, to time.Time, set func(string, time.Time) error) kind {
	if before.ModTime().Equal(to) {
		s.counts.right.Add(1)
		return kind
	}
	now, err := os.Lstat(name)
	switch {
	case err != nil:
		return s.none(err)
	case !now.ModTime().Equal(before.ModTime()) || now.Size() != before.Size() || now.Mode() != before.Mode():
		s.counts.passed.Add(1)
		return kind
	}
	if err := set(name, to); err != nil {
		return s.none(err)
	}
	s.counts.set.Add(1)
	return kind
}

// none notes why a path has no stamp. One that is gone, because it was removed, needs none.
func (s *stamper) none(err error) kind {
	if !errors.Is(err, fs.ErrNotExist) {
		s.counts.fail(err)
	}
	return nothing
}

// setTime sets the modification time of a file or folder, and leaves that of the last access.
func setTime(name string, to time.Time) error { return os.Chtimes(name, time.Time{}, to) }
