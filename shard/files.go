package shard

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// createFile creates a report's file and the folders it is in.
func createFile(name string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return nil, err
	}
	return os.Create(name)
}

func writeFile(name string, write func(io.Writer) error) error {
	file, err := createFile(name)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}
