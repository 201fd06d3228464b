// Package differential has only a test, which compares gotestsum and gotestshard. It is a
// package of its own, so that it runs beside the other long tests.
package differential

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gotestshard/gotestshard/shard/internal/shardtest"
)

func TestMain(m *testing.M) {
	testscript.Main(shardtest.Main{M: m, End: removePrograms}, map[string]func(){"play": playMain})
}

// TestDifferential runs gotestsum and gotestshard with the same command lines, on streams
// from shard/testdata/streams that a small program plays (--raw-command) and on the module there.
// It compares standard output, standard error, files and the exit codes.
// cases_test.go has the command lines, streams_test.go the streams, and kept_test.go the
// intended differences. With recorded_test.go, gotestsum does not run again if both programs
// did the same before. With inside_test.go, cases do not start a program each.
func TestDifferential(t *testing.T) {
	shardtest.Expensive(t, "runs thousands of command lines")
	p := buildPrograms(t)
	streams := loadStreams(t)
	dir := t.TempDir()
	writeStreams(t, dir, streams)
	cases := slices.Concat(cannedCases(streams), realCases())
	if len(cases) < fewestCases {
		t.Errorf("%d cases, want at least %d", len(cases), fewestCases)
	}
	_, _ = fmt.Printf("differential test: %d cases on %d streams\n", len(cases), len(streams))

	seen := map[string]bool{}
	kept := keptCount{counts: map[string]int{}}
	agreed := readAgreed(t)
	inside := newPlayers(t, t.TempDir())
	run := func(t *testing.T, c diffCase) outcome {
		if !c.inside() {
			return p.run(t, p.gotestshard, c)
		}
		return inside.runInside(t, p, c)
	}
	try := func(t *testing.T, c diffCase) {
		key := agreed.key(c, streams)
		c.env = append(c.env, "STREAMS="+dir)
		c.settle(streams)
		if hash, ok := agreed.known[key]; ok {
			ours := run(t, c)
			if ours.hash() == hash {
				kept.allows(c, ours, ours, "")
				agreed.note(key, ours, false, true)
				return
			}
		}
		theirs, ours := p.both(t, c)
		difference := compare(theirs, ours)
		agreed.note(key, ours, true, difference == "")
		if !kept.allows(c, theirs, ours, difference) {
			t.Errorf("%s\ndiffers:%s", c.commandLine(), difference)
		}
	}
	for group, module := range map[string]bool{"streams": false, "module": true} {
		t.Run(group, func(t *testing.T) {
			for _, c := range cases {
				if c.module != module {
					continue
				}
				name := c.name()
				if seen[name] {
					t.Errorf("%s is there twice", name)
				}
				seen[name] = true
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					try(t, c)
				})
			}
		})
	}
	kept.log(t, len(cases))
	if kept.ran == len(cases) {
		agreed.write(t, len(cases))
	}
}

// diffCase is one command line.
type diffCase struct {
	play   string   // what replay plays, empty to use the arguments unchanged
	args   []string // those before --raw-command, or all
	env    []string
	module bool // run in a copy of the module, with the go command
	stdin  string
	files  []string // streams that are in the folder as NAME.json

	timeless bool // the stream has no times, so the output has times from the clock
	anyOrder bool // gotestsum's order varies
	chance   bool // gotestsum's output varies in other ways too
}

func (c diffCase) name() string {
	name := strings.Join(slices.Concat(c.env, []string{c.play}, c.args), " ")
	if c.stdin != "" {
		name += fmt.Sprintf(" with %d bytes of standard input", len(c.stdin))
	}
	return name
}

func (c diffCase) allArgs() []string {
	if c.play == "" {
		return c.args
	}
	return slices.Concat(c.args, []string{"--raw-command", "--", "replay", c.play})
}

func (c diffCase) commandLine() string {
	return fmt.Sprintf("%q with %q", c.allArgs(), c.env)
}

// settle determines from the streams what may differ from run to run.
func (c *diffCase) settle(streams map[string]testStream) {
	c.anyOrder = c.anyOrder || c.module
	// --max-fails ends the run with unfinished tests, and shows the end of one of them.
	c.chance = c.chance || slices.ContainsFunc(c.args, func(arg string) bool {
		value, ok := strings.CutPrefix(arg, "--max-fails=")
		_, err := strconv.Atoi(value)
		return ok && err == nil // otherwise nothing runs
	})
	for played := range strings.SplitSeq(c.play, ",") {
		name, _, _ := strings.Cut(played, ":")
		s := streams[name]
		c.timeless = c.timeless || s.timeless
		c.anyOrder = c.anyOrder || s.anyOrder
	}
}

// both returns the outcomes of both programs. If they vary, it runs the programs until both
// outcomes are the same once.
func (p programs) both(t testing.TB, c diffCase) (theirs, ours outcome) {
	t.Helper()
	theirs, ours = p.run(t, p.gotestsum, c), p.run(t, p.gotestshard, c)
	if !c.chance && !c.anyOrder {
		return theirs, ours
	}
	all := []outcome{theirs}
	for range 20 {
		for _, theirs := range all {
			if compare(theirs, ours) == "" {
				return theirs, ours
			}
		}
		all = append(all, p.run(t, p.gotestsum, c))
		ours = p.run(t, p.gotestshard, c)
	}
	return theirs, ours
}
