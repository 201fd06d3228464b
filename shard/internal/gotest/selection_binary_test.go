package gotest

import (
	"bufio"
	"fmt"
	"io"
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

// selectionBinary runs the test binary of testdata/selection.
type selectionBinary struct {
	path   string
	in     io.WriteCloser // of the process that serves, if one runs
	out    *bufio.Reader
	server *exec.Cmd
}

func newSelectionBinary(t testing.TB) *selectionBinary {
	b := &selectionBinary{path: buildSelection(t)}
	t.Cleanup(b.stop)
	return b
}

// stop ends the process that serves.
func (b *selectionBinary) stop() {
	if b.server != nil {
		_ = b.in.Close()
		_ = b.server.Wait()
		b.server = nil
	}
}

// serve starts the process that serves.
func (b *selectionBinary) serve() error {
	b.server = exec.Command(b.path)
	b.server.Env = append(os.Environ(), "SELECTION_SERVE=1")
	out, err := b.server.StdoutPipe()
	if err != nil {
		return err
	}
	b.server.Stderr = b.server.Stdout
	if b.in, err = b.server.StdinPipe(); err != nil {
		return err
	}
	b.out = bufio.NewReader(out)
	return b.server.Start()
}

// served runs the tests in the process that serves. It is not ok if they failed, or if the process
// ended, as package testing ends it because of the arguments.
func (b *selectionBinary) served(t testing.TB, args []string) (out string, ok bool) {
	t.Helper()
	if b.server == nil {
		if err := b.serve(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := fmt.Fprintf(b.in, "%q\n", "\x00"+strings.Join(args, "\x00")); err != nil {
		t.Fatal(err)
	}
	out, err := b.out.ReadString(0)
	if err != nil {
		b.stop()
		return out, false
	}
	code, err := b.out.ReadString('\n')
	if err != nil {
		t.Fatalf("%q: after\n%s%s: %v", args, out, code, err)
	}
	return out, code == "0\n"
}

// ran returns how often the binary ran each test and subtest, and the names in order. It is
// not ok if the binary rejected the arguments.
func (b *selectionBinary) ran(t testing.TB, args ...string) (times map[string]int, order []string, ok bool) {
	t.Helper()
	args = append([]string{"-test.v=true"}, args...)
	var out string
	// Package testing keeps the numbers of -cpu and the order of -shuffle from run to run.
	keeps := func(arg string) bool {
		return strings.HasPrefix(arg, "-test.cpu") || strings.HasPrefix(arg, "-test.shuffle")
	}
	if slices.ContainsFunc(args, keeps) {
		printed, err := exec.Command(b.path, args...).CombinedOutput()
		out, ok = string(printed), err == nil
	} else {
		out, ok = b.served(t, args)
	}
	times = map[string]int{}
	for line := range strings.Lines(out) {
		if name, isRun := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "=== RUN   "); isRun {
			times[name]++
			order = append(order, name)
		}
	}
	if !ok && len(times) > 0 {
		t.Fatalf("%q failed:\n%s", args, out)
	}
	return times, order, ok
}

// checkSplit runs the binary with args, and with the arguments of a random
// partition of its tests, and compares.
func checkSplit(t testing.TB, binary *selectionBinary, args []string, random *rand.Rand) {
	t.Helper()
	s, reason := NewSelection(args)
	if strings.HasPrefix(reason, "-count with ") {
		return // it may stay whole although the binary accepts it
	}
	want, _, ok := binary.ran(t, args...)
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
		some, _, accepted := binary.ran(t, batchArgs...)
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
	binary := newSelectionBinary(t)
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
	binary := newSelectionBinary(t)
	s, _ := NewSelection([]string{"-test.shuffle=on"})
	s = s.ResolveShuffle(42)
	whole, _ := s.Rest(nil)
	_, want, _ := binary.ran(t, whole...)
	batch := []string{"TestA", "TestB", "TestC", "Test_sub", "FuzzA"}
	args, _ := s.Args(batch)
	_, got, _ := binary.ran(t, args...)
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
	binary := newSelectionBinary(f)
	f.Fuzz(func(t *testing.T, run, skip string, seed uint64) {
		if strings.ContainsRune(run+skip, 0) || len(run)+len(skip) > 1000 {
			t.Skip("no argument of a process")
		}
		checkSplit(t, binary, []string{"-test.run=" + run, "-test.skip=" + skip}, rand.New(rand.NewPCG(seed, 0)))
	})
}
