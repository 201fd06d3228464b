// Package files creates the files of reports.
package files

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// Create creates a report's file and its folders. If the folders cannot be created, the
// error is the one for the file, as in gotestsum.
func Create(name string) (*os.File, error) {
	_ = os.MkdirAll(filepath.Dir(name), 0o755)
	return os.Create(name)
}

// Write creates a file as Create does, and has write fill it.
func Write(name string, write func(io.Writer) error) error {
	file, err := Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}
