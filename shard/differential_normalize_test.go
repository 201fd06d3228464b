package shard

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/exit"
)

var (
	// toolName is how the tools call themselves.
	toolName = regexp.MustCompile(`\S*gotests(um|hard) tool\b`)
	// ownTool is what the help says of what gotestsum's tools do not do.
	ownTool   = regexp.MustCompile(`(?m)^ +\S*gotestshard tool timings .*\n|(?s)\nWith --timings it prints .*$`)
	processID = regexp.MustCompile(`(?m)^go test pid: \d+$`)
	// wallClock is where a stream without times gets one from the clock.
	wallClock = regexp.MustCompile(`(?m)( in |GOTESTSUM_ELAPSED=)\d+\.\d{3}s$`)
	wallTimes = regexp.MustCompile(`(<testsuites .*time=")[^"]*|(timestamp=")[^"]*`)
	// realTimes are those of tests that are run for it.
	realTimes = regexp.MustCompile(`"(Time|Elapsed)":[^,}]*|(time|timestamp)="[^"]*"`)
)

// normal takes out what differs between two runs of one program. Times of a
// stream that is played are the stream's: they stay.
func (c diffCase) normal(o outcome, dir string) outcome {
	clean := func(text string) string {
		text = strings.ReplaceAll(text, dir, "/dir")
		if strings.Contains(text, " tool") { // the expressions are slow, and most texts are not about the tools
			text = ownTool.ReplaceAllString(text, "")
			text = toolName.ReplaceAllString(text, "PROGRAM tool")
		}
		if strings.Contains(text, "go test pid: ") {
			text = processID.ReplaceAllString(text, "go test pid: N")
		}
		if c.timeless || c.module {
			text = wallClock.ReplaceAllString(text, "${1}Ts")
			text = wallTimes.ReplaceAllString(text, "${1}${2}T")
		}
		if c.module {
			text = normal(realTimes.ReplaceAllString(text, "T"))
			text = strings.ReplaceAll(text, " (Ts)", "") // which is not there for 0s
		}
		if c.anyOrder {
			text = sorted(text)
		}
		return text
	}
	o.stdout, o.stderr = clean(o.stdout), clean(o.stderr)
	for name, text := range o.files {
		if strings.HasPrefix(name, "state") { // of the module's own tests
			delete(o.files, name)
			continue
		}
		o.files[name] = clean(text)
	}
	return o
}

// compare returns what differs, empty when nothing does.
func compare(theirs, ours outcome) string {
	var text strings.Builder
	differ := func(what, theirs, ours string) {
		if theirs != ours {
			fmt.Fprintf(&text, "\n%s of gotestsum:\n%s\n%s of gotestshard:\n%s", what, mark(theirs, ours), what, mark(ours, theirs))
		}
	}
	if theirs.exit == exit.OwnError && theirs.stdout == "" && ours.exit == exit.OwnError {
		// An error before the first event: neither waits for the command, so how
		// far that came is chance.
		theirs.files, ours.files = maps.Clone(theirs.files), maps.Clone(ours.files)
		delete(theirs.files, "calls")
		delete(ours.files, "calls")
	}
	differ("standard output", theirs.stdout, ours.stdout)
	differ("standard error", theirs.stderr, ours.stderr)
	names := slices.Collect(maps.Keys(theirs.files))
	for name := range ours.files {
		if _, ok := theirs.files[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		their, theyHave := theirs.files[name]
		our, weHave := ours.files[name]
		if theyHave != weHave {
			fmt.Fprintf(&text, "\nfile %s: gotestsum wrote it: %v, gotestshard: %v", name, theyHave, weHave)
			continue
		}
		differ("file "+name, their, our)
	}
	if theirs.exit != ours.exit {
		fmt.Fprintf(&text, "\nexit code of gotestsum %d, of gotestshard %d", theirs.exit, ours.exit)
	}
	return text.String()
}

// mark quotes the lines of text, with an arrow at the first that other has not
// at that place, and leaves out what is far from it.
func mark(text, other string) string {
	lines, others := strings.SplitAfter(text, "\n"), strings.SplitAfter(other, "\n")
	first := 0
	for first < len(lines)-1 && first < len(others) && lines[first] == others[first] {
		first++
	}
	var marked strings.Builder
	for i := max(0, first-3); i < min(len(lines), first+12); i++ {
		arrow := "   "
		if i == first {
			arrow = "-> "
		}
		fmt.Fprintf(&marked, "%s%4d %q\n", arrow, i+1, lines[i])
	}
	return marked.String()
}
