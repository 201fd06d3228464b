package text

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/framing"
)

// Lines of our own in the output of a test begin with NotePrefix. They have at most
// LongestNote characters, so that the test's own words stay in view.
const (
	NotePrefix  = "    gotestshard: "
	LongestNote = 160
	// NoteRoom is how many characters of words fit into a Note.
	NoteRoom = LongestNote - len(NotePrefix)
)

// TimedOut begins the Note of a test that was ended because it ran too long, and Waited is in the
// one of a process that was ended because it ran no test for too long.
const (
	TimedOut = "timed out after "
	Waited   = " waited longer than "
)

// Note returns words as a line of our own for the output of a test. It cuts them at the end
// if they do not fit.
func Note(words string) string { return NotePrefix + shorter(words, NoteRoom) + "\n" }

// PackagePrefix begins a PackageNote.
const PackagePrefix = "gotestshard: "

// PackageNote is Note for the output of a package, outside its tests.
func PackageNote(words string) string {
	return PackagePrefix + shorter(words, LongestNote-len(PackagePrefix)) + "\n"
}

func shorter(words string, room int) string {
	return plain.Cut(plain.Line(strings.TrimSpace(words)), room)
}

// IsNote reports whether a line of a test's output is one of our own.
func IsNote(line string) bool { return strings.HasPrefix(line, NotePrefix) }

// Names joins the first names, as many as fit into room characters, with the number of the
// others. It never cuts a name: if not even the first one fits, it returns only how many
// there are.
func Names(names []string, room int) string {
	joined, length := "", 0
	for i, name := range names {
		rest := ""
		if left := len(names) - i - 1; left > 0 {
			rest = fmt.Sprintf(" and %d more", left)
		}
		if i > 0 {
			name = ", " + name
		}
		length += utf8.RuneCountInString(name)
		if length > room {
			break
		}
		// Without room for the number after it, a later name may still end the list.
		if length+len(rest) <= room {
			joined = strings.Join(names[:i+1], ", ") + rest
		}
	}
	if joined == "" && len(names) > 0 {
		return plain.Counted(len(names), "test")
	}
	return joined
}

// notesOf returns the lines to add to the output of a test that has ended. There are none if it
// failed only because of a subtest.
func notesOf(onFail func(test string) string, ended Change) string {
	if onFail == nil || ended.Action != "fail" || ended.Nested || ended.Inside && !ended.Spoke {
		return ""
	}
	return onFail(ended.Test)
}

// addParents adds the names of the tests that a subtest is in.
func addParents(parents map[string]bool, name string) {
	for at := strings.LastIndexByte(name, '/'); at >= 0; at = strings.LastIndexByte(name, '/') {
		name = name[:at]
		parents[name] = true
	}
}

// InTest returns what a process prints to make a test its current one.
func InTest(name string) string { return string(rune(framing.Marker)) + "=== NAME  " + name + "\n" }
