package shard

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gotestshard/gotestshard/shard/internal/shardtest"
)

// The scripts run the real program and the real go command. In addition to gotestshard, they
// can run gotestsum as the oracle, and a few small programs.
func TestMain(m *testing.M) {
	testscript.Main(shardtest.Main{M: m}, map[string]func(){
		"gotestshard": func() { os.Exit(Main(os.Args[1:])) },
		"gotestsum":   shardtest.Gotestsum,
		"signalled":   signalledMain,
		"emit":        emitMain,
	})
}

// emitMain prints n events of passing tests in one package. With -cut, it stops in the
// middle.
func emitMain() {
	n, _ := strconv.Atoi(os.Args[1])
	w := bufio.NewWriter(os.Stdout)
	defer func() { _ = w.Flush() }()
	line := `{"Time":"2026-01-02T03:04:05Z","Action":%q,"Package":"example.com/emitted","Test":"Test%d"}` + "\n"
	for i := range n / 2 {
		_, _ = fmt.Fprintf(w, line, "run", i)
		_, _ = fmt.Fprintf(w, line, "pass", i)
	}
	if len(os.Args) < 3 {
		_, _ = fmt.Fprintln(w, `{"Action":"pass","Package":"example.com/emitted","Elapsed":1}`)
	}
}

const scriptFolder = "testdata/script"

func TestScripts(t *testing.T) {
	goEnv := func(name string) string {
		out, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		return name + "=" + strings.TrimSpace(string(out))
	}
	shared := []string{
		goEnv("GOCACHE"), goEnv("GOMODCACHE"), goEnv("GOPATH"),
		"CGO_ENABLED=0", // otherwise each go test of a package that uses cgo starts the C compiler; -race needs it
		"GOPROXY=off", "GOTOOLCHAIN=local", "GOENV=off", "NO_COLOR=1",
		"GOTESTSHARD_NO_KEEP=true", // the script about kept runs turns it on
		"GORACE=atexit_sleep_ms=0", // otherwise a program with -race, such as the hook then, takes a second to exit
	}
	shared = append(shared, shardtest.BuildEnv(t)...)
	scriptOracle = readOracle(t)
	t.Cleanup(func() { scriptOracle.write(t) })
	root := shardtest.Builds(t).Work
	if flag.Lookup("testwork").Value.String() == "true" { // keeps the folders
		root = ""
	}
	var files []string // all
	dir := scriptFolder
	if testing.Short() {
		dir, files = "", quickScripts()
		t.Logf("under -short, only these scripts run, because the others run the go command often: %q", files)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		Files:               files,
		WorkdirRoot:         root,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Vars = append(env.Vars, shared...)
			env.Setenv(shardtest.SaltVariable, env.Getenv(shardtest.SaltVariable)+filepath.Base(env.WorkDir))
			if root != "" {
				env.Defer(func() { shardtest.RemoveTree(env.WorkDir) })
			}
			path, err := exec.LookPath("gotestshard")
			env.Setenv("GOTESTSHARD", path)
			env.Setenv("FAST", env.Getenv("GOFLAGS"))
			env.Setenv("PATH", shardtest.Builds(t).Path(env.Getenv("PATH")))
			env.Setenv("TMPDIR", filepath.Join(env.WorkDir, ".tmp"))
			env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, ".cache")) // of the timing history
			return err
		},
		Condition: func(cond string) (bool, error) {
			if cond == "race" {
				return runtime.GOOS == "linux" && runtime.GOARCH == "amd64", nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":        cmdExits,
			"same":         cmdSame,
			"samesplit":    cmdSameSplit,
			"samereruns":   cmdSameReruns,
			"partition":    cmdPartition,
			"lastline":     cmdLastLine,
			"checkworkers": cmdCheckWorkers,
			"checkstream":  cmdCheckStream,
			"checkserial":  cmdCheckSerial,
			"meeting":      cmdMeeting,
			"checkshards":  cmdCheckShards,
			"nothingleft":  cmdNothingLeft,
			"checkci":      cmdCheckCI,
			"for":          cmdFor,
			"aspart":       cmdAsPart,
			"normal":       cmdNormal,
			"samecoverage": cmdSameCoverage,
			"sametests":    cmdSameTests,
			"cut":          cmdCut,
			"buildcache":   cmdBuildCache,
			"rewrite":      cmdRewrite,
		},
	})
}

// quickScripts returns the scripts that start only a few programs.
func quickScripts() (files []string) {
	for _, name := range []string{"badinput", "plan", "failfast", "summary"} {
		files = append(files, filepath.Join(scriptFolder, name+".txtar"))
	}
	return files
}

// cmdExits runs a program and checks its exit code: exits CODE PROGRAM ARGS...
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if got := shardtest.ExitCode(ts.Exec(args[1], args[2:]...)); got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// cmdSame runs gotestshard with workers, or the command of --raw-command as a shard, and
// gotestsum with the same arguments. It compares the exit codes and the output up to the
// summary, which is gotestshard's own with workers, without the lines about rerunning a failed
// test. It also runs gotestshard without workers, which the differential test covers in more
// detail: same CODE ARGS...
func cmdSame(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: same CODE ARGS...")
	}
	workers := slices.Concat([]string{"gotestshard", "--worker-prefix=never", "--hide-summary=shards", "--no-tests=pass", "-n=2"}, args[1:])
	if raw := slices.Index(args, "--raw-command"); raw > 0 { // which workers cannot run
		workers = slices.Concat(workers[:4], args[1:raw], []string{"--shard", "x=" + strings.Join(args[raw+2:], " ")})
	}
	run := func(words ...[]string) (whole, tests string) {
		command := slices.Concat(words...)
		code := shardtest.ExitCode(ts.Exec(command[0], command[1:]...))
		of := func(stdout string) string {
			got := fmt.Sprintf("%s%sexit code %d\n", shardtest.Sorted(shardtest.Normal(stdout)), shardtest.Normal(ts.ReadFile("stderr")), code)
			return strings.ReplaceAll(got, ts.Getenv("WORK"), "$WORK")
		}
		whole, tests = of(ts.ReadFile("stdout")), of(beforeSummary(ts.ReadFile("stdout")))
		if fmt.Sprint(code) != args[0] {
			ts.Fatalf("%q: exit code %d, want %s\n%s", command, code, args[0], whole)
		}
		return whole, tests
	}
	key := scriptOracle.next(ts)
	_, got := run(workers)
	got = addedLine.ReplaceAllString(got, "")
	if scriptOracle.knows(key, got) {
		return
	}
	whole, want := run([]string{"gotestsum"}, args[1:])
	plain, _ := run([]string{"gotestshard"}, args[1:])
	if got != want || plain != whole {
		ts.Fatalf("with workers, it printed\n%s\nwithout\n%s\nwant, as with gotestsum,\n%s", got, plain, whole)
	}
	scriptOracle.agree(key, true, want)
	_, _ = run(workers) // its output is for the script
}

var summaryForm = regexp.MustCompile(`(?ms)^=== (?:Skipped|Failed|Flaky|Errors|Warnings)\n.*|^(?:FAIL|FLAKY) \S.*?\n|^DONE .*?\n`)

// beforeSummary returns what was printed while the tests ran.
func beforeSummary(stdout string) string {
	return strings.TrimRight(summaryForm.ReplaceAllString(stdout, ""), "\n") + "\n"
}

// cmdLastLine checks the last line of a file: lastline FILE REGEXP
func cmdLastLine(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: lastline FILE REGEXP")
	}
	lines := strings.Split(strings.TrimRight(ts.ReadFile(args[0]), "\n"), "\n")
	if last := lines[len(lines)-1]; !regexp.MustCompile(args[1]).MatchString(last) {
		ts.Fatalf("the last line is %q", last)
	}
}

// cmdNothingLeft checks that all processes of this script have ended, and that no sockets or
// temporary directories are left: nothingleft
func cmdNothingLeft(ts *testscript.TestScript, _ bool, _ []string) {
	work := ts.Getenv("WORK")
	for _, pattern := range []string{"gotestshard-*", "go-build*"} {
		left, err := filepath.Glob(filepath.Join(ts.Getenv("TMPDIR"), pattern))
		ts.Check(err)
		if len(left) > 0 {
			ts.Fatalf("left behind: %q", left)
		}
	}
	left, err := shardtest.ProcessesLeft(work)
	ts.Check(err)
	if left != "" {
		ts.Fatalf("still running:\n%s", left)
	}
}
