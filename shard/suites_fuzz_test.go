package shard

import (
	"encoding/xml"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/shardtest"
)

// What the tests of a random suite do (testdata/suites), and how it runs.
var (
	suiteTests = []string{"passes", "passes", "passes", "parallel", "skips", "flaky", "exits", "panics", "fails"}
	suiteMains = []string{"", "fails on gw1", "fails once", "leaks once", "exits 3", "forgets"}
	suiteModes = []string{"-n 2", "-n 3 --dist load", "-n 2 --dist loadfile", "-n 2 --dist worksteal", "--rerun-fails-strict"}
)

// suiteTimes are the durations of earlier runs with which --dist loadsub divides TestA and TestC.
const suiteTimes = `{"format": "gotestshard timings", "version": 1, "packages": {"example.com/suites": {"seen": "9999-12-31", "start": [1], "tests": {%s
}}}}`

// belowZero matches a line of the table of shards.
var belowZero = regexp.MustCompile(`(?m)^gw\d+ .* -\d`)

// suiteRun is one run of a random suite.
type suiteRun struct {
	tests, main, mode string
	subtests          []string // the names of those that may run in several processes
	reruns            bool

	exit   int
	output string
	log    string
	junit  map[string]bool // whether a case of that name failed
}

// FuzzRandomSuites: in each mode, a run passes only if the last result of each test is passed
// or skipped, and if every failure outside the tests was rerun as a whole. A run that does
// not pass lists the tests that failed or did not run.
func FuzzRandomSuites(f *testing.F) {
	shardtest.Expensive(f, "runs random suites")
	// Each seed is a suite. Among others, these have a flaky test with a TestMain that fails
	// on one worker, crashes, and a TestMain that ignores the exit code.
	// The last ones divide tests.
	for _, seed := range []uint64{14, 22, 27, 161, 326, 693, 2, 10, 18} {
		f.Add(seed)
	}
	program, err := exec.LookPath("gotestshard")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := randomSuite(seed)
		r.run(t, program)
		r.check(t)
		if t.Failed() {
			t.Logf("%s, TestMain %q, %s, reruns %v: exit %d\n%s\n%s", r.tests, r.main, r.mode, r.reruns, r.exit, r.output, r.log)
		}
	})
}

// randomSuite returns the suite of a seed.
func randomSuite(seed uint64) suiteRun {
	random := rand.New(rand.NewPCG(seed, 0))
	pick := func(words []string) string { return words[random.IntN(len(words))] }
	r := suiteRun{main: pick(suiteMains), mode: pick(suiteModes), reruns: random.IntN(3) > 0}
	if !strings.HasPrefix(r.mode, "-n") {
		r.reruns = true // otherwise this mode is the same as gotestsum
	}
	for name := 'A'; name <= 'E'; name++ {
		r.tests += fmt.Sprintf("Test%c=%s ", name, pick(suiteTests))
	}
	if seed%8 == 2 {
		r.mode, r.tests = "-n 4 --dist loadsub", ""
		for _, test := range []string{"TestA", "TestC"} {
			r.tests += test + "=subtests "
			for i := range 4 {
				name := fmt.Sprintf("%s/s%d", test, i+1)
				r.subtests = append(r.subtests, name)
				r.tests += name + "=" + pick(suiteTests) + " "
			}
		}
		for _, test := range []string{"TestB", "TestD", "TestE"} {
			r.tests += test + "=" + pick(suiteTests) + " "
		}
	}
	return r
}

// timings returns the value of --timings.
func (r *suiteRun) timings(t *testing.T, dir string) string {
	if r.subtests == nil {
		return "off"
	}
	var entries []string
	for _, name := range append([]string{"TestA", "TestC"}, r.subtests...) {
		took := 4000
		if strings.Contains(name, "/") {
			took = 1000
		}
		entries = append(entries, fmt.Sprintf(`
"%s": {"seen": "9999-12-31", "ms": [%d]}`, name, took))
	}
	file := filepath.Join(dir, "timings.json")
	if err := os.WriteFile(file, fmt.Appendf(nil, suiteTimes, strings.Join(entries, ",")), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func (r *suiteRun) run(t *testing.T, program string) {
	dir := t.TempDir()
	log, junit, marks := filepath.Join(dir, "log"), filepath.Join(dir, "junit.xml"), filepath.Join(dir, "marks")
	if err := os.WriteFile(log, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(marks, 0o700); err != nil {
		t.Fatal(err)
	}
	args := append(strings.Fields(r.mode), "--junitfile", junit)
	if strings.HasPrefix(r.mode, "-n") {
		args = append(args, "--timings", r.timings(t, dir))
	}
	if r.reruns {
		args = append(args, "--rerun-fails=8", "--rerun-fails-max-failures=20", "--rerun-fails-after-panic", "--packages", ".")
	}
	cmd := exec.Command(program, append(args, "--", "-count=1", "-vet=off")...)
	cmd.Dir = filepath.Join("testdata", "suites")
	cmd.Env = append(append(os.Environ(), shardtest.BuildEnv(t)...), "GOWORK=off", "NO_COLOR=1",
		"PATH="+shardtest.Builds(t).Path(os.Getenv("PATH")), "SUITE_TESTS="+r.tests, "SUITE_MAIN="+r.main, "SUITE_LOG="+log, "SUITE_MARKS="+marks)
	out, err := cmd.CombinedOutput()
	r.exit, r.output = shardtest.ExitCode(err), string(out)
	for file, into := range map[string]func([]byte){
		log: func(text []byte) { r.log = string(text) }, junit: func(text []byte) { r.junit = junitCases(t, text) },
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		into(text)
	}
}

// junitCases returns whether a test case has failed, by its name.
func junitCases(t *testing.T, text []byte) map[string]bool {
	var file struct {
		Cases []struct {
			Name    string    `xml:"name,attr"`
			Failure *struct{} `xml:"failure"`
		} `xml:"testsuite>testcase"`
	}
	if err := xml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	cases := map[string]bool{}
	for _, c := range file.Cases {
		cases[c.Name] = cases[c.Name] || c.Failure != nil
	}
	return cases
}

// check compares the results of the run with what really happened.
func (r *suiteRun) check(t *testing.T) {
	names := []string{"TestA", "TestB", "TestC", "TestD", "TestE"}
	for _, name := range slices.Concat(names, r.subtests) {
		runs, passes := strings.LastIndex(r.log, "runs "+name+"\n"), strings.LastIndex(r.log, "passes "+name+"\n")
		failed, named := r.junit[name]
		switch {
		case r.exit == 0 && passes < runs:
			t.Errorf("the run passed, but the last run of %s did not pass", name)
		case r.exit == 0 && runs < 0:
			t.Errorf("the run passed, but %s never ran", name)
		case strings.Contains(r.mode, "--dist") && !strings.Contains(name, "/") && !named && strings.Contains(r.log, "runs "):
			t.Errorf("%s is not in the JUnit file", name)
		case runs < 0 && named && !failed:
			t.Errorf("%s passed in the JUnit file, but never ran", name)
		case r.exit == 0 && !r.reruns && strings.Contains(name, "/") && strings.Count(r.log, "runs "+name+"\n") != 1:
			t.Errorf("%s ran more than once", name)
		}
	}
	if belowZero.MatchString(r.output) {
		t.Error("a worker has less than no tests or failures")
	}
	wrong := slices.ContainsFunc([]string{"flaky", "exits", "panics", "fails"}, func(how string) bool { return strings.Contains(r.tests, how) })
	lasting := strings.Contains(r.tests, "fails") || r.main == "exits 3" || r.main == "fails on gw1"
	switch {
	case r.exit == 0 && r.outsideStands(names):
		t.Error("the run passed, but a failure outside the tests was not rerun as a whole")
	case r.exit == 0 && !r.reruns && strings.Contains(r.log, "exits 1\n"):
		t.Error("the run passed, but a process failed")
	case r.exit != 0 && !slices.ContainsFunc(slices.Collect(maps.Values(r.junit)), func(failed bool) bool { return failed }):
		t.Error("the run failed, but the JUnit file has no failures")
	case r.exit != 0 && !wrong && (r.main == "" || r.main == "forgets"):
		t.Error("the run failed, but all tests passed")
	case r.exit != 0 && r.reruns && !lasting:
		t.Error("the run failed, although all failures pass in a rerun")
	}
}

// outsideStands reports whether a process failed outside its tests after the last process
// that ran all tests and whose exit code matched their results.
func (r *suiteRun) outsideStands(names []string) bool {
	ran, passed := map[string]int{}, map[string]int{} // by process
	stands := false
	for line := range strings.Lines(r.log) {
		process, what, _ := strings.Cut(strings.TrimSpace(line), " ")
		verb, of, _ := strings.Cut(what, " ")
		switch {
		case strings.Contains(of, "/"): // a subtest
		case verb == "runs":
			ran[process]++
		case verb == "passes":
			passed[process]++
		case of == "3", of == "1" && passed[process] == ran[process]:
			stands = true
		case ran[process] == len(names):
			stands = false
		}
	}
	return stands
}
