package affected

import (
	"path"
	"slices"
	"strings"
)

// isRead reports whether the tests of some package were seen to read a file, so that it is
// known whom its change concerns.
func (s *selecting) isRead(c Change) bool {
	return slices.ContainsFunc(s.Packages, func(pkg Package) bool {
		_, ok := s.reads(pkg, c)
		return ok
	})
}

// readReason returns why a package runs although it is built from the same files.
func (s *selecting) readReason(pkg Package) (Reason, bool) {
	reads := pkg.Reads
	for _, c := range s.Changes {
		if read, ok := s.reads(pkg, c); ok {
			return Reason{Kind: Data, File: c.Path, Text: read}, true
		}
	}
	for _, c := range s.loose {
		if dir, ok := testdataOf(c.Path); ok && s.nearest(dir) == pkg.Dir {
			return Reason{Kind: Data, File: c.Path, Text: c.Path + " " + c.verb()}, true
		}
	}
	if reads.Always != "" {
		return Reason{Kind: Unseen, Text: reads.Always}, true
	}
	if len(reads.Programs) > 0 && len(s.Changes) > 0 {
		return Reason{Kind: Unknown, File: s.Changes[0].Path,
			Text: s.Changes[0].Path + " " + s.Changes[0].verb() + ", and the tests start " + strings.Join(reads.Programs, ", ") + ": what programs read is not seen"}, true
	}
	if reads.Unknown != "" && len(s.loose) > 0 {
		c := s.loose[0]
		return Reason{Kind: Unknown, File: c.Path, Text: c.Path + " " + c.verb() + ", and what the tests read is not known: " + reads.Unknown}, true
	}
	return Reason{}, false
}

// nearest returns the folder of the package that a folder belongs to: its own, or the one of
// the next package above. It is empty if there is none.
func (s *selecting) nearest(dir string) string {
	for {
		if slices.ContainsFunc(s.Packages, func(pkg Package) bool { return pkg.Dir == dir }) {
			return dir
		}
		if dir == "." {
			return ""
		}
		dir = path.Dir(dir)
	}
}

// reads reports whether the tests of a package read a file, and says so.
func (s *selecting) reads(pkg Package, c Change) (string, bool) {
	for _, read := range pkg.Reads.Files {
		switch {
		case read.Path == c.Path:
			return "reads " + c.Path, true
		case within(read.Path, c.Path): // a link, or a repository in this one
			return "reads " + read.Path + " in " + c.Path, true
		case !within(c.Path, read.Path):
		case s.comesOrGoes(read.Path):
			return "reads " + read.Path, true
		case read.Listed && s.entryDiffers(read.Path, c):
			return "reads the folder " + read.Path + ": " + c.Path + " " + c.verb(), true
		}
	}
	return "", false
}

// entryDiffers reports whether a change makes a folder look different: a file in it changed, or
// a file or folder in it came or went.
func (s *selecting) entryDiffers(dir string, c Change) bool {
	if dirOf(c.Path) == dir {
		return true
	}
	rest := c.Path
	if dir != "." {
		rest = strings.TrimPrefix(c.Path, dir+"/")
	}
	entry, _, _ := strings.Cut(rest, "/")
	return s.comesOrGoes(path.Join(dir, entry))
}

// comesOrGoes reports whether a folder is only there before or after the change.
func (s *selecting) comesOrGoes(dir string) bool { return s.Exists(dir) != s.Existed(dir) }
