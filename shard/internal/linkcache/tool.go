// Package linkcache keeps programs that the go command has linked, so that the same program is
// not linked again. It has the program for go test -toolexec and the folder with the programs.
//
//	go test -toolexec "gotestshard toolexec:link DIR SIZE" → package early, in place of each tool
//	    not the linker → the tool
//	    the linker     → Run: key of its inputs → entry in the folder → its output
//	                                            → no entry: the linker → a new entry
package linkcache

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"

	"github.com/gotestshard/gotestshard/shard/internal/early"
)

// Words returns the words of a -toolexec: program is gotestshard, which keeps programs of at
// most size bytes together in dir. The go command does not include them in any key.
func Words(program, dir string, size int64) []string {
	return []string{program, early.ToolWord, dir, strconv.FormatInt(size, 10)}
}

// Run runs the tool in args, which do not include the program's name, and returns the exit
// code. If the tool is the linker and has linked the same program before, the program comes
// from the cache.
func Run(args []string, stdout, stderr io.Writer) int {
	size, err := strconv.ParseInt(args[2], 10, 64)
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "gotestshard: %s: %v\n", early.ToolWord, err)
		return 1
	}
	tool := args[3:]
	l, ok := parse(tool, os.Environ())
	if !ok {
		err := become(tool)
		_, _ = fmt.Fprintf(stderr, "gotestshard: running %s for the go command: %v\n", tool[0], err)
		return 1
	}
	code, err := l.run(folder{dir: args[1], most: size}, stdout)
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "gotestshard: running %s for the go command: %v\n", tool[0], err)
	}
	return code
}

// exitCode returns the exit code of a command, and its error if it has none.
func exitCode(err error) (int, error) {
	if err == nil {
		return 0, nil
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() > 0 {
		return exit.ExitCode(), nil
	}
	return 1, err
}
