package shard

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// createFile creates a report's file and the folders it is in. Of what can go
// wrong the file's error says it, as in gotestsum.
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
