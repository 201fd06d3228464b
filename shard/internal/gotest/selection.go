package gotest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Selection is the part of a test binary's arguments that decides which tests run, how
// often and in which order.
type Selection struct {
	args    []string
	run     pattern // nil for all
	skip    pattern // nil for none
	written string  // the -skip
	shuffle string  // "" for off
	times   int
}

// wholeFlags are flags that measure, write a single file or run no tests, with the value
// that turns them off.
var wholeFlags = []string{
	"bench", "blockprofile", "cpuprofile", "fuzz", "list", "memprofile", "mutexprofile", "trace",
}

// NewSelection reads the arguments of a test binary. If reason is not empty, the tests
// cannot be split over several processes, and only Match of the Selection may be used: it
// reports what one process runs, and returns true for what it does not know.
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
		// Package testing stops repeating if no test without subtests has run, which
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

// Match reports whether a top-level test runs, completely or in part.
func (s Selection) Match(root string) bool {
	if s.run != nil {
		if matches, _ := s.run.matchRoot(root); !matches {
			return false
		}
	}
	skipped, partial := s.skip.matchRoot(root)
	return !skipped || partial
}

// Times is how often each selected test and fuzz target runs. Package testing runs an
// example once, regardless of -count and -cpu.
func (s Selection) Times() int { return s.times }

// Shuffle is the seed of -shuffle, "on" if package testing chooses it, and empty without
// -shuffle.
func (s Selection) Shuffle() string { return s.shuffle }

// ResolveShuffle returns the Selection with seed for -shuffle=on, so that all processes
// have the same order. Package testing shuffles its list before it applies the selection,
// so two tests have the same order as in an unsplit run.
func (s Selection) ResolveShuffle(seed int64) Selection {
	if s.shuffle == "on" {
		s.shuffle = strconv.FormatInt(seed, 10)
		s.args = s.with("shuffle", s.shuffle)
	}
	return s
}

// Chunks splits roots, in order, into groups for one process each, for modes without
// tests that stay together. For a pattern that selects subtests, package testing
// alternates between that pattern and the one for the roots, and compiles a pattern each
// time it differs from the last one. So a process gets few roots with such a pattern. All
// other roots go to other processes, with commands that are short enough to copy by hand.
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

// chunks are groups of names. Names may be added to the last one.
type chunks struct {
	all    [][]string
	length int // length of the last one, in bytes
}

// add adds a name to the last chunk, or to a new one if the last would get more than most
// names or become longer than longest.
func (c *chunks) add(name string, most, longest int) {
	last := len(c.all) - 1
	if c.length += len(name) + 1; last < 0 || len(c.all[last]) == most || c.length > longest {
		c.all = append(c.all, []string{name})
		c.length = len(name) + 1
		return
	}
	c.all[last] = append(c.all[last], name)
}

// Fits reports whether one process can get all the roots: whether their names fit in a
// command line and, if a pattern selects subtests (see Chunks), whether they are few
// enough that matching does not take longer than the tests.
func (s Selection) Fits(roots []string) bool {
	const quick = 8 << 10 // bytes: 1 ms to compile
	length := 0
	for _, root := range roots {
		length += len(root) + 1
	}
	return length <= quick || length <= LongestPattern*9/10 && !slices.ContainsFunc(roots, s.hasLevelsFor)
}

// hasLevelsFor reports whether a pattern selects subtests of a root.
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

// Args returns the arguments that run exactly the selected roots, with their selected
// subtests. It is not ok if the patterns are too long for a command line.
func (s Selection) Args(roots []string) (args []string, ok bool) {
	var whole []string // without a pattern for their subtests
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

// Subtests returns the arguments that run a root with only the subtests of these names, which are
// the first parts of their names after that of the root; AllSubtestsBut those that run all others.
// The Selection selects the root with all its subtests (see SelectsAll). They are not ok if the
// pattern is too long for a command line.
func (s Selection) Subtests(root string, names []string) (args []string, ok bool) {
	return s.patterns(NamesPattern([]string{root})+"/"+NamesPattern(names), "")
}

// AllSubtestsBut is described at Subtests.
func (s Selection) AllSubtestsBut(root string, names []string) (args []string, ok bool) {
	root = NamesPattern([]string{root})
	return s.patterns(root, root+"/"+NamesPattern(names))
}

// SelectsAll reports whether a root runs once, with all its subtests.
func (s Selection) SelectsAll(root string) bool {
	return s.times == 1 && s.Match(root) && !s.hasLevelsFor(root)
}

// skipOf returns the alternatives of -skip that apply to the roots.
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

// Rest returns the arguments that run everything selected, including unlisted tests, except
// others. It is not ok if the pattern is too long for a command line.
func (s Selection) Rest(others []string) (args []string, ok bool) {
	if len(others) == 0 {
		return slices.Clone(s.args), true
	}
	skip := NamesPattern(others)
	if s.written != "" {
		// The first matching alternative decides, so the user's x/y would let x run.
		skip += "|" + s.written
	}
	if len(skip) > LongestPattern {
		return nil, false
	}
	return s.with("skip", skip), true
}

// with returns the arguments with one flag instead of all flags of that name, or with none
// for an empty value. The flag comes first, because after an unknown flag it might be taken
// for a value.
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
