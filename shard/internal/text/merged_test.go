package text

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
	"github.com/gotestshard/gotestshard/shard/internal/framing/framingtest"
)

// failOpen appends to histories the ends that FailRunning adds to unfinished tests.
func failOpen(tests map[string][]string) {
	ended := func(name string) bool {
		return slices.ContainsFunc(tests[name], func(what string) bool { return what == "pass" || what == "fail" || what == "skip" })
	}
	state := func(name string) string { // run, pause, cont, end or none
		if ended(name) {
			return "end"
		}
		for _, what := range slices.Backward(tests[name]) {
			if what == "run" || what == "pause" || what == "cont" {
				return what
			}
		}
		return "none"
	}
	again := func(root string) bool {
		for name := range tests {
			if (name == root || strings.HasPrefix(name, root+"/")) && state(name) != "pause" {
				return false
			}
		}
		return true
	}
	waiting := map[string]bool{}
	for name := range tests {
		waiting[framing.Root(name)] = again(framing.Root(name))
	}
	for name := range tests {
		if s := state(name); s == "end" || s == "none" || waiting[framing.Root(name)] {
			continue
		}
		end := fmt.Sprintf("--- FAIL: %s (0.00s)\n", name)
		if last := len(tests[name]) - 1; strings.HasPrefix(tests[name][last], `"`) {
			tests[name][last] = strings.TrimSuffix(tests[name][last], `"`) + strings.TrimPrefix(fmt.Sprintf("%q", end), `"`)
		} else {
			tests[name] = append(tests[name], fmt.Sprintf("%q", end))
		}
		tests[name] = append(tests[name], "fail")
	}
}

// merged passes texts to a merge in random pieces and returns its output. An observer of
// the same texts must see the same. With fail, unfinished tests fail.
func merged(t *testing.T, texts [][]byte, suffixes []string, random *rand.Rand, fail bool) []byte {
	t.Helper()
	var out bytes.Buffer
	merge := NewMerge(&out)
	processes := make([]*Process, len(texts))
	observers := make([]*Observer, len(texts))
	clock := func() time.Time { return time.Unix(0, 0) }
	rest := slices.Clone(texts)
	var passed bytes.Buffer
	for i := range texts {
		processes[i] = merge.Process(Options{Suffix: suffixes[i], Now: clock})
		observers[i] = NewObserver(&passed, Options{Now: clock})
	}
	open := len(texts)
	for open > 0 {
		i := random.IntN(len(texts))
		if processes[i] == nil {
			continue
		}
		p, o := processes[i], observers[i]
		if len(rest[i]) == 0 {
			p.End()
			if !slices.Equal(p.Running(), o.Running()) || !slices.Equal(p.Paused(), o.Paused()) ||
				!slices.Equal(p.Started(), o.Started()) || !maps.Equal(p.Ended(), o.Ended()) || p.Verdict() != o.Verdict() {
				t.Errorf("process %d: an observer sees another run", i)
			}
			if fail {
				p.FailRunning("")
				if len(p.Running()) > 0 {
					t.Errorf("process %d: %q run after FailRunning", i, p.Running())
				}
			}
			processes[i] = nil
			open--
			continue
		}
		n := min(1+random.IntN(1<<random.IntN(14)), len(rest[i]))
		for _, w := range []io.Writer{p, o} {
			if written, err := w.Write(rest[i][:n]); written != n || err != nil {
				t.Fatalf("Write: %d, %v", written, err)
			}
		}
		rest[i] = rest[i][n:]
		if held := len(p.pending) + len(p.held); held > 128<<10 {
			t.Errorf("process %d: %d bytes are held", i, held)
		}
	}
	if err := merge.Finish("PASS", ""); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// checkTests compares what happened to the tests of merged texts with what happened to
// those of each text alone.
func checkTests(t *testing.T, got map[string][]string, alone []map[string][]string, suffixes []string) {
	t.Helper()
	for i, tests := range alone {
		for name, want := range tests {
			root := framing.Root(name)
			full := root + suffixes[i] + name[len(root):]
			have := slices.Clone(got[full])
			for j := range have {
				if suffixes[i] != "" {
					have[j] = strings.ReplaceAll(have[j], suffixes[i], "")
				}
			}
			if !slices.Equal(have, want) {
				t.Errorf("%.100s:\n%s", full, framingtest.Difference(have, want))
			}
			delete(got, full)
		}
	}
	for name, history := range got {
		t.Errorf("%.100s comes from nowhere: %.1000q", name, history)
	}
}
