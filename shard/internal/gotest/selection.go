package gotest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Selection is what the arguments of a test binary say about which of its tests
// run, how often and in which order.
type Selection struct {
	args    []string
	run     pattern // nil for all
	skip    pattern // nil for none
	written string  // the -skip
	shuffle string  // "" for off
	times   int
}

// wholeFlags are those that measure, write one file or run no tests, with the
// value that turns them off.
var wholeFlags = []string{
	"bench", "blockprofile", "cpuprofile", "fuzz", "list", "memprofile", "mutexprofile", "trace",
}

// NewSelection reads the arguments of a test binary. With a reason they cannot be
// split over several processes, and of the Selection no more than Match is of use:
// it tells what one process runs, and says yes to what it does not know.
func NewSelection(args []string) (s Selection, reason string) {
	flags, reason := binaryFlags(args)
	if reason != "" {
		return Selection{}, reason
	}
	var matching Selection
	var err error
	if text := flags["run"]; text != "" {
		if matching.run, err = parsePattern(text); err != nil {
			return Selection{}, fmt.Sprintf("-run %q does not compile: %v", text, err)
		}
	}
	if matching.written = flags["skip"]; matching.written != "" {
		if matching.skip, err = parsePattern(matching.written); err != nil {
			return Selection{}, fmt.Sprintf("-skip %q does not compile: %v", matching.written, err)
		}
	}
	for _, name := range wholeFlags {
		if flags[name] != "" {
			return matching, fmt.Sprintf("-%s needs a single process", name)
		}
	}
	if flag := written(args); flag != "" {
		return matching, fmt.Sprintf("%s needs a single process", flag)
	}
	s = matching
	s.args = slices.Clone(args)
	if s.times, reason = times(flags); reason != "" {
		return matching, reason
	}
	if count, ok := flags["count"]; ok && count != "1" && (s.run.hasLevels() || s.skip.hasLevels()) {
		// Package testing stops to repeat when no test without subtests has run, which
		// depends on what else runs in the process.
		return matching, "-count with a -run or -skip for subtests needs a single process"
	}
	switch s.shuffle = flags["shuffle"]; s.shuffle {
	case "off":
		s.shuffle = ""
	case "on", "":
	default:
		if _, err := strconv.ParseInt(s.shuffle, 10, 64); err != nil {
			return matching, fmt.Sprintf("-shuffle %q is not on, off or a number", s.shuffle)
		}
	}
	if value, ok := flags["shuffle"]; ok && value == "" {
		return matching, "-shuffle is empty; it must be on, off or a number"
	}
	return s, ""
}

// Match reports whether a top-level test runs, all of it or some of its subtests.
func (s Selection) Match(root string) bool {
	if s.run != nil {
		if matches, _ := s.run.matchRoot(root); !matches {
			return false
		}
	}
	skipped, partial := s.skip.matchRoot(root)
	return !skipped || partial
}

// Times is how often each selected test and fuzz target runs. Package testing
// runs an example once, whatever -count and -cpu are.
func (s Selection) Times() int { return s.times }

// Shuffle is the seed of -shuffle, "on" for one that package testing makes up, and
// empty without.
func (s Selection) Shuffle() string { return s.shuffle }

// ResolveShuffle returns the Selection with seed for -shuffle=on, so that all
// processes have one order. Package testing shuffles its list before it looks for
// what is selected, so the order of two tests is that of an unsplit run.
func (s Selection) ResolveShuffle(seed int64) Selection {
	if s.shuffle == "on" {
		s.shuffle = strconv.FormatInt(seed, 10)
		s.args = s.with("shuffle", s.shuffle)
	}
	return s
}

// Chunks cuts roots, in their order, into what one process is to be given where
// nothing has to stay together. A pattern that says something about subtests is
// matched in turns with that of the roots, and package testing compiles a pattern
// each time it differs from the one before. So the roots that it says something
// about are few in one process, and all others are in another, up to a command
// that can still be copied by hand.
func (s Selection) Chunks(roots []string) [][]string {
	const most, longest = 100, 3 << 10 // bytes: 0.4 ms to compile
	var some, others chunks
	for _, root := range roots {
		if s.hasLevelsFor(root) {
			some.add(root, most, longest)
		} else {
			others.add(root, len(roots), 24<<10)
		}
	}
	return append(some.all, others.all...)
}

// chunks are names, of which the last ones may get more.
type chunks struct {
	all    [][]string
	length int // of the last, in bytes
}

// add adds a name to the last chunk, or to a new one if that would get more than
// most names or longer than longest.
func (c *chunks) add(name string, most, longest int) {
	last := len(c.all) - 1
	if c.length += len(name) + 1; last < 0 || len(c.all[last]) == most || c.length > longest {
		c.all = append(c.all, []string{name})
		c.length = len(name) + 1
		return
	}
	c.all[last] = append(c.all[last], name)
}

// Fits reports whether one process can be given all the roots: whether their names
// fit in a command line, and if a pattern says something about subtests (see
// Chunks), whether they are few enough not to take longer than their tests.
func (s Selection) Fits(roots []string) bool {
	const quick = 8 << 10 // bytes: 1 ms to compile
	length := 0
	for _, root := range roots {
		length += len(root) + 1
	}
	return length <= quick || length <= LongestPattern*9/10 && !slices.ContainsFunc(roots, s.hasLevelsFor)
}

// hasLevelsFor reports whether a pattern says something about the subtests of a
// root.
func (s Selection) hasLevelsFor(root string) bool {
	if !s.runsAll(root) {
		return true
	}
	return slices.ContainsFunc(s.skip, func(alternative []level) bool { return alternative[0].regexp.MatchString(root) })
}

// runsAll reports whether -run selects a root with all its subtests.
func (s Selection) runsAll(root string) bool {
	return s.run == nil || slices.ContainsFunc(s.run, func(alternative []level) bool {
		return len(alternative) == 1 && alternative[0].regexp.MatchString(root)
	})
}

// Args returns the arguments with which exactly those of the roots run that are
// selected, with the subtests that are. It is not ok when the patterns get too
// long for a command line.
func (s Selection) Args(roots []string) (args []string, ok bool) {
	var whole []string // no pattern for their subtests
	parts := make([][]string, len(s.run))
	var selected []string
	for _, root := range roots {
		if !s.Match(root) {
			continue
		}
		selected = append(selected, root)
		if s.runsAll(root) {
			whole = append(whole, root)
			continue
		}
		for i, alternative := range s.run {
			if alternative[0].regexp.MatchString(root) {
				parts[i] = append(parts[i], root)
			}
		}
	}
	var run []string
	if len(whole) > 0 || len(selected) == 0 {
		run = append(run, NamesPattern(whole))
	}
	for i, names := range parts {
		if len(names) > 0 {
			run = append(run, NamesPattern(names)+below(s.run[i]))
		}
	}
	return s.patterns(strings.Join(run, "|"), s.skipOf(selected))
}

// skipOf returns the alternatives of -skip that say something about the roots.
func (s Selection) skipOf(roots []string) string {
	var kept []string
	for _, alternative := range s.skip {
		if slices.ContainsFunc(roots, alternative[0].regexp.MatchString) {
			kept = append(kept, alternative[0].written+below(alternative))
		}
	}
	return strings.Join(kept, "|")
}

// patterns returns the arguments with these -run and -skip.
func (s Selection) patterns(run, skip string) (args []string, ok bool) {
	if len(run)+len(skip) > LongestPattern {
		return nil, false
	}
	s.args = s.with("skip", skip)
	return s.with("run", run), true
}

// Rest returns the arguments with which everything runs that is selected, also
// what nobody has listed, but not others. It is not ok when the pattern gets too
// long for a command line.
func (s Selection) Rest(others []string) (args []string, ok bool) {
	if len(others) == 0 {
		return slices.Clone(s.args), true
	}
	skip := NamesPattern(others)
	if s.written != "" {
		// The first alternative that matches decides, so the user's x/y would let x run.
		skip += "|" + s.written
	}
	if len(skip) > LongestPattern {
		return nil, false
	}
	return s.with("skip", skip), true
}

// with returns the arguments with one flag in place of all of that name, or none
// for an empty value. It comes first: behind a flag that is not known it might be
// taken for that one's value.
func (s Selection) with(name, value string) []string {
	var args []string
	if value != "" {
		args = append(args, FlagPrefix+name+"="+value)
	}
	ended := false
	for i, arg := range s.args {
		isFlag := len(arg) > 1 && arg[0] == '-' && arg != "--"
		ended = ended || !isFlag && (i == 0 || !mayTakeNext(s.args[i-1]))
		if ended || !strings.HasPrefix(arg, FlagPrefix+name+"=") {
			args = append(args, arg)
		}
	}
	return args
}
