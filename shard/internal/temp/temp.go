// Package temp makes temporary folders and files. Their paths are absolute, also
// where TMPDIR names a relative folder: other processes, which are given the paths,
// have other working directories. They are the user's alone, and whoever makes one
// removes it.
package temp

import (
	"fmt"
	"os"
	"path/filepath"
)

// Dir makes a folder of mode 0700 in parent, or where temporary files go when that
// is empty. As for os.MkdirTemp, the last * of the pattern, or its end, becomes a
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

// File creates a file of mode 0600 as Dir makes a folder.
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

// folder returns an absolute path for parent, and what to do when nothing can be
// made there.
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
