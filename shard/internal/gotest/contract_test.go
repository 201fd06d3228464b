package gotest

import (
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/early"
	"github.com/gotestshard/gotestshard/shard/internal/framing"
)

// TestContract checks the facts in contract.go against the installed go command and package
// testing. The message about a fact that has changed is its comment.
func TestContract(t *testing.T) {
	c := newContract(t)
	dir := contractModule(t)
	first := goTest(t, dir, Args{"./..."}, "contract/pass")
	again := goTest(t, dir, Args{"./pass", "./fail"}, "contract/pass", muteVariable+"=1")
	cover := goTest(t, dir, Args{
		"-v", "-run=^$", "-skip=^$", "-count=1", "-failfast",
		"-coverpkg=./pass,./empty", "-coverprofile=profile", "./pass", "./empty",
	}, "")

	t.Run("what a hook gets", func(t *testing.T) { c.hook(t, dir, first.records["pass"]) })
	t.Run("the folder of a binary", func(t *testing.T) { c.folder(t, first.records["pass"]) })
	t.Run("what a test binary prints", func(t *testing.T) { c.prints(t, first.records["pass"], first.records["fail"]) })
	t.Run("coverage", func(t *testing.T) { c.coverage(t, cover) })
	t.Run("events", func(t *testing.T) { c.events(t, first, again, cover) })
	t.Run("results", func(t *testing.T) { c.results(t, first, again, cover) })
	t.Run("flags", c.flags)
	t.Run("other commands", func(t *testing.T) { c.commands(t, dir, first.records["pass"].Main) })
	t.Run("the linker", c.linker)
	t.Run("what only the source says", c.source)
	t.Run("where it is used", c.places)
	t.Run("all facts are held", func(t *testing.T) {
		for name := range c.text {
			if !c.held[name] {
				t.Errorf("nothing above holds %s of contract.go against the go command", name)
			}
		}
	})
}

// contract has the comments of contract.go by the names of its constants, and which of them
// were checked.
type contract struct {
	text map[string]string
	held map[string]bool
}

func newContract(t *testing.T) *contract {
	t.Helper()
	c := &contract{text: map[string]string{}, held: map[string]bool{}}
	for _, name := range []string{"contract.go", "contract_cache.go"} {
		c.read(t, name)
	}
	return c
}

func (c *contract) read(t *testing.T, file string) {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	comment := ""
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if spec.Doc != nil { // otherwise the previous comment applies
			comment = spec.Doc.Text()
		}
		name := spec.Names[0].Name
		if literal, ok := spec.Values[0].(*ast.BasicLit); ok && name == "_" {
			name, _ = strconv.Unquote(literal.Value)
		}
		c.text[name] = strings.TrimSpace(comment)
		return false
	})
}

// fact fails the test if a fact of contract.go is not true.
func (c *contract) fact(t *testing.T, name string, holds bool, found any) {
	t.Helper()
	comment, ok := c.text[name]
	if !ok {
		t.Fatalf("contract.go has no %s", name)
	}
	c.held[name] = true
	if !holds {
		t.Errorf("%s breaks a fact that this project relies on, %s in shard/internal/gotest/contract.go:\n\t%s\nfound: %+v",
			runtime.Version(), name, strings.ReplaceAll(comment, "\n", "\n\t"), found)
	}
}

// has checks a fact by matching regular expressions in a text.
func (c *contract) has(t *testing.T, name, text string, patterns ...string) {
	t.Helper()
	for _, pattern := range patterns {
		holds := regexp.MustCompile("(?m)" + pattern).MatchString(text)
		c.fact(t, name, holds, fmt.Sprintf("no %q in %.2000q", pattern, text))
	}
}

func (c *contract) hook(t *testing.T, dir string, r record) {
	own := func(arg string) bool { return strings.HasPrefix(arg, FlagPrefix) }
	c.fact(t, "FlagPrefix", strings.HasPrefix(filepath.Base(r.Binary), "pass.test") && len(slices.DeleteFunc(slices.Clone(r.Args), own)) == 0,
		append([]string{r.Binary}, r.Args...))
	c.fact(t, "the words of -exec", slices.Equal(r.Words, []string{early.HookWord, DefaultTimeout.String()}), r.Words)
	c.fact(t, "FlagV", slices.ContainsFunc(r.Args, func(arg string) bool { return strings.HasPrefix(arg, FlagV) }), r.Args)
	c.fact(t, "FramedV", slices.Contains(r.Args, FramedV), r.Args)
	c.fact(t, "noTimeout", slices.Contains(r.Args, noTimeout), r.Args)

	place := filepath.Join(dir, "pass")
	c.fact(t, "the hook's place", sameFile(r.Dir, place) && sameFile(r.variable("PWD"), place), r.Dir+", PWD="+r.variable("PWD"))
	c.fact(t, "the hook's place", r.Stdin == "" && (r.OnePipe || runtime.GOOS == "windows"), fmt.Sprintf("stdin %q, one pipe: %v", r.Stdin, r.OnePipe))
	c.fact(t, "the hook's place", r.variable(recordVariable) != "", "without the environment of the go command")
}

func (c *contract) folder(t *testing.T, r record) {
	c.fact(t, "MainFile", r.Main != "", "no such file beside "+r.Binary)
	for name, first := range map[string][2]string{
		"MainTests": {MainTests, "TestPass"}, "MainFuzzTargets": {MainFuzzTargets, "FuzzPass"}, "MainExamples": {MainExamples, "ExampleHalf"},
	} {
		c.has(t, name, r.Main, `^var `+first[0]+` = \[\]testing\.\w+\{\s*\{"`+first[1]+`", `)
	}
	var imported []string
	for _, match := range regexp.MustCompile(mainImport).FindAllStringSubmatch(r.Main, -1) {
		imported = append(imported, match[1])
	}
	c.fact(t, "mainImport", slices.Equal(imported, []string{"contract/pass", "contract/pass_test"}), imported)
	c.fact(t, "builtSuffix", r.Built == "contract/pass"+builtSuffix, r.Built)
	c.fact(t, "logTitle", strings.HasPrefix(r.Log, logTitle), r.Log)
	c.has(t, "logChdir", r.Log, `^getenv READ$`, "^"+logChdir+".", `^open go\.mod$`)
}

func (c *contract) prints(t *testing.T, pass, fail record) {
	artifacts := fail.More[moreArgs[2]]
	marked := func(word string) string { return "^" + string(rune(framing.Marker)) + word }
	c.has(t, "framing.Marker", pass.Output, marked("=== RUN   TestPass$"), marked(`--- PASS: TestPass \(`), marked("PASS$"))
	c.has(t, "framing.Parse", pass.Output, "=== RUN   TestPass/sub$", "=== PAUSE TestPass/sub$", "=== CONT  TestPass/sub$", "=== NAME  TestPass$",
		"=== ATTR  TestPass key value$", `--- SKIP: TestSkip \(0\.0\ds\)$`)
	c.has(t, "framing.Parse", fail.Output, marked(`--- FAIL: TestFail \(`), marked("FAIL$"))
	c.has(t, "framing.Parse", artifacts, marked("=== ARTIFACTS TestArtifacts ."))
	for _, printed := range []string{pass.Output, fail.Output, artifacts} {
		for _, line := range strings.SplitAfter(printed, string(rune(framing.Marker)))[1:] {
			line, _, _ = strings.Cut(line, "\n")
			_, known := framing.Parse([]byte(line + "\n"))
			c.fact(t, "framing.Parse", known, line)
		}
	}
	begin, end := strings.IndexByte(fail.Output, framing.ErrorBegin), strings.IndexByte(fail.Output, framing.ErrorEnd)
	c.fact(t, "framing.ErrorBegin", (begin >= 0) == fail.Marks && (end > begin) == fail.Marks, fail.Output)
	c.has(t, "-test.shuffle", artifacts, `^-test\.shuffle 7$`)
	c.has(t, "panic:", fail.More[moreArgs[0]], "^panic: test timed out after 20ms$", `\n\ngoroutine \d+ `)
	c.has(t, "panic:", fail.More[moreArgs[1]], "^panic: no", `\n\ngoroutine \d+ `)
}

func (c *contract) coverage(t *testing.T, cover contractRun) {
	r := cover.records["pass"]
	for name, arg := range map[string]string{
		"plainV": plainV, "FlagRun": FlagRun + "^$", "FlagSkip": FlagSkip + "^$",
		"FlagFailFast": FlagFailFast + "=true", "flagTimeout": flagTimeout + "0s",
	} {
		c.fact(t, name, slices.Contains(r.Args, arg), r.Args)
	}
	profile, _ := r.value(profileFlag)
	folder, _ := r.value(coverFlag)
	c.fact(t, "profileFlag", filepath.IsAbs(profile) && r.Profile != "", r.Args)
	c.fact(t, "coverFlag", filepath.IsAbs(folder), r.Args)
	c.fact(t, "coverVariable", folder != "" && r.variable(coverVariable) == folder, r.variable(coverVariable))
	c.fact(t, "metaFiles", slices.Contains(r.Meta, metaFiles), r.Meta)
	c.has(t, "the profile", r.Profile, "^mode: set$", `^contract/pass/pass\.go:\d+\.\d+,\d+\.\d+ 1 0$`, `^contract/empty/empty\.go:\d+\.\d+,\d+\.\d+ 1 0$`)
	c.has(t, "noTestsWarning", r.Output, "^"+noTestsWarning)
	c.has(t, "coverageWord", r.Output, "^"+coverageWord+`0\.0%`)
	c.has(t, "the percentage", r.Output, "^"+coverageWord+`0\.0% of statements in `)
}

func (c *contract) events(t *testing.T, runs ...contractRun) {
	known := []string{"start", "run", "pause", "cont", "pass", "bench", "fail", "output", "skip", "attr", "artifacts", "build-output", "build-fail"}
	form := regexp.MustCompile(`^\{"Time":"[^"]*","Action":"output","Package":"[^"]*","Test":"[^"]*","Output":".*"(,"OutputType":"[^"]*")?\}$`)
	for _, run := range runs {
		for _, e := range run.events {
			c.fact(t, "the keys of an event", e.err == nil, e)
			c.fact(t, "the keys of an event", e.Action != "output" || e.Test == "" || form.MatchString(e.line), e.line)
			c.fact(t, "the actions of events", slices.Contains(known, e.Action), e.line)
		}
	}
	first := runs[0]
	begun := func(pkg string) int { return first.index(pkg, "start") }
	for _, pkg := range []string{"pass", "fail", "broken", "setup", "empty"} {
		ends := first.count(pkg, "pass") + first.count(pkg, "fail") + first.count(pkg, "skip")
		c.fact(t, "start and end", first.count(pkg, "start") == 1 && ends == 1, first.output(pkg))
	}
	c.fact(t, "the order of packages", begun("pass") < min(begun("broken"), begun("empty"), begun("fail")), "pass does not start first")

	i := first.index("broken", "fail")
	failed := first.events[max(0, i)].FailedBuild
	c.fact(t, "build events", i >= 0 && failed != "", first.output("broken"))
	for _, action := range []string{"build-output", "build-fail"} {
		tells := func(e contractEvent) bool { return e.Action == action && e.ImportPath == failed }
		c.fact(t, "build events", slices.ContainsFunc(first.events, tells), "no "+action+" of "+failed)
	}
}

func (c *contract) results(t *testing.T, first, again, cover contractRun) {
	const took = `\t\d+\.\d{3}s`
	c.has(t, "ResultOK", first.output("pass"), "^"+ResultOK+"contract/pass"+took+"$")
	c.has(t, "ResultFail", first.output("fail"), "^"+ResultFail+"contract/fail"+took+"$")
	for name, end := range map[string]string{"BuildFailed": "broken" + BuildFailed, "SetupFailed": "setup" + SetupFailed} {
		c.has(t, name, first.output(strings.Fields(end)[0]), "^"+regexp.QuoteMeta(ResultFail+"contract/"+end)+"$")
	}
	c.has(t, "[no test files]", first.output("empty"), `^\?   \tcontract/empty\t\[no test files\]$`)
	c.fact(t, "[no test files]", first.count("empty", "skip") == 1, "not skipped")
	c.has(t, "noTestsNote", cover.output("pass"),
		"^"+ResultOK+"contract/pass"+took+`\t`+coverageWord+`0\.0% of statements in .*`+regexp.QuoteMeta(noTestsNote)+"$")
	c.has(t, "exitStatus", again.output("fail"), "^"+fmt.Sprintf(exitStatus, muteCode))
	for _, name := range []string{"(cached)", "testLogName", "LogFlag"} {
		c.has(t, name, again.output("pass"), "^"+ResultOK+`contract/pass\t\(cached\)$`)
	}
}

// flags compares the flags known here with those that exist.
func (c *contract) flags(t *testing.T) {
	passed := map[string]bool{"gocoverdir": true, "testlogfile": true, "fuzzcachedir": true} // only the go command passes them
	flag.VisitAll(func(f *flag.Flag) {
		name, ok := strings.CutPrefix("-"+f.Name, FlagPrefix)
		if !ok {
			return
		}
		if b, ok := f.Value.(interface{ IsBoolFlag() bool }); ok && b.IsBoolFlag() {
			c.fact(t, "the flags of a test binary", withoutValue[name] || binaryBools[name], f.Name+" needs no value")
		} else {
			c.fact(t, "the flags of a test binary", withValue[name] || passed[name], f.Name+" has a value")
		}
	})
	for name, word := range map[string]string{"FlagList": FlagList, "flagFuzz": flagFuzz, "flagBench": flagBench} {
		c.fact(t, name, flag.Lookup(strings.Trim(word, "-=")) != nil, "no such flag")
	}
	for _, topic := range []string{"build", "test", "testflag"} {
		help := output(t, "", "go", "help", topic)
		for _, match := range regexp.MustCompile(`(?m)^\t-(?:test\.)?(\w+)`).FindAllStringSubmatch(help, -1) {
			c.fact(t, "the flags of go test", withValue[match[1]] || withoutValue[match[1]] || match[1] == "args", "go help "+topic+" has -"+match[1])
		}
		if topic == "testflag" {
			c.has(t, "the default timeout", help, `default\s+is\s+10 minutes \(10m\)`)
		}
	}
}

// commands checks the commands other than go test, which compiled passMain for contract/pass.
func (c *contract) commands(t *testing.T, dir, passMain string) {
	file := filepath.Join(dir, "goenv")
	t.Setenv("GOENV", file)
	t.Setenv("GOFLAGS", "")
	output(t, dir, "go", "env", "-w", "GOFLAGS=-tags='a b'")
	written, err := readGoEnvFile(os.Environ())
	c.fact(t, "go env", err == nil && written["GOFLAGS"] == "-tags='a b'", read(file))
	printed := output(t, dir, "go", "env", "-json", "GOFLAGS", "GOTMPDIR", "GOOS", "GOARCH", "GOHOSTOS", "GOHOSTARCH")
	var env goEnv
	err = json.Unmarshal([]byte(printed), &env)
	c.fact(t, "go env", err == nil && env.GOFLAGS == "-tags='a b'" && env.GOOS != "" && env.GOARCH != "" && env.GOHOSTOS != "" && env.GOHOSTARCH != "", printed)
	t.Setenv("GOENV", "off")

	list := ListCommand(Args{"./pass", "./setup"}, nil, "ImportPath,TestGoFiles,XTestGoFiles,Error")
	listed := output(t, dir, list...)
	c.has(t, "go list", listed, `"ImportPath": "contract/pass"`, `"TestGoFiles": \[\s*"pass_test.go"`, `"XTestGoFiles": \[\s*"external_test.go"`, `"ImportPath": "contract/setup"`)
	shown := strings.TrimSpace(output(t, dir, "go", "list", "-test", "-f", `{{if eq .ImportPath "contract/pass.test"}}{{index .GoFiles 0}}{{end}}`, "./pass"))
	c.fact(t, "MainFile", passMain != "" && read(shown) == passMain, read(shown))
	program, err := Test2JSON(t.Context(), dir)
	_, statErr := os.Stat(program)
	c.fact(t, "go tool test2json", err == nil && statErr == nil, fmt.Sprint(program, err, statErr))
}

// output is what a command prints in a folder.
func output(t *testing.T, dir string, command ...string) string {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%q: %v\n%s", command, err, out)
	}
	return string(out)
}
