//go:build unix

// Linkonce is for -toolexec: it links what has been linked before by copying it. Most of
// what a go test of a small package costs is the linker, and the scripts test the same
// packages again and again. What is linked is known by its -buildid, of which the go
// command makes sure that it holds all that goes into it. Copies are kept in the folder
// that LINKONCE names.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

func main() {
	args := os.Args[1:]
	i := slices.Index(args, "-o")
	id := slices.IndexFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "-buildid=") })
	if filepath.Base(args[0]) != "link" || i < 0 || id < 0 {
		check(syscall.Exec(args[0], args, os.Environ()))
	}
	output := args[i+1]
	kept := filepath.Join(os.Getenv("LINKONCE"), strings.ReplaceAll(args[id], "/", "_"))
	if text, err := os.ReadFile(kept); err == nil {
		check(os.WriteFile(output, text, 0o755))
		return
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if cmd.Run() != nil {
		os.Exit(1) // it has said why
	}
	text, err := os.ReadFile(output)
	check(err)
	file, err := os.CreateTemp(filepath.Dir(kept), "new")
	check(err)
	_, err = file.Write(text)
	check(err)
	check(file.Close())
	check(os.Rename(file.Name(), kept))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "linkonce:", err)
		os.Exit(1)
	}
}
