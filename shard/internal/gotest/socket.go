package gotest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gotestshard/gotestshard/shard/internal/temp"
)

const socketName = "hook"

// longestSocket is the longest path of a socket in bytes. With its terminator it must fit
// into 104 bytes on macOS and BSD, and into 108 on Linux and Windows.
const longestSocket = 103

// socketDir creates the directory of the socket, mode 0700. own is the user's folder for such files
// (XDG_RUNTIME_DIR), empty for none.
func socketDir(own string) (string, error) {
	others := []string{own, "/tmp", "/var/tmp"}
	if runtime.GOOS == "windows" {
		others = nil
	}
	return socketDirIn(append([]string{""}, others...))
}

// socketDirIn creates it in the first folder of parents that allows this and has a short
// enough path. The first of parents is the folder for all kinds of temporary files.
func socketDirIn(parents []string) (string, error) {
	var errs []error
	for i, parent := range parents {
		if i > 0 && !filepath.IsAbs(parent) {
			continue // an unset variable
		}
		dir, err := temp.Dir(parent, "gotestshard-")
		if err != nil {
			errs = append(errs, err)
			continue
		}
		name := filepath.Join(dir, socketName)
		if len(name) <= longestSocket {
			return dir, nil
		}
		errs = append(errs, fmt.Errorf("the path %s has %d bytes, but the path of a socket may have only %d; set %s to a folder with a shorter path",
			name, len(name), longestSocket, temp.Variable), os.Remove(dir))
	}
	return "", errors.Join(errs...)
}
