package gotest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Coverage is the place where a test process that the go command did not start writes its
// coverage.
type Coverage struct {
	// Profile is the file of its -test.coverprofile, empty for none.
	Profile string
	dir     string // of -test.gocoverdir, empty for none
}

// Env returns the variables that the process needs and that the go command sets too.
func (c Coverage) Env() []string {
	if c.dir == "" {
		return nil
	}
	return []string{coverVariable + "=" + c.dir}
}

// SeparateCoverage makes a rerun test binary write its coverage into a new folder within
// dir. The files that the go command put into the old folder are copied there, if they
// still exist. The user's own folder comes later in args and stays.
func SeparateCoverage(dir string, args []string) ([]string, Coverage, error) {
	args = slices.Clone(args)
	var coverage Coverage
	replace := func(flag string) (string, error) {
		i := slices.IndexFunc(args, func(arg string) bool { return strings.HasPrefix(arg, flag) })
		if i < 0 {
			return "", nil
		}
		name, err := os.MkdirTemp(dir, "coverage-")
		if err != nil {
			return "", err
		}
		if err := copyMetaFiles(strings.TrimPrefix(args[i], flag), name); err != nil {
			return "", err
		}
		args[i] = flag + name
		return name, nil
	}
	var err error
	if coverage.dir, err = replace(coverFlag); err != nil {
		return nil, coverage, err
	}
	folder, err := replace(profileFlag)
	if err != nil || folder == "" {
		return args, coverage, err
	}
	coverage.Profile = folder + "/profile"
	i := slices.Index(args, profileFlag+folder)
	args[i] = profileFlag + coverage.Profile
	return args, coverage, nil
}

func copyMetaFiles(from, to string) error {
	content, err := os.ReadFile(filepath.Join(from, metaFiles))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(to, metaFiles), content, 0o600)
}
