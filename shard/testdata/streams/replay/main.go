//go:debug containermaxprocs=0
//go:debug updatemaxprocs=0

// Command replay takes the place of go test in the differential test.
//
//	replay STREAM[:EXIT][,STREAM[:EXIT]...] [ARGS...]
//
// plays a stream of the folder $STREAMS. It prints the standard error and then the standard
// output, and exits with the recorded exit code or with EXIT. Each further call in the same
// folder, as in a rerun, plays the next stream; after the last one, it plays that one again.
// It adds its arguments to the file calls.
//
//	replay -env [EXIT]
//
// takes the place of a post-run command and prints the variables for that command.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "-env" {
		env := os.Environ()
		slices.Sort(env)
		for _, variable := range env {
			if strings.HasPrefix(variable, "TESTS_") || strings.HasPrefix(variable, "GOTESTSUM_") {
				fmt.Println(variable)
			}
		}
		fmt.Fprintln(os.Stderr, "the command's standard error")
		os.Exit(number(strings.Join(os.Args[2:], "")))
	}
	call := noteCall()
	streams := strings.Split(os.Args[1], ",")
	name, exit, isSet := strings.Cut(streams[min(call, len(streams)-1)], ":")
	file := filepath.Join(os.Getenv("STREAMS"), filepath.FromSlash(name))
	stdout, err := os.ReadFile(file + ".out")
	if err != nil {
		fmt.Fprintln(os.Stderr, "replay:", err)
		os.Exit(99)
	}
	stderr, _ := os.ReadFile(file + ".err")
	_, _ = os.Stderr.Write(stderr)
	_, _ = os.Stdout.Write(stdout)
	if !isSet {
		code, _ := os.ReadFile(file + ".exit")
		exit = string(bytes.TrimSpace(code))
	}
	os.Exit(number(exit))
}

// noteCall records this call, and returns how often this program was called in this folder
// before.
func noteCall() int {
	before, _ := os.ReadFile("calls")
	after := fmt.Appendf(before, "%q\n", os.Args[1:])
	if err := os.WriteFile("calls", after, 0o600); err != nil {
		panic(err)
	}
	return bytes.Count(before, []byte("\n"))
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil && text != "" {
		panic(err)
	}
	return n
}
