package differential

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// streamsFolder has the recorded streams and the module that they are from. Tests of other
// packages use them too.
const streamsFolder = "../../testdata/streams"

// testStream is a stream that go test -json may print.
type testStream struct {
	stdout, stderr []byte
	exit           int
	timeless       bool // no event has a time
	// anyOrder is whether gotestsum's output may vary: tests without an end come in
	// the order of a map, and whether standard output or standard error is read first
	// is random.
	anyOrder bool
}

// loadStreams returns the recorded streams, gotestsum's own test data and some streams that
// are derived from the recorded ones.
func loadStreams(t testing.TB) map[string]testStream {
	t.Helper()
	streams := map[string]testStream{}
	load := func(prefix, pattern string) {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no streams %s: %v", pattern, err)
		}
		for _, file := range files {
			base := strings.TrimSuffix(file, ".out")
			stdout, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := testStream{stdout: stdout}
			s.stderr, _ = os.ReadFile(base + ".err")
			code, _ := os.ReadFile(base + ".exit")
			s.exit, _ = strconv.Atoi(string(bytes.TrimSpace(code)))
			streams[prefix+filepath.Base(base)] = s
		}
	}
	load("", filepath.Join(streamsFolder, "recorded/*.out"))
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "gotest.tools/gotestsum").Output()
	if err != nil {
		t.Fatal(err)
	}
	load("upstream-", filepath.Join(strings.TrimSpace(string(dir)), "testjson/testdata/input/*.out"))
	load("upstream-", filepath.Join(strings.TrimSpace(string(dir)), "cmd/testdata/*.out"))
	load("upstream-", filepath.Join(strings.TrimSpace(string(dir)), "cmd/testdata/input/*.out"))
	maps.Copy(streams, madeStreams(streams))
	for name, s := range streams {
		s.timeless = !bytes.Contains(s.stdout, []byte(`"Time":"`))
		s.anyOrder = hasAnyOrder(s)
		streams[name] = s
	}
	return streams
}

// madeStreams returns streams that the go command never prints, or only if it is killed.
func madeStreams(recorded map[string]testStream) map[string]testStream {
	fail, pass := recorded["fail"], recorded["pass"]
	lines := func(keep func(line string) string) testStream {
		var out bytes.Buffer
		for line := range strings.Lines(string(fail.stdout)) {
			out.WriteString(keep(line))
		}
		return testStream{stdout: out.Bytes(), exit: 1}
	}
	without := func(pattern string) testStream {
		re := regexp.MustCompile(pattern)
		return lines(func(line string) string {
			if re.MatchString(line) {
				return ""
			}
			return line
		})
	}
	replaced := func(pattern, with string) testStream {
		return testStream{stdout: regexp.MustCompile(pattern).ReplaceAll(fail.stdout, []byte(with)), exit: 1}
	}
	n := 0
	return map[string]testStream{
		"made-nothing":        {},
		"made-killed":         {stdout: fail.stdout[:bytes.LastIndexByte(fail.stdout[:len(fail.stdout)*2/3], '\n')+1], exit: 1},
		"made-cut":            {stdout: fail.stdout[:len(fail.stdout)*2/3], exit: 1},
		"made-nonewline":      {stdout: bytes.TrimRight(fail.stdout, "\n"), exit: 1},
		"made-noend":          without(`"fail".*"TestFatal"`),
		"made-nosubtestend":   without(`"(fail|skip|pass)".*"TestOuter/`),
		"made-notestend":      without(`"Action":"(fail|skip|pass)".*"Test":`),
		"made-norun":          without(`"Action":"run"`),
		"made-norootrun":      without(`"Action":"run".*"Test":"\w+"`),
		"made-noroot":         without(`"Test":"TestOuter"`),
		"made-nopackageend":   without(`"Action":"(fail|pass)","Package":"[^"]*","Elapsed"`),
		"made-nooutput":       without(`"Action":"output"`),
		"made-onlyends":       without(`"Action":"(run|output|start)"`),
		"made-notime":         replaced(`"Time":"[^"]*",`, ``),
		"made-nopackage":      replaced(`,"Package":"[^"]*"`, ``),
		"made-crlf":           replaced(`\n`, "\r\n"),
		"made-slow":           replaced(`"Elapsed":\S+}`, `"Elapsed":3725.6789}`),
		"made-negative":       replaced(`"Elapsed":\S+}`, `"Elapsed":-1.5}`),
		"made-elapsedtext":    replaced(`"Elapsed":\S+}`, `"Elapsed":"1s"}`),
		"made-unknown":        replaced(`"Action":"run"`, `"Action":"walk","Extra":{"a":[1,2]}`),
		"made-lowercase":      replaced(`"Action":`, `"action":`),
		"made-backwards":      replaced(`"Time":"....`, `"Time":"1999`),
		"made-twice":          {stdout: append(bytes.Clone(fail.stdout), fail.stdout...), exit: 1},
		"made-passed":         {stdout: fail.stdout}, // tests failed, but the command exits with 0
		"made-liar":           {stdout: pass.stdout, exit: 1},
		"made-longline":       {stdout: append(bytes.Clone(pass.stdout), `{"Action":"output","Output":"`+strings.Repeat("x", 70_000)+"\"}\n"...), exit: 1},
		"made-longstderr":     {stderr: []byte(strings.Repeat("y", 70_000) + "\n")},
		"made-stderr":         {stdout: pass.stdout, stderr: []byte("go: downloading a v1\nwarning: b\nHASH c\nd\n\te\n# f\n\nno newline"), exit: 1},
		"made-stderr-no-exit": {stdout: pass.stdout, stderr: []byte("something went wrong\n")},
		"made-exit2":          {stderr: []byte("flag provided but not defined\n"), exit: 2},
		"made-nonjson": lines(func(line string) string {
			if n++; n%5 == 0 {
				return []string{"not JSON\n", "FAIL\texample.com/streams/old [build failed]\n", "\n", "null\n", "[1]\n", "{}\n"}[n/5%6] + line
			}
			return line
		}),
	}
}

// hasAnyOrder reports whether gotestsum's output for a stream may vary.
func hasAnyOrder(s testStream) bool {
	running := map[[2]string]bool{}
	beside := false // standard output has lines that go to standard error or to the errors
	for line := range bytes.Lines(s.stdout) {
		var e struct{ Action, Package, Test string }
		if json.Unmarshal(line, &e) != nil || e.Action == "build-output" {
			beside = true
			continue
		}
		test := [2]string{e.Package, e.Test}
		switch e.Action {
		case "pass", "fail", "skip":
			delete(running, test)
			if root, _, isSubtest := strings.Cut(e.Test, "/"); isSubtest && e.Action == "fail" {
				running[[2]string{e.Package, root}] = true // like in testjson
			}
		default:
			if e.Test != "" {
				running[test] = true
			}
		}
	}
	return len(running) > 1 || beside && len(s.stderr) > 0
}

// writeStreams writes the streams for replay.
func writeStreams(t testing.TB, dir string, streams map[string]testStream) {
	t.Helper()
	for name, s := range streams {
		for ext, text := range map[string][]byte{".out": s.stdout, ".err": s.stderr, ".exit": []byte(strconv.Itoa(s.exit))} {
			if err := os.WriteFile(filepath.Join(dir, name+ext), text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}
