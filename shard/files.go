package shard

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// createFile creates a report's file and the folders it is in. When these
// cannot be made, the error is that of the file, as in gotestsum.
func createFile(name string) (*os.File, error) {
	_ = os.MkdirAll(filepath.Dir(name), 0o755)
	return os.Create(name)
}

func writeFile(name string, write func(io.Writer) error) error {
	file, err := createFile(name)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}
