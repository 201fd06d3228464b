package observe

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// scanLong scans a stream of events with lines of 1 KB. An event is "package test action", and
// the number of lines for output. It returns the handler and what each test printed.
func scanLong(t *testing.T, events ...string) (*Handler, *testjson.Execution, map[string]string) {
	t.Helper()
	h, err := New(option.Options{Display: option.Display{Format: "pkgname"}}, nil, nil, io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	var in strings.Builder
	texts := map[string]*strings.Builder{}
	line := strings.Repeat("x", 1000)
	for i, event := range events {
		var pkg, test, action string
		lines := 1
		_, _ = fmt.Sscan(event, &pkg, &test, &action, &lines)
		name := test
		if test == "-" {
			test = ""
		}
		for n := range lines {
			output := ""
			if action == "output" {
				output = fmt.Sprintf("%d.%d %s\n", i, n, line)
				if texts[pkg+" "+name] == nil {
					texts[pkg+" "+name] = &strings.Builder{}
				}
				texts[pkg+" "+name].WriteString(output)
			}
			text := strings.ReplaceAll(output, "\n", `\n`) // %q would take most of the time
			fmt.Fprintf(&in, `{"Action":%q,"Package":%q,"Test":%q,"Output":"%s"}`+"\n", action, pkg, test, text)
		}
	}
	exec, err := h.Scan(testjson.ScanConfig{Stdout: strings.NewReader(in.String())})
	if err != nil {
		t.Fatal(err)
	}
	printed := map[string]string{}
	for name, text := range texts {
		printed[name] = text.String()
	}
	return h, exec, printed
}

// inHeap returns the bytes of the strings of a test that are not in the file.
func inHeap(m *outputMover, name testName) int {
	for _, o := range append([]*heldOutput{m.latest}, m.others[name]) {
		if o != nil && o.testName == name && !o.ended {
			return o.heap
		}
	}
	return -1
}

// Long output of tests and packages goes to the file, and is read as before.
func TestLongOutput(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("it stays in memory there")
	}
	h, exec, printed := scanLong(t, "p TestA run", "p TestB run", "q TestA run", "p TestA output 600", "p TestB output 3000", "q TestA output 1500",
		"p TestA output 900", "p - output 2000", "p TestA/sub run", "p TestA/sub output 1500", "p TestA/sub pass", "p TestA fail", "p TestB skip")
	for _, pkg := range exec.Packages() {
		for _, tc := range append(exec.Package(pkg).TestCases(), testjson.TestCase{Package: pkg}) {
			name := tc.Test.Name()
			if name == "" {
				name = "-"
			}
			if got := strings.Join(OwnLines(exec, tc), ""); got != printed[pkg+" "+name] {
				t.Errorf("%s %s: %d bytes, want %d", pkg, name, len(got), len(printed[pkg+" "+name]))
			}
		}
	}
	var moved []string
	for key, outputs := range h.long.moved {
		for _, o := range outputs {
			moved = append(moved, fmt.Sprintf("%s %s %d", key.pkg, key.root, len(o.blocks)))
		}
	}
	if len(moved) != 4 { // q's test and the test that skipped included
		t.Errorf("moved: %q", moved)
	}
	if n := inHeap(&h.long, testName{"p", ""}); n < 0 || n > 128<<10 {
		t.Errorf("%d bytes of the package are in memory", n)
	}
}

// The blocks of a test that passed are free again when testjson has dropped its output, and
// short output stays where it is.
func TestLongOutputOfPassedTests(t *testing.T) {
	h, _, _ := scanLong(t, "p TestShort run", "p TestShort output 900", "p TestShort fail", "p - output 100",
		"p TestA run", "p TestA/sub run", "p TestA/sub output 2000", "p TestA/sub pass", "p TestA output 2000", "p TestA pass")
	if len(h.long.moved) > 0 {
		t.Errorf("blocks of %v are in use", h.long.moved)
	}
	for name, want := range map[testName]int{{"p", ""}: 100, {"p", "TestA"}: -1} {
		if got := inHeap(&h.long, name); got/1000 != want && got != want {
			t.Errorf("%v: %d bytes in memory", name, got)
		}
	}
}

// Many failed tests together are bounded, too.
func TestLongOutputOfManyTests(t *testing.T) {
	events := []string{}
	for i := range 40 { // 20 MB
		test := fmt.Sprintf("p Test%d ", i)
		events = append(events, test+"run", test+"output 500", test+"fail")
	}
	h, exec, printed := scanLong(t, events...)
	if runtime.GOOS != "windows" && h.long.kept > longOutputs+longOutput {
		t.Errorf("%d bytes in memory", h.long.kept)
	}
	for _, tc := range exec.Package("p").Failed {
		if got := strings.Join(exec.OutputLines(tc), ""); got != printed["p "+tc.Test.Name()] {
			t.Errorf("%s: %d bytes", tc.Test, len(got))
		}
	}
}

// testjson returns its own list of strings and not a copy of it. Otherwise moving them would leave
// them in the heap too.
func TestKeptStrings(t *testing.T) {
	_, exec, _ := scanLong(t, "p TestA run", "p TestA output 100", "p TestA/sub run", "p TestA/sub output 100", "p TestA/sub fail", "p TestA fail", "p - output 100", "p - fail")
	pkg := exec.Package("p")
	for id := range 3 { // the package, the test and its subtest
		if strs := keptStrings(pkg, id); len(strs) < 2 {
			t.Errorf("%d: %q", id, strs)
			continue
		}
		keptStrings(pkg, id)[1] = "moved"
		if got := keptStrings(pkg, id)[1]; got != "moved" {
			t.Errorf("%d: %.20q is from a copy of the list", id, got)
		}
	}
}
