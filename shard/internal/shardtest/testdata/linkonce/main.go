//go:build unix

//go:debug containermaxprocs=0
//go:debug updatemaxprocs=0

// Linkonce is for -toolexec. If a program has been linked before, it copies the program
// instead of linking it. The linker takes most of the time of go test for a small package,
// and the scripts test the same packages many times. Programs are identified by their
// -buildid, in which the go command includes everything that is linked. The folder LINKONCE
// has the copies. It also has the versions that the tools print, because the go command
// starts every tool each time to get its version.
//
// The text LINKSALT is added to the end of each program and is not read by it. The go command
// caches test results by the program, so they are reused only with the same LINKSALT.
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
	_ = os.Unsetenv("GOGC") // it is set for the go command; the tools make more garbage
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
		_ = os.Chtimes(kept, now, now) // marks the copy as used
	} else {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		if cmd.Run() != nil {
			os.Exit(1) // the linker has printed the reason
		}
		text, err = os.ReadFile(output)
		check(err)
		keep(kept, text)
	}
	check(os.WriteFile(output, append(text, os.Getenv("LINKSALT")...), 0o755))
}

// version prints the version that a tool prints. It is the same as long as the tool's file
// does not change.
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
