package uncached

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/format/plain"
)

// How sure it is that a cause is one by itself.
const (
	rankSure   = iota // the content of a file, or the value of a variable
	rankLook          // something that may follow from a cause before
	rankTime          // only a time
	rankFolder        // the same, of a folder
)

// cause is a difference of an input.
type cause struct {
	rank int
	name string // of the input
	text string
}

// listed returns the first two of sorted causes, and how many others there are. Files that only have
// other times are counted, as in a fresh clone all have.
func listed(causes []cause) string {
	text, n := causes[0].text, len(causes)-1
	switch {
	case n > 0 && causes[0].rank >= rankTime:
		return fmt.Sprintf("%s and %s have new modification times: gotestshard cache prepare", causes[0].name, plain.Counted(n, "more input"))
	case n > 0 && causes[1].rank < rankTime:
		text, n = text+"; "+causes[1].text, n-1
	}
	if n > 0 {
		text += ", and " + plain.Counted(n, "other difference")
	}
	return text
}

// changes returns how the inputs of an earlier run differ now, the clearest cause first.
func (w *Watch) changes(now current, before state) (causes []cause) {
	if now.Dir != before.Dir && slices.ContainsFunc(before.Inputs, func(in input) bool { return in.Op == opOpen || in.Op == opStat }) {
		return []cause{{rankSure, "", "the package was in " + plain.Line(before.Dir)}}
	}
	if now.Zone != before.Zone && slices.ContainsFunc(before.Inputs, func(in input) bool { return in.Look != nil && in.Look.Err == "" }) {
		causes = append(causes, cause{rankLook, "", "the time zone differs, in which go test notes modification times"})
	}
	for _, in := range before.Inputs {
		if in.Outside {
			continue
		}
		is := w.input(in.Op, in.Name, before)
		if c, ok := now.change(in, is); ok && !slices.Contains(causes, c) {
			causes = append(causes, c)
		}
	}
	slices.SortFunc(causes, func(a, b cause) int { return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.text, b.text)) })
	return causes
}

// change returns how an input differs.
func (now current) change(was, is input) (cause, bool) {
	if was.Op == opEnv {
		switch {
		case was.Value == is.Value:
			return cause{}, false
		case was.Value == "":
			return cause{rankSure, was.Name, "env " + plain.Line(was.Name) + " is set now"}, true
		case is.Value == "":
			return cause{rankSure, was.Name, "env " + plain.Line(was.Name) + " is not set any more"}, true
		}
		return cause{rankSure, was.Name, "env " + plain.Line(was.Name) + " differs"}, true
	}
	name := now.relative(was.Name)
	if c, ok := changeOfFolder(name, was, is); ok {
		return c, true
	}
	c, ok := changeOfLook(name, *was.Look, *is.Look, was.content(is))
	if !ok && was.linkLook() != is.linkLook() {
		return cause{rankLook, name, name + " is another link"}, true
	}
	return c, ok
}

func (in input) linkLook() look {
	if in.Link == nil {
		return *in.Look
	}
	return *in.Link
}

// sameness is whether the content of a file is the same.
type sameness int

const (
	unknown sameness = iota
	same
	other
)

func (in input) content(is input) sameness {
	switch {
	case in.Content == "" || is.Content == "":
		return unknown
	case in.Content == is.Content:
		return same
	}
	return other
}

// changeOfLook returns how a file differs.
func changeOfLook(name string, was, is look, content sameness) (cause, bool) {
	switch {
	case was == is:
		return cause{}, false
	case was.Err != "" && is.Err == "":
		return cause{rankSure, name, name + " is new"}, true
	case was.Err == "" && is.Err != "":
		if looksTemporary(name) {
			return cause{rankSure, name, name + " is gone, a temporary name that never repeats"}, true
		}
		return cause{rankSure, name, name + " is gone"}, true
	case was.Err != is.Err:
		return cause{rankLook, name, name + " cannot be read for another reason"}, true
	case was.Mode.Type() != is.Mode.Type():
		return cause{rankSure, name, name + " is of another kind"}, true
	case is.Mode.IsDir():
		return cause{rankFolder, name, "the folder " + name + " has a new modification time: gotestshard cache prepare"}, true
	case was.Size == is.Size && content != other && was.Mode != is.Mode:
		return cause{rankLook, name, fmt.Sprintf("%s has the permissions %v instead of %v", name, is.Mode, was.Mode)}, true
	case was.Size == is.Size && content == unknown:
		return cause{rankTime, name, name + " has a new modification time"}, true
	case was.Size == is.Size && content == same:
		return cause{rankTime, name, name + " has a new modification time; its content is the same: gotestshard cache prepare"}, true
	}
	return cause{rankSure, name, name + " changed"}, true
}

// changeOfFolder returns how the entries of a folder differ.
func changeOfFolder(name string, was, is input) (cause, bool) {
	if was.Op != opOpen || was.Look.Err != "" || is.Look.Err != "" || !was.Look.Mode.IsDir() || !is.Look.Mode.IsDir() {
		return cause{}, false
	}
	for _, entry := range sortedNames(was.Entries, is.Entries) {
		a, had := was.Entries[entry]
		b, has := is.Entries[entry]
		path := filepath.ToSlash(filepath.Join(name, entry))
		switch {
		case !had && was.More || !has && is.More:
		case !had:
			return cause{rankLook, path, path + " is new"}, true
		case !has && looksTemporary(entry):
			return cause{rankLook, path, path + " is gone, a temporary name that never repeats"}, true
		case !has:
			return cause{rankLook, path, path + " is gone"}, true
		case a.Err != "" || b.Err != "" || a == b:
		case a.Size != b.Size || a.Mode != b.Mode:
			return cause{rankLook, path, path + " changed"}, true
		default:
			return cause{rankTime, path, path + " has a new modification time: gotestshard cache prepare"}, true
		}
	}
	return cause{}, false
}

func sortedNames(a, b map[string]look) (names []string) {
	for name := range a {
		names = append(names, name)
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// looksTemporary reports whether a name ends as those of os.CreateTemp and os.MkdirTemp.
func looksTemporary(name string) bool {
	for element := range strings.SplitSeq(filepath.ToSlash(name), "/") {
		digits, run := 0, 0
		for _, r := range element {
			if run++; r < '0' || r > '9' {
				run = 0
			}
			digits = max(digits, run)
		}
		if digits >= 6 {
			return true
		}
	}
	return false
}

// relative is a path as it is shown: from the package's folder if it is in the module.
func (now current) relative(name string) string {
	if now.root != "" && within(name, now.root) {
		if rel, err := filepath.Rel(now.Dir, name); err == nil {
			name = filepath.ToSlash(rel)
		}
	}
	return plain.Line(name)
}
