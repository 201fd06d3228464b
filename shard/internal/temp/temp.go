// Package temp creates temporary folders and files. Their paths are absolute, even if
// TMPDIR is a relative folder, because other processes that get the paths have other
// working directories. Only the user can access them. The caller must remove them.
package temp

import (
	"fmt"
	"os"
	"path/filepath"
)

// Dir creates a folder with mode 0700 in parent, or in the folder for temporary files if
// that is empty. As with os.MkdirTemp, the last * of the pattern, or its end, becomes a
// random string.
func Dir(parent, pattern string) (string, error) {
	parent, hint, err := folder(parent)
	if err != nil {
		return "", err
	}
	name, err := os.MkdirTemp(parent, pattern)
	if err != nil {
		return "", fmt.Errorf("%w%s", err, hint)
	}
	return name, nil
}

// File creates a file with mode 0600, with a name like that of a folder from Dir.
func File(pattern string) (*os.File, error) {
	parent, hint, err := folder("")
	if err != nil {
		return nil, err
	}
	file, err := os.CreateTemp(parent, pattern)
	if err != nil {
		return nil, fmt.Errorf("%w%s", err, hint)
	}
	return file, nil
}

// Shared returns the path of a folder, by its name, in the one for temporary files, or of that one. It does
// not create it.
func Shared(name string) string {
	parent, _, err := folder("")
	if err != nil { // there is no working directory, which only a relative TMPDIR needs
		parent = os.TempDir()
	}
	return filepath.Join(parent, name)
}

// folder returns an absolute path for parent, and a hint for the case that nothing can be
// created there.
func folder(parent string) (path, hint string, err error) {
	if parent == "" {
		parent = os.TempDir()
		hint = fmt.Sprintf("; set %s to a folder that exists and that you may write to", Variable)
	}
	path, err = filepath.Abs(parent)
	if err != nil {
		return "", "", fmt.Errorf("finding the folder for temporary files %s: %w", parent, err)
	}
	return path, hint, nil
}
