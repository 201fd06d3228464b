//go:build unix

//go:debug containermaxprocs=0
//go:debug updatemaxprocs=0

// Linkonce is for -toolexec: it links what has been linked before by copying it. Most of
// what a go test of a small package costs is the linker, and the scripts test the same
// packages again and again. What is linked is known by its -buildid, of which the go
// command makes sure that it holds all that goes into it. Copies are kept in the folder
// that LINKONCE names, and beside them what the tools say of their version, for which the
// go command asks each of them each time.
//
// LINKSALT is a text that is added to the end of each program, where nothing reads it: the
// results of a test come out of the go command's cache only for the same program, and so
// for the same salt.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	_ = os.Unsetenv("GOGC") // which is for the go command: the tools make more garbage
	args := os.Args[1:]
	if len(args) == 2 && args[1] == "-V=full" {
		version(args)
		return
	}
	i := slices.Index(args, "-o")
	id := slices.IndexFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "-buildid=") })
	if filepath.Base(args[0]) != "link" || i < 0 || id < 0 {
		check(syscall.Exec(args[0], args, os.Environ()))
	}
	output := args[i+1]
	kept := filepath.Join(os.Getenv("LINKONCE"), strings.ReplaceAll(args[id], "/", "_"))
	text, err := os.ReadFile(kept)
	if err == nil {
		now := time.Now()
		_ = os.Chtimes(kept, now, now) // it is of use
	} else {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		if cmd.Run() != nil {
			os.Exit(1) // it has said why
		}
		text, err = os.ReadFile(output)
		check(err)
		keep(kept, text)
	}
	check(os.WriteFile(output, append(text, os.Getenv("LINKSALT")...), 0o755))
}

// version says what a tool says of its version, which is that of its file.
func version(args []string) {
	file, err := os.Stat(args[0])
	check(err)
	name := fmt.Sprintf("version_%s_%d_%d", strings.ReplaceAll(args[0], "/", "_"), file.Size(), file.ModTime().UnixNano())
	kept := filepath.Join(os.Getenv("LINKONCE"), name)
	text, err := os.ReadFile(kept)
	if err != nil {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Stderr = os.Stderr
		text, err = cmd.Output()
		check(err)
		keep(kept, text)
	}
	_, err = os.Stdout.Write(text)
	check(err)
}

func keep(name string, text []byte) {
	file, err := os.CreateTemp(filepath.Dir(name), "new")
	check(err)
	_, err = file.Write(text)
	check(err)
	check(file.Close())
	check(os.Rename(file.Name(), name))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "linkonce:", err)
		os.Exit(1)
	}
}
