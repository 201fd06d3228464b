// Package files creates the files of reports.
package files

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// Create creates a report's file and the folders it is in. When these
// cannot be made, the error is that of the file, as in gotestsum.
func Create(name string) (*os.File, error) {
	_ = os.MkdirAll(filepath.Dir(name), 0o755)
	return os.Create(name)
}

func Write(name string, write func(io.Writer) error) error {
	file, err := Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}
