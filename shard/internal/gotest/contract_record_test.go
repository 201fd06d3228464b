package gotest

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/gotestshard/gotestshard/shard/internal/early"
)

const (
	// recordVariable names the folder in which a hook started by TestContract records how
	// it was started.
	recordVariable = "GOTESTSHARD_CONTRACT"
	// muteVariable makes it run nothing and exit with muteCode.
	muteVariable = "GOTESTSHARD_CONTRACT_MUTE"
	muteCode     = 3
)

// record is what the go command started instead of a test binary.
type record struct {
	Words   []string // of -exec, after the program
	Binary  string
	Args    []string // of the binary
	Dir     string
	Env     []string
	Stdin   string
	OnePipe bool     // whether its standard output is its standard error
	Main    string   // the source of the binary's main package
	Built   string   // the path of that package in the build information
	Marks   bool     // the result of MarksErrors
	Meta    []string // the files in the folder of coverFlag, before the run
	Log     string   // of what the tests have read
	Profile string   // of the coverage
	Output  string
	More    map[string]string // the output with additional arguments
}

// moreArgs are the additional arguments, for a binary with a TestHang.
var moreArgs = []string{
	"-test.run=TestHang -test.timeout=20ms hang",
	"-test.run=TestPanic panic",
	"-test.run=TestArtifacts -test.shuffle=7 -test.artifacts -test.outputdir=. -test.bench=. -test.benchtime=1x",
}

// recordHook is a hook that runs the test binary itself, as newTask prepares it, and
// records it.
func recordHook(folder string) int {
	code, err := recordTo(folder)
	if err != nil {
		_, _ = fmt.Fprintf(os.Stdout, "recording: %v\n", err)
		return 1
	}
	return code
}

func recordTo(folder string) (code int, err error) {
	if os.Getenv(muteVariable) != "" {
		return muteCode, nil
	}
	words := os.Args[1:]
	first := slices.IndexFunc(words, func(word string) bool { return strings.HasPrefix(word, FlagPrefix) })
	if first < 1 {
		return 0, fmt.Errorf("no %s in %q", FlagPrefix, words)
	}
	r := record{Words: words[:first-1], Binary: words[first-1], Args: words[first:], Env: os.Environ(), More: map[string]string{}}
	r.before()
	task, err := newTask(early.Request{Timeout: words[1], Command: words[2:], Dir: r.Dir, Env: r.Env})
	if err != nil {
		return 0, err
	}
	r.Output, code, err = run(os.Stdout, task.Command...)
	if err != nil {
		return 0, err
	}
	r.after()
	if strings.Contains(r.Main, `"TestHang"`) {
		for _, more := range moreArgs {
			command := append([]string{r.Binary, FramedV}, strings.Fields(more)...)
			if r.More[more], _, err = run(io.Discard, command...); err != nil {
				return 0, err
			}
		}
	}
	content, err := json.Marshal(r)
	if err != nil {
		return 0, err
	}
	return code, os.WriteFile(filepath.Join(folder, filepath.Base(r.Binary)+".json"), content, 0o600)
}

// before records the state before the binary runs.
func (r *record) before() {
	r.Dir, _ = os.Getwd()
	stdin, _ := io.ReadAll(os.Stdin)
	r.Stdin = string(stdin)
	out, outErr := os.Stdout.Stat()
	both, bothErr := os.Stderr.Stat()
	r.OnePipe = outErr == nil && bothErr == nil && os.SameFile(out, both)
	r.Main = read(filepath.Join(filepath.Dir(r.Binary), MainFile))
	if info, err := buildinfo.ReadFile(r.Binary); err == nil {
		r.Built = info.Path
	}
	r.Marks = MarksErrors(r.Binary)
	if dir, ok := r.value(coverFlag); ok {
		entries, _ := os.ReadDir(dir)
		for _, entry := range entries {
			r.Meta = append(r.Meta, entry.Name())
		}
	}
}

// after records what the binary has left.
func (r *record) after() {
	r.Log = read(filepath.Join(filepath.Dir(r.Binary), testLogName))
	if profile, ok := r.value(profileFlag); ok {
		r.Profile = read(profile)
	}
}

// value is the value of a flag among the arguments.
func (r *record) value(flag string) (value string, ok bool) {
	for _, arg := range r.Args {
		if value, ok = strings.CutPrefix(arg, flag); ok {
			return value, true
		}
	}
	return "", false
}

// variable is the last value of a variable in the environment.
func (r *record) variable(name string) string {
	value := ""
	for _, variable := range r.Env {
		if v, ok := strings.CutPrefix(variable, name+"="); ok {
			value = v
		}
	}
	return value
}

// read returns the text of a file, empty if there is none.
func read(name string) string {
	content, _ := os.ReadFile(name)
	return string(content)
}

// run runs a command and returns its output, which is also written to out.
func run(out io.Writer, command ...string) (printed string, code int, err error) {
	var text bytes.Buffer
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdout = io.MultiWriter(out, &text)
	cmd.Stderr = cmd.Stdout
	err = cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return text.String(), exit.ExitCode(), nil
	}
	return text.String(), 0, err
}

// contractModule writes the module that TestContract tests. The files that its tests read
// are older than two seconds, because otherwise no result would be cached.
func contractModule(t *testing.T) string {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("testdata", "contract.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	old := time.Now().Add(-time.Hour)
	for _, file := range archive.Files {
		name := filepath.Join(dir, filepath.FromSlash(file.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, file.Data, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, old, old); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// contractRun is the output of a go test -json command and the records of its hooks, by the
// last element of the package's path.
type contractRun struct {
	events  []contractEvent
	records map[string]record
}

// contractEvent has the keys of package stream's event except for the worker.
type contractEvent struct {
	Time, ImportPath, Action, Package, Test, Output, OutputType, FailedBuild, Key, Value, Path string
	Elapsed                                                                                    float64

	line string
	err  error // it has other keys
}

// goTest runs go test like HookedCommand, with a hook that records.
func goTest(t *testing.T, dir string, args Args, first string, env ...string) contractRun {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	hook, err := Settings{Timeout: DefaultTimeout}.HookCommand(self, "")
	if err != nil {
		t.Fatal(err)
	}
	// With -trimpath the packages of the last run are in the build cache, but not the
	// results, because a test reads a variable that has the name of this folder.
	command := HookedCommand(append(Args{"-vet=off", "-ldflags=-s", "-trimpath"}, args...), nil, hook, 2, strings.Fields(first))
	folder := t.TempDir()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PWD="+dir, "GOFLAGS=", "GOENV=off", "GOWORK=off", "GORACE=atexit_sleep_ms=0", recordVariable+"="+folder, "READ="+dir, "GOGC=off")
	cmd.Env = append(cmd.Env, env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok || len(out) == 0 {
		t.Fatalf("%q: %v\n%s%s", command, err, out, &stderr)
	}
	run := contractRun{records: map[string]record{}}
	for line := range strings.Lines(string(out)) {
		e := contractEvent{line: strings.TrimSuffix(line, "\n")}
		decoder := json.NewDecoder(strings.NewReader(line))
		decoder.DisallowUnknownFields()
		e.err = decoder.Decode(&e)
		run.events = append(run.events, e)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		var r record
		if err := json.Unmarshal([]byte(read(file)), &r); err != nil {
			t.Fatal(err)
		}
		pkg, _, _ := strings.Cut(filepath.Base(file), ".")
		run.records[pkg] = r
	}
	return run
}

// index is the index of the first event of the package itself with an action, or -1.
func (r contractRun) index(pkg, action string) int {
	return slices.IndexFunc(r.events, func(e contractEvent) bool { return e.is(pkg, action) })
}

func (r contractRun) count(pkg, action string) int {
	n := 0
	for _, e := range r.events {
		if e.is(pkg, action) {
			n++
		}
	}
	return n
}

// output is the output of the package itself.
func (r contractRun) output(pkg string) string {
	var text strings.Builder
	for _, e := range r.events {
		if e.is(pkg, "output") {
			text.WriteString(e.Output)
		}
	}
	return text.String()
}

func (e contractEvent) is(pkg, action string) bool {
	return e.Package == "contract/"+pkg && e.Test == "" && e.Action == action
}

// sameFile reports whether two names are the same file.
func sameFile(a, b string) bool {
	first, err := os.Stat(a)
	second, secondErr := os.Stat(b)
	return err == nil && secondErr == nil && os.SameFile(first, second)
}
