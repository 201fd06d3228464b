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

// longestSocket is how long the path of a socket may be in bytes: it has to fit into
// 104 bytes with its end on macOS and BSD, into 108 on Linux and Windows.
const longestSocket = 103

// socketDir makes the directory of the socket, mode 0700.
func socketDir() (string, error) {
	others := []string{os.Getenv("XDG_RUNTIME_DIR"), "/tmp", "/var/tmp"}
	if runtime.GOOS == "windows" {
		others = nil
	}
	return socketDirIn(append([]string{""}, others...))
}

// socketDirIn makes it in the first of some folders whose path is short enough, and
// in which that can be done. The first stands for temporary files of all kinds.
func socketDirIn(parents []string) (string, error) {
	var errs []error
	for i, parent := range parents {
		if i > 0 && !filepath.IsAbs(parent) {
			continue // a variable that is not set
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
