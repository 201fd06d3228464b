//go:build ignore

// Command record builds the tests of module and writes what each of several processes of
// them prints under -test.v=test2json into recorded. Run it in this directory, on Unix:
//
//	go run record.go [NAME...]
//
// The results do not depend on the machine: the binary is built with -trimpath, and the
// temporary folder is replaced by a fixed path.
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
	"strings"
)

// recording is one process. No two run the same test.
type recording struct {
	name string
	run  string
	args string
	env  string // NAME=VALUE, empty for none
}

var recordings = []recording{
	{name: "serial", run: "^TestSerial"},
	{name: "parallel", run: "^TestParallel"},
	{name: "half", run: "^TestHalf"},
	{name: "attr", run: "^TestAttr", args: "-test.artifacts -test.outputdir=."},
	{name: "example", run: "^Example"},
	{name: "fuzz", run: "^FuzzSeeds"},
	{name: "else", run: "^TestElse"},
	{name: "long", run: "^TestLong"},
	{name: "strange", run: "^TestStrange", env: "LOOKALIKE=1"},
	{name: "notests", run: "^TestNone", env: "WHOLE=1"},
	{name: "shuffle", run: "^TestNone", args: "-test.shuffle=7", env: "WHOLE=1"},
	{name: "panic", run: "^TestCrashPanic$"},
	{name: "paused", run: "^TestCrash(Paused.*|Serial)$"},
	{name: "together", run: "^TestCrashTogether"},
	{name: "exit", run: "^TestCrashExit$"},
	{name: "exitzero", run: "^TestCrashExitZero$"},
	{name: "kill", run: "^TestCrashKill$"},
	{name: "timeout", run: "^TestCrashTimeout$", args: "-test.timeout=100ms"},
	{name: "late", run: "^TestCrashLate$", env: "LATE=1"},
}

func main() {
	log.SetFlags(0)
	temp, err := os.MkdirTemp("", "record")
	check(err)
	defer func() { check(os.RemoveAll(temp)) }()
	temp, err = filepath.EvalSymlinks(temp)
	check(err)
	binary := filepath.Join(temp, "text.test")
	build := exec.Command("go", "test", "-c", "-trimpath", "-cover", "-o", binary, ".")
	build.Dir, build.Stderr = "module", os.Stderr
	build.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	check(build.Run())
	check(os.MkdirAll("recorded", 0o755))
	for _, rec := range recordings {
		if len(os.Args) < 2 || slices.Contains(os.Args[1:], rec.name) {
			record(temp, binary, rec)
		}
	}
}

func record(temp, binary string, rec recording) {
	args := append([]string{"-test.v=test2json", "-test.paniconexit0", "-test.timeout=10s", "-test.run=" + rec.run}, strings.Fields(rec.args)...)
	cmd := exec.Command(binary, args...)
	cmd.Dir = temp
	cmd.Env = append(os.Environ(), "GODEBUG=", "GOTRACEBACK=single")
	if rec.env != "" {
		cmd.Env = append(cmd.Env, rec.env)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		log.Fatal(err)
	}
	text := bytes.ReplaceAll(out.Bytes(), []byte(temp), []byte("/tmp"))
	text = address.ReplaceAll(text, []byte("0x1234"))
	check(os.WriteFile(filepath.Join("recorded", rec.name+".txt"), text, 0o644))
	fmt.Printf("%-10s %s, %d bytes\n", rec.name, cmd.ProcessState, len(text))
}

// address matches what differs between runs in a stack.
var address = regexp.MustCompile(`0x[0-9a-f]{5,}`)

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
