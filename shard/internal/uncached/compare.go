package uncached

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/format/plain"
)

// reason returns why there is no kept result of a test binary that starts, in one line.
func (w *Watch) reason(now current, earlier []state) string {
	if len(earlier) == 0 {
		return "no earlier run with -n is known"
	}
	if now.Action == "" {
		return notKnown("the build id of the test binary cannot be read")
	}
	i := slices.IndexFunc(earlier, func(s state) bool { return now.isSameTest(s) })
	if i < 0 {
		return w.newTest(now, earlier)
	}
	before := earlier[i]
	switch {
	case before.Lost && !before.Failed:
		return "no result kept: the last run of the test ended without its log of what it read"
	case before.Early != "" && !before.Failed:
		return fmt.Sprintf("no result kept: %s was written less than two seconds before the go command looked at it the last time", now.relative(before.Early))
	}
	causes := w.changes(now, before)
	if before.Failed && (len(causes) == 0 || causes[0].rank > rankSure) {
		return "no result kept: the test failed last time"
	}
	if before.Failed {
		return listed(causes) + "; and the test failed last time, so no result was kept"
	}
	if len(causes) > 0 {
		return listed(causes)
	}
	return w.unexplained(before)
}

func notKnown(why string) string { return "not known: " + why }

// unexplained is the reason if everything that was noted is the same.
func (w *Watch) unexplained(before state) string {
	if expired := expiry(w.config.Cache); expired.After(before.Time) {
		return "no result kept: go clean -testcache was run"
	}
	same := "the test binary, its flags, and the variables and files that it read are those of its last run"
	if before.More {
		same = fmt.Sprintf("the test binary, its flags, and the first %d variables and files that it read are those of its last run", mostInputs)
	}
	return notKnown(same + "; perhaps the result is gone from GOCACHE, or a package changed that only -coverpkg names")
}

// expiry is when go clean -testcache was run (cmd/go/internal/clean).
func expiry(cache string) time.Time {
	text, err := os.ReadFile(filepath.Join(cache, "testexpire.txt"))
	if err != nil {
		return time.Time{}
	}
	nanoseconds, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(0, nanoseconds)
}

// newTest is the reason if there was no run of this binary with these arguments. The run to compare
// with is the one with the fewest differences.
func (w *Watch) newTest(now current, earlier []state) string {
	different := func(s state) (kinds []string) {
		if now.Program != s.Program {
			kinds = append(kinds, "gotestshard was "+s.Program)
		}
		if now.Timeout != s.Timeout {
			kinds = append(kinds, "-timeout differs")
		}
		if now.Part != s.Part {
			kinds = append(kinds, "--partition selects other tests")
		}
		if flags := differentFlags(now.Args, s.Args); len(flags) > 0 {
			kinds = append(kinds, some(flags)+differs(flags))
		}
		if !now.isSameBinary(s.identity) {
			kinds = append(kinds, now.newBinary(s.identity))
		}
		if len(kinds) == 0 { // the same flags in another order
			kinds = append(kinds, "the flags have another order")
		}
		return kinds
	}
	best := different(earlier[0])
	for _, s := range earlier[1:] {
		if kinds := different(s); len(kinds) < len(best) {
			best = kinds
		}
	}
	return strings.Join(best, "; ")
}

func differs(names []string) string {
	if len(names) == 1 {
		return " differs"
	}
	return " differ"
}

// newBinary says what is new in a test binary.
func (now current) newBinary(before identity) string {
	const new = "test binary is new"
	if now.Dir != before.Dir && now.Settings["-trimpath"] != "true" {
		return fmt.Sprintf("%s: the package was in %s", new, plain.Line(before.Dir))
	}
	var what []string
	if now.Go != before.Go {
		what = append(what, fmt.Sprintf("%s instead of %s", now.Go, before.Go))
	}
	for name := range union(now.Settings, before.Settings) {
		if now.Settings[name] != before.Settings[name] {
			what = append(what, name)
		}
	}
	if len(what) > 0 && now.Go == before.Go {
		slices.Sort(what)
		return new + ": " + some(what) + differs(what)
	}
	if len(what) > 0 {
		return new + ": " + what[0]
	}
	changed, gone := now.changedParts(before)
	switch {
	case len(changed) > 0:
		return new + ": " + some(changed) + " changed"
	case gone:
		return new + ": it no longer needs some package"
	}
	return new + ": not known why; its packages, modules and build settings, and the version of Go, are those of its last run"
}

func union(a, b map[string]string) map[string]bool {
	all := map[string]bool{}
	for name := range a {
		all[name] = true
	}
	for name := range b {
		all[name] = true
	}
	return all
}

// changedParts returns what was not in an earlier binary, except for packages that only import such
// packages. gone is whether it had something that is missing now.
func (now current) changedParts(before identity) (names []string, gone bool) {
	had := map[[8]byte]bool{}
	for hash := range slices.Chunk(before.Built, 8) {
		had[[8]byte(hash)] = true
	}
	var changed []part
	for _, p := range now.built {
		if had[p.hash()] {
			delete(had, p.hash())
		} else {
			changed = append(changed, p)
		}
	}
	for _, path := range now.causes(changed) {
		names = append(names, now.short(path))
	}
	slices.Sort(names)
	return names, len(had) > 0
}

// short is a package's path within the module.
func (now current) short(path string) string {
	if rest, ok := strings.CutPrefix(path, now.module+"/"); ok {
		return rest
	}
	return path
}

// some joins the first few names.
func some(names []string) string {
	const most = 3
	switch n := len(names); {
	case n > most:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), n-most)
	case n > 1:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return names[0]
}

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
	text string
}

// listed returns the first of sorted causes, and how many others there are.
func listed(causes []cause) string {
	if n := len(causes); n > 1 {
		return fmt.Sprintf("%s, and %s", causes[0].text, plain.Counted(n-1, "other difference"))
	}
	return causes[0].text
}

// changes returns how the inputs of an earlier run differ now, the clearest cause first.
func (w *Watch) changes(now current, before state) (causes []cause) {
	if now.Dir != before.Dir && slices.ContainsFunc(before.Inputs, func(in input) bool { return in.Op == opOpen || in.Op == opStat }) {
		return []cause{{rankSure, "the package was in " + plain.Line(before.Dir)}}
	}
	if now.Zone != before.Zone && slices.ContainsFunc(before.Inputs, func(in input) bool { return in.Look != nil && in.Look.Err == "" }) {
		causes = append(causes, cause{rankLook, "the time zone differs, in which go test notes modification times"})
	}
	for _, in := range before.Inputs {
		is := w.input(in.Op, in.Name, before)
		if c, ok := now.change(in, is); ok && !slices.Contains(causes, c) {
			causes = append(causes, c)
		}
	}
	slices.SortStableFunc(causes, func(a, b cause) int { return cmp.Compare(a.rank, b.rank) })
	return causes
}

// change returns how an input differs.
func (now current) change(was, is input) (cause, bool) {
	if was.Op == opEnv {
		switch {
		case was.Value == is.Value:
			return cause{}, false
		case was.Value == "":
			return cause{rankSure, "env " + plain.Line(was.Name) + " is set now"}, true
		case is.Value == "":
			return cause{rankSure, "env " + plain.Line(was.Name) + " is not set any more"}, true
		}
		return cause{rankSure, "env " + plain.Line(was.Name) + " differs"}, true
	}
	name := now.relative(was.Name)
	if c, ok := changeOfFolder(name, was, is); ok {
		return c, true
	}
	c, ok := changeOfLook(name, *was.Look, *is.Look, was.Content != "" && was.Content == is.Content)
	if !ok && was.linkLook() != is.linkLook() {
		return cause{rankLook, name + " is another link"}, true
	}
	return c, ok
}

func (in input) linkLook() look {
	if in.Link == nil {
		return *in.Look
	}
	return *in.Link
}

// changeOfLook returns how a file differs. same is whether its content is known to be the same.
func changeOfLook(name string, was, is look, same bool) (cause, bool) {
	switch {
	case was == is:
		return cause{}, false
	case was.Err != "" && is.Err == "":
		return cause{rankSure, name + " is new"}, true
	case was.Err == "" && is.Err != "":
		if looksTemporary(name) {
			return cause{rankSure, name + " is gone, a temporary name that never repeats"}, true
		}
		return cause{rankSure, name + " is gone"}, true
	case was.Err != is.Err:
		return cause{rankLook, name + " cannot be read for another reason"}, true
	case was.Mode.Type() != is.Mode.Type():
		return cause{rankSure, name + " is of another kind"}, true
	case is.Mode.IsDir():
		return cause{rankFolder, "the folder " + name + " has a new modification time: gotestshard cache prepare"}, true
	case was.Size == is.Size && same && was.Mode != is.Mode:
		return cause{rankLook, fmt.Sprintf("%s has the permissions %v instead of %v", name, is.Mode, was.Mode)}, true
	case was.Size == is.Size && same:
		return cause{rankTime, name + " has a new modification time; its content is the same: gotestshard cache prepare"}, true
	}
	return cause{rankSure, name + " changed"}, true
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
			return cause{rankLook, path + " is new"}, true
		case !has && looksTemporary(entry):
			return cause{rankLook, path + " is gone, a temporary name that never repeats"}, true
		case !has:
			return cause{rankLook, path + " is gone"}, true
		case a.Err != "" || b.Err != "" || a == b:
		case a.Size != b.Size || a.Mode != b.Mode:
			return cause{rankLook, path + " changed"}, true
		default:
			return cause{rankTime, path + " has a new modification time: gotestshard cache prepare"}, true
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
