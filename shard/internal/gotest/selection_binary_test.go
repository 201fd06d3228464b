package gotest

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var selectionRoots = []string{
	"TestA", "TestAB", "TestB", "TestB1", "TestC", "TestÉ", "Test", "Test_sub", "FuzzA", "FuzzB", "Example_a", "Example_b",
}

// selectionDir is the folder of the test binary of testdata/selection, empty before
// buildSelection. TestMain removes it.
var selectionDir string

// buildSelection builds the test binary of testdata/selection, once.
func buildSelection(t testing.TB) string {
	t.Helper()
	if selectionDir == "" {
		dir, err := os.MkdirTemp("", "selection")
		if err != nil {
			t.Fatal(err)
		}
		selectionDir = dir
		// Without -race, which GOFLAGS may set: such a program takes a second to exit.
		build := exec.Command("go", "test", "-race=false", "-vet=off", "-ldflags=-s", "-c", "-o", filepath.Join(dir, "selection.test"), "./testdata/selection")
		build.Env = append(os.Environ(), "GOGC=off")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	return filepath.Join(selectionDir, "selection.test")
}

// ran returns how often the binary ran each test and subtest, and the names in order. It is
// not ok if the binary rejected the arguments.
func ran(t testing.TB, binary string, args ...string) (times map[string]int, order []string, ok bool) {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command(binary, append([]string{"-test.v=true"}, args...)...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	times = map[string]int{}
	for line := range strings.Lines(string(out)) {
		if name, isRun := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "=== RUN   "); isRun {
			times[name]++
			order = append(order, name)
		}
	}
	if err != nil && len(times) > 0 {
		t.Fatalf("%q: %v\n%s%s", args, err, out, stderr.Bytes())
	}
	return times, order, err == nil
}

// checkSplit runs the binary with args, and with the arguments of a random
// partition of its tests, and compares.
func checkSplit(t testing.TB, binary string, args []string, random *rand.Rand) {
	t.Helper()
	s, reason := NewSelection(args)
	if strings.HasPrefix(reason, "-count with ") {
		return // it may stay whole although the binary accepts it
	}
	want, _, ok := ran(t, binary, args...)
	if ok != (reason == "") {
		t.Fatalf("%q: the binary took it: %v, reason %q", args, ok, reason)
	}
	if !ok {
		return
	}
	for _, root := range selectionRoots {
		if s.Match(root) != (want[root] > 0) {
			t.Errorf("%q: Match(%s) is %v, it ran %d times", args, root, s.Match(root), want[root])
		}
		expected := s.Times()
		if strings.HasPrefix(root, "Example") {
			expected = 1
		}
		if n := want[root]; n != 0 && n != expected {
			t.Errorf("%q: %s ran %d times, Times is %d", args, root, n, s.Times())
		}
	}
	batches := make([][]string, 1+random.IntN(3))
	for _, root := range selectionRoots {
		if s.Match(root) {
			i := random.IntN(len(batches))
			batches[i] = append(batches[i], root)
		}
	}
	got := map[string]int{}
	for i, batch := range batches {
		batchArgs, ok := s.Args(batch)
		if i == len(batches)-1 && random.IntN(2) == 0 { // the last batch is the rest
			batchArgs, ok = s.Rest(slices.Concat(batches[:i]...))
		} else if len(batch) == 0 && i > 0 {
			continue // one such process is enough
		}
		some, _, accepted := ran(t, binary, batchArgs...)
		if !ok || !accepted {
			t.Fatalf("%q: batch %q: %v, %v", args, batchArgs, ok, accepted)
		}
		for name, n := range some {
			got[name] += n
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("%q in %q: got\n%v\nwant\n%v", args, batches, got, want)
	}
}

func TestSplitRunsTheSame(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a test binary many times; run the tests without -short")
	}
	binary := buildSelection(t)
	patterns := []string{
		"", "A", "^TestA$", "TestA|TestB", "^(TestA|TestB)$", "TestA/a", "TestA/a|TestA", "TestA|TestA/a", "TestA/a|TestB/b", "/x", "/",
		"//x", "/a/x", "|", "TestA|", "TestA/with space", "TestA/with_space", "/[a/b]", "A[/]", "(A|B)/(a|b)", "B/b|A/a|B/TestA", "TestA/a/b",
		"[[]", "TestA/[[]", "TestA/[[]/b|TestB", "]", `\|`, `A\`, "a)", "(?i)testa/A", "É", "TestÉ/a|C", "Fuzz", "FuzzA/seed#1", "FuzzA/seed#0|Example",
		"Example/x", ".", "^$", "NoSuch", "/a#01", "TestA/a$/x#01", "TestB/\u200b", "TestB/é|/a", "TestA]*/a", "[(]*A/a", "[", "(/)|A", "A/x|B", "TestA/(a|b)/x|Test_sub",
	}
	random := rand.New(rand.NewPCG(1, 2))
	for i, pattern := range patterns {
		run, skip, more := "-test.run="+pattern, "-test.skip="+pattern, "-test.skip="+patterns[random.IntN(len(patterns))]
		for _, args := range [][]string{{run}, {skip}, {run, more}}[:2+i%2] {
			if random.IntN(5) == 0 {
				args = append(args, "-test.count=2", "-test.cpu=1,2")
			}
			checkSplit(t, binary, args, random)
		}
	}
	checkSplit(t, binary, nil, random)
	checkSplit(t, binary, []string{"-test.count=2", "-test.cpu=1,2"}, random)
}

func TestSplitKeepsTheShuffledOrder(t *testing.T) {
	binary := buildSelection(t)
	s, _ := NewSelection([]string{"-test.shuffle=on"})
	s = s.ResolveShuffle(42)
	whole, _ := s.Rest(nil)
	_, want, _ := ran(t, binary, whole...)
	batch := []string{"TestA", "TestB", "TestC", "Test_sub", "FuzzA"}
	args, _ := s.Args(batch)
	_, got, _ := ran(t, binary, args...)
	want = slices.DeleteFunc(want, func(name string) bool {
		root, _, _ := strings.Cut(name, "/")
		return !slices.Contains(batch, root)
	})
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

func FuzzSplitRunsTheSame(f *testing.F) {
	for _, seed := range [][2]string{
		{"", ""}, {"A/b|C", "A|B"}, {"[[]/x", "A"}, {"((/)|A", ")"}, {`\`, `\/`}, {"/x y", "é/\u2028"}, {"[]", "]/["}, {"A", "A/b|A"},
	} {
		f.Add(seed[0], seed[1], uint64(1))
	}
	binary := buildSelection(f)
	f.Fuzz(func(t *testing.T, run, skip string, seed uint64) {
		if strings.ContainsRune(run+skip, 0) || len(run)+len(skip) > 1000 {
			t.Skip("no argument of a process")
		}
		checkSplit(t, binary, []string{"-test.run=" + run, "-test.skip=" + skip}, rand.New(rand.NewPCG(seed, 0)))
	})
}
