// Package config reads a configuration file, .gotestshard.toml, into values that know where
// they stand in the file. What the keys mean is the business of package option.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Name is the name of the file, which lies at the root of a module or workspace.
const Name = ".gotestshard.toml"

// File is a configuration file.
type File struct {
	Path string // as errors and people show it
	// Root is the table of the whole file.
	Root Value
	text []byte
}

// Find returns the path of the configuration file for a working directory, empty for none. It
// looks in the nearest folder in or above it with a go.mod, then in the nearest one with a
// go.work. The path is relative to the working directory of this process if that is shorter.
func Find(dir string) (path string, err error) {
	folder, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("finding %s: %w", Name, err)
	}
	for _, mark := range []string{"go.mod", "go.work"} {
		if root := above(folder, mark); root != "" {
			if file := filepath.Join(root, Name); exists(file) {
				return shorter(file), nil
			}
		}
	}
	return "", nil
}

// Place returns the path of the configuration file of the module of a working directory, or
// of its workspace if it is in none, whether it exists or not.
func Place(dir string) (path string, err error) {
	folder, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("finding the place of %s: %w", Name, err)
	}
	for _, mark := range []string{"go.mod", "go.work"} {
		if root := above(folder, mark); root != "" {
			return shorter(filepath.Join(root, Name)), nil
		}
	}
	return "", fmt.Errorf("finding the place of %s: neither a go.mod nor a go.work is in %s or above it", Name, folder)
}

// above returns the nearest folder in or above one that has a file, empty for none.
func above(folder, name string) string {
	for at := folder; ; at = filepath.Dir(at) {
		if exists(filepath.Join(at, name)) {
			return at
		}
		if at == filepath.Dir(at) {
			return ""
		}
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

func shorter(path string) string {
	dir, err := filepath.Abs(".")
	if err != nil {
		return path
	}
	if within, err := filepath.Rel(dir, path); err == nil && len(within) < len(path) {
		return within
	}
	return path
}

// Read reads a file.
func Read(path string) (*File, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, fmt.Errorf("reading the configuration file %s: it is a folder; rename it, or choose another file with --config FILE", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration file: %w", err)
	}
	return Parse(path, text)
}

// Parse parses the text of a file. A byte order mark of UTF-8 is allowed, as Windows editors
// write it.
func Parse(path string, text []byte) (*File, error) {
	if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
		return nil, fmt.Errorf("%s:1:1: the file is in UTF-16; save it as UTF-8", path)
	}
	f := &File{Path: path, text: bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))}
	if err := f.checkSize(); err != nil {
		return nil, err
	}
	var all map[string]any // finds what is against the rules of TOML, such as a key that is there twice
	if err := toml.Unmarshal(f.text, &all); err != nil {
		line, column, reason := 1, 1, err.Error()
		if decode, ok := errors.AsType[*toml.DecodeError](err); ok {
			line, column = decode.Position()
		}
		return nil, fmt.Errorf("%s:%d:%d: %s", path, line, column, strings.TrimPrefix(reason, "toml: "))
	}
	root, err := f.parse()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err) // the text was parsed before
	}
	f.Root = root
	return f, nil
}

// Errorf returns an error about a value, which begins with its place.
func (f *File) Errorf(v *Value, text string, args ...any) error {
	return fmt.Errorf("%s: %w", f.Place(v), fmt.Errorf(text, args...))
}

// Place returns where a value begins, or its key if it has one, as path:line:column. Columns
// count bytes from 1, as those of the go command do.
func (f *File) Place(v *Value) string {
	before := f.text[:v.offset]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return fmt.Sprintf("%s:%d:%d", f.Path, line, column)
}
