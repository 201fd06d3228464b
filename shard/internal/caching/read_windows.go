package caching

import (
	"hash"
	"io"
	"os"
)

// readInto adds what is in a file to a hash.
func readInto(h hash.Hash, name string, buffer []byte) error {
	opened, err := os.Open(name)
	if err != nil {
		return err
	}
	_, err = io.CopyBuffer(h, struct{ io.Reader }{opened}, buffer)
	_ = opened.Close()
	return err
}
