package differential

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/shardtest"
)

var (
	// toolName is the name of the program in the help of its tools.
	toolName = regexp.MustCompile(`\S*gotests(um|hard) tool\b`)
	// ownTool matches the parts of the help about features that gotestsum's tools do not have.
	ownTool   = regexp.MustCompile(`(?m)^ +\S*gotestshard tool (?:timings|report) .*\n|(?s)\nWith --timings it prints .*$`)
	processID = regexp.MustCompile(`(?m)^go test pid: \d+$`)
	// wallClock matches times from the clock, which are used if a stream has no times.
	wallClock = regexp.MustCompile(`(?m)( in |GOTESTSUM_ELAPSED=)\d+\.\d{3}s$`)
	wallTimes = regexp.MustCompile(`(<testsuites .*time=")[^"]*|(timestamp=")[^"]*`)
	// realTimes matches the times of tests that really run.
	realTimes = regexp.MustCompile(`"(Time|Elapsed)":[^,}]*|(time|timestamp)="[^"]*"`)
)

// normal removes the differences between two runs of the same program. It keeps the times
// of a played stream, because they come from the stream.
func (c diffCase) normal(o outcome, dir string) outcome {
	clean := func(text string) string {
		text = strings.ReplaceAll(text, dir, "/dir")
		if strings.Contains(text, " tool") { // skips slow expressions, because few texts are about the tools
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
			text = shardtest.Normal(realTimes.ReplaceAllString(text, "T"))
			text = strings.ReplaceAll(text, " (Ts)", "") // missing for 0s
		}
		if c.anyOrder {
			text = shardtest.Sorted(text)
		}
		return text
	}
	o.stdout, o.stderr = clean(o.stdout), clean(o.stderr)
	for name, text := range o.files {
		if strings.HasPrefix(name, "state") { // state files of the module's tests
			delete(o.files, name)
			continue
		}
		o.files[name] = clean(text)
	}
	return o
}

// compare returns the differences, empty for none.
func compare(theirs, ours outcome) string {
	var text strings.Builder
	differ := func(what, theirs, ours string) {
		if theirs != ours {
			fmt.Fprintf(&text, "\n%s of gotestsum:\n%s\n%s of gotestshard:\n%s", what, mark(theirs, ours), what, mark(ours, theirs))
		}
	}
	if theirs.exit == exit.OwnError && theirs.stdout == "" && ours.exit == exit.OwnError {
		// After an error before the first event, neither program waits for the command,
		// so its progress is random.
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

// mark quotes the lines of text around the first line that differs from other, and puts an
// arrow at that line.
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
