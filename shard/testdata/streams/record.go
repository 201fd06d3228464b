//go:build ignore

// Command record runs the packages of module with go test -json and writes the output to
// recorded: NAME.out, NAME.err if there is a standard error, and NAME.exit if the exit code
// is not 0. From this directory:
//
//	go run record.go [NAME...]
//
// The recordings do not depend on the machine: the module is copied to a temporary folder
// first, and the paths of this folder, of GOROOT and of the user's folders are replaced by
// fixed ones.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// recording is one stream: go test -json -p=1 ARGS.
type recording struct {
	name string
	args string
	env  string // NAME=VALUE, empty for none
}

var recordings = []recording{
	{name: "pass", args: "-count=1 ./pass ./empty"},
	{name: "fail", args: "-count=1 ./fail/... ./pass"},
	{name: "panic", args: "./panics"},
	{name: "panicsub", args: "./panics/sub"},
	{name: "panicparallel", args: "./panics/parallel ./pass"},
	{name: "panicinit", args: "./panics/init ./pass"},
	{name: "testmain", args: "./testmain/..."},
	{name: "exit", args: "./exits ./pass"},
	{name: "exitzero", args: "./exits/zero"},
	{name: "build", args: "./broken/build ./broken/test ./pass"},
	{name: "buildtext", args: "./broken/build ./broken/test ./pass", env: "GODEBUG=gotestjsonbuildtext=1"}, // as before Go 1.24
	{name: "syntax", args: "./broken/syntax ./pass"},
	{name: "vet", args: "./broken/vet ./pass"},
	{name: "vetall", args: "-vet=all ./broken/vet"},
	{name: "missing", args: "./broken/missing ./pass"},
	{name: "cycle", args: "./broken/cycle ./pass"},
	{name: "nopackages", args: "./nowhere"},
	{name: "badflag", args: "-count=x ./pass"},
	{name: "warning", args: "-count=1 -cover -coverpkg=example.com/nowhere ./pass"},
	{name: "cachetest", args: "./pass", env: "GODEBUG=gocachetest=1"},
	{name: "race", args: "-race ./race"},
	{name: "timeout", args: "-timeout=300ms ./timeout ./pass"},
	{name: "timeoutparallel", args: "-timeout=300ms -run=Waits ./panics/parallel"},
	{name: "empty", args: "./empty/..."},
	{name: "onlyempty", args: "./empty"},
	{name: "notests", args: "-run=Nothing ./pass ./fail"},
	{name: "skip", args: "-count=1 ./skip"},
	{name: "names", args: "-count=1 ./names"},
	{name: "parallel", args: "-count=1 -p=2 ./parallel ./pass ./fail"},
	{name: "cached", args: "./pass ./skip ./empty"},
	{name: "shuffle", args: "-count=1 -shuffle=42 ./pass ./fail"},
	{name: "attr", args: "-artifacts -outputdir=. ./attr"},
	{name: "cover", args: "-count=1 -cover ./pass ./fail ./empty"},
	{name: "coverpkg", args: "-count=1 -coverpkg=./... ./pass ./empty"},
	{name: "covercached", args: "-cover ./pass ./pass"},
	{name: "fuzz", args: "./fuzz"},
	{name: "bench", args: "-bench=. -benchtime=1x -benchmem ./bench"},
	{name: "benchgood", args: "-bench=Quick -benchtime=1x ./bench"},
	{name: "example", args: "./example"},
	{name: "output", args: "-count=1 ./output"},
	{name: "long", args: "-count=1 ./long/..."},
	{name: "same", args: "-count=1 ./same"},
	{name: "count", args: "-count=2 ./pass ./fail/deep"},
	{name: "failfast", args: "-count=1 -failfast ./fail ./pass"},
	{name: "quiet", args: "-count=1 -v=false -list=. ./pass"},
	{name: "verbosebuild", args: "-x ./same"}, // much on standard error
	{name: "flaky0", args: "./flaky"},
	{name: "flaky1", args: "-run=^TestOnce$ ./flaky"},
	{name: "flaky2", args: "-run=^TestSubs$/^one_time$ ./flaky"},
	{name: "flaky3", args: "-run=^TestTwice$ ./flaky"},
	{name: "flaky4", args: "-run=^TestTwice$ ./flaky"},
}

// syntaxError is a package that gofmt cannot read, so it is not a file here.
const syntaxError = "package syntax\n\nimport \"testing\"\n\nfunc TestBroken(t *testing.T) {\n\tif {\n}\n"

func main() {
	log.SetFlags(0)
	temp, err := os.MkdirTemp("", "record")
	check(err)
	defer func() { check(os.RemoveAll(temp)) }()
	temp, err = filepath.EvalSymlinks(temp)
	check(err)
	r := recorder{module: filepath.Join(temp, "module"), temp: temp}
	check(os.CopyFS(r.module, os.DirFS("module")))
	check(os.MkdirAll(filepath.Join(r.module, "broken", "syntax"), 0o755))
	check(os.WriteFile(filepath.Join(r.module, "broken", "syntax", "syntax_test.go"), []byte(syntaxError), 0o644))
	check(os.MkdirAll(filepath.Join(temp, "state"), 0o755))
	check(os.MkdirAll("recorded", 0o755))
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	check(err)
	r.goroot = strings.TrimSpace(string(goroot))
	for _, rec := range recordings {
		if len(os.Args) < 2 || slices.Contains(os.Args[1:], rec.name) {
			r.record(rec)
		}
	}
}

type recorder struct{ module, temp, goroot string }

func (r recorder) record(rec recording) {
	if strings.Contains(rec.name, "cached") {
		_, _, _ = r.run(rec)
	}
	stdout, stderr, code := r.run(rec)
	base := filepath.Join("recorded", rec.name)
	for _, ext := range []string{".out", ".err", ".exit"} {
		_ = os.Remove(base + ext)
	}
	check(os.WriteFile(base+".out", r.normal(stdout), 0o644))
	if len(stderr) > 0 {
		check(os.WriteFile(base+".err", r.normal(stderr), 0o644))
	}
	if code != 0 {
		check(os.WriteFile(base+".exit", []byte(strconv.Itoa(code)+"\n"), 0o644))
	}
	fmt.Printf("%-16s exit %d, %d bytes, %d bytes on standard error\n", rec.name, code, len(stdout), len(stderr))
}

func (r recorder) run(rec recording) (stdout, stderr []byte, code int) {
	args := append([]string{"test", "-json", "-p=1"}, strings.Fields(rec.args)...)
	cmd := exec.Command("go", args...)
	cmd.Dir = r.module
	cmd.Env = append(os.Environ(), "TMPDIR="+r.temp, "STATE="+filepath.Join(r.temp, "state"), "GOFLAGS=", "GOWORK=off")
	if rec.env != "" {
		cmd.Env = append(cmd.Env, rec.env)
	}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		log.Fatal(err)
	}
	return out.Bytes(), errs.Bytes(), cmd.ProcessState.ExitCode()
}

var buildFolder = regexp.MustCompile(`go-build\d+`)

// normal replaces the paths of this machine. They are longer than the fixed paths, so lines
// only get shorter.
func (r recorder) normal(text []byte) []byte {
	home, err := os.UserHomeDir()
	check(err)
	cache, err := os.UserCacheDir()
	check(err)
	for _, path := range [][2]string{
		{r.module, "/module"}, {r.temp, "/tmp"}, {r.goroot, "/goroot"}, {cache, "/cache"}, {home, "/home"},
	} {
		text = bytes.ReplaceAll(text, []byte(path[0]), []byte(path[1]))
	}
	return buildFolder.ReplaceAll(text, []byte("go-build1"))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
