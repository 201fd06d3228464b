package split

import (
	"strings"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/pool"
	"github.com/gotestshard/gotestshard/shard/internal/text"
)

// Notes returns the lines about a failed test of a process of a task that got args: how to
// run the test again, and that others ran before it in the process. process may be nil if
// that does not matter. Without a test, the line is about the whole package.
func (s *Splitter) Notes(task pool.Task, args []string, process interface{ Before(string) int }, test string) string {
	const rerun = "rerun: "
	command := s.Rerun(task, args, test, text.NoteRoom-len(rerun))
	notes := text.NotePrefix + rerun + plain.Line(command) + "\n" // only for a very long name it is longer than a Note
	root, _, _ := strings.Cut(test, "/")
	if process == nil || !s.Kept {
		return notes
	}
	if n := process.Before(root); n > 0 { // 0 without a test
		notes += text.Note(ranAfter(n, root))
	}
	return notes
}

// ranAfter says that other tests ran before one. It leaves out words before it would cut the
// name of the test.
func ranAfter(others int, test string) string {
	const last = ": gotestshard last --same-process "
	count := plain.Counted(others, "other")
	long, short := "ran after "+count+" in this process", "ran after "+count
	for _, words := range []string{long + last + test, short + last + test} {
		if len([]rune(words)) <= text.NoteRoom {
			return words
		}
	}
	return long
}
